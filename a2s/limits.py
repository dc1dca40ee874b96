"""Upper bounds of a request: generous on one's own machine, strict on a page that serves others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from a2s.errors import BadSettings

Count = Annotated[int, Field(gt=0)]
Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Limits(BaseSettings):
    """Upper bounds of a request. `Limits()` reads the environment when it is built: A2S_MAX_SECONDS=60.

    The defaults are those of one's own machine; `Limits.served` has stricter ones, for a page that others use. An
    argument overrides the environment. `app.py` and the command line build one `Limits` and hand it down.
    Raises BadSettings, which names the variable, for a value that is not a number above 0 and for an A2S_MAX_ variable
    that is not a limit.
    """

    model_config = SettingsConfigDict(env_prefix="A2S_", frozen=True, extra="forbid")

    # Media files.
    max_bytes: Count = Field(default=4 * 2**30, description="bytes of a file")
    max_seconds: Amount = Field(default=2 * 3600.0, description="seconds of a video or recording")
    max_frames: Count = Field(default=1_000_000, description="frames of a video")
    max_pixels: Count = Field(default=8192 * 4608, description="pixels of a picture")
    # The child process that decodes.
    max_decode_seconds: Count = Field(
        default=60, description="processor seconds for one answer or frame of the decoder"
    )
    max_work_seconds: Count = Field(
        default=16 * 3600, description="processor seconds for a whole file"
    )  # 8 for each second of the longest video
    max_decode_bytes: Count = Field(default=4 * 2**30, description="bytes of memory of the decoder")
    # One dub.
    max_takes: Count = Field(default=6, description="takes of a dub")
    max_steps: Count = Field(default=100, description="steps of the sampler")
    max_cues: Count = Field(default=50_000, description="cues of a video")
    max_places: Count = Field(default=200, description="changes of the ambience in a video")
    max_ambient_seconds: Amount = Field(default=3600.0, description="seconds of an ambience recording")
    # Ambient banks and zip archives.
    max_recordings: Count = Field(default=200, description="recordings of a bank that the page builds")
    max_zip_files: Count = Field(default=1_000, description="files of a zip archive")
    max_zip_file_bytes: Count = Field(default=256 * 2**20, description="unpacked bytes of a file in a zip archive")
    max_zip_bytes: Count = Field(default=1024 * 2**20, description="unpacked bytes of a zip archive")
    max_zip_ratio: Count = Field(  # recordings reach 2, silence 100, a zip bomb 1000
        default=200, description="unpacked to packed bytes of a zip archive"
    )
    # The page.
    max_kept_takes: Count = Field(default=12, description="takes that a visit keeps; the oldest is removed first")
    max_waiting: Count = Field(default=16, description="requests in the queue of the page")
    max_stored_bytes: Count = Field(default=16 * 2**30, description="bytes that all visits of the page store together")
    max_idle_seconds: Amount = Field(default=3600.0, description="seconds after which an unused visit is removed")
    max_away_seconds: Amount = Field(
        default=30.0, description="seconds after which the visit of a closed page is removed"
    )

    @classmethod
    def served(cls, **given: Any) -> Self:
        """The limits of a page that serves others. The environment and arguments override its values too."""
        variables = {name.upper() for name in os.environ}
        strict = {name: value for name, value in SERVED.items() if f"A2S_{name.upper()}" not in variables}
        return cls(**strict | given)

    @classmethod
    def read(cls, assignments: Iterable[str], *, served: bool = False) -> Self:
        """Limits with the texts NAME=VALUE of a command line. served: of a page that serves others."""
        given: dict[str, Any] = {
            name: value for name, _, value in (assignment.partition("=") for assignment in assignments)
        }
        return cls.served(**given) if served else cls(**given)

    @staticmethod
    def raised_by(name: str) -> str:
        """A clause for a message that a limit causes: the settings that raise it."""
        return f"--limit {name}=... or A2S_{name.upper()}=... raises it"

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse unknown names, and turn pydantic's report into one sentence. values: what sources and caller gave."""
        names = [f"A2S_{name.upper()}" for name in cls.model_fields]
        given = {name.upper() for name in os.environ if name.upper().startswith("A2S_MAX_")}
        given |= {f"A2S_{name.upper()}" for name in values}
        if unknown := sorted(given.difference(names)):
            near = get_close_matches(unknown[0], names, 1, 0)[0]
            raise BadSettings(f"There is no limit {unknown[0][:40]}; the nearest is {near}.")
        try:
            return handler(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            whole = cls.model_fields[name].annotation is int
            raise BadSettings(not_positive(f"A2S_{name.upper()}", first["input"], whole)) from None


LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Addresses that only this machine reaches."""

SERVED: Mapping[str, int | float] = {
    "max_bytes": 512 * 2**20,
    "max_seconds": 30 * 60.0,
    "max_frames": 200_000,
    "max_work_seconds": 4 * 3600,
    "max_cues": 20_000,
    "max_places": 50,
    "max_ambient_seconds": 600.0,
}
"""Limits of a page that serves others, where they differ from those of one's own machine."""


def limits_help() -> str:
    """A table of all limits for a program's help: name, default, meaning, and the value of a served page."""
    lines = ["Limits, set with --limit NAME=VALUE or A2S_NAME=VALUE (A2S_MAX_SECONDS=60):"]
    for name, field in Limits.model_fields.items():
        strict = f" ({SERVED[name]:.0f} on a page that serves others)" if name in SERVED else ""
        lines.append(f"  {name:<19} {field.default:>11.0f}  {field.description}{strict}")
    return "\n".join(lines)


def not_positive(name: str, value: Any, whole: bool) -> str:
    """The sentence about a value that must be a number above 0."""
    return f"{name} must be a {'whole ' if whole else ''}number above 0, not {repr(value)[:40]}."
