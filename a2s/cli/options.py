"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from a2s.errors import BadCues, BadSettings
from a2s.limits import Limits, limits_help

if TYPE_CHECKING:
    from a2s.cues.formats import FrameClock
    from a2s.vision.video import Video

VideoFile = Annotated[Path, typer.Argument(metavar="VIDEO", help="A video file.", show_default=False)]
LimitValues = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", help="Set a limit, such as max_seconds=9000; see the list below."),
]
ModelName = Annotated[str, typer.Option("--model", help="compact, official, or the folder of a model.")]
BankFolder = Annotated[
    Path | None,
    typer.Option("--bank", help="Folder of an ambient bank. Default: the bank of the model, or the shipped one."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist already.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

LIMITS_EPILOG = "\b\n" + limits_help()
"""The list of limits at the end of a command's help, in lines as they are."""


def with_limits(limits: Limits, assignments: list[str] | None) -> Limits:
    """The limits of the environment, with those that the command line sets. Raises BadSettings."""
    return Limits.read(assignments) if assignments else limits


def clock_of(film: Video, file: Path | None) -> FrameClock | None:
    """Frame rate and first timecode of a film, where a cue file may need them. Raises UnreadableVideo, TooLarge."""
    return None if file is None or file.suffix.lower() in ("", ".json") else _film_clock(film)


def moment(option: str, text: str | None, film: Video) -> float | None:
    """A time of the command line in seconds from the first frame; None where none is given. Raises BadSettings."""
    from a2s.cues.formats.clock import is_timecode, read_time  # keeps `a2s --help` fast

    if text is None:
        return None
    try:
        time = read_time(text, _film_clock(film) if is_timecode(text) else None)
    except BadCues as error:
        raise BadSettings(f"{option}: {error}") from error
    if time is None or time < 0:
        raise BadSettings(
            f"{option} must be a time such as 80, 1:20, 00:01:20.5 or a timecode 00:01:20:12, not {text[:40]!r}."
        )
    return time


def _film_clock(film: Video) -> FrameClock:
    from a2s.cues.formats import FrameClock
    from a2s.media import read_start_timecode

    return FrameClock.of(film.info.fps, read_start_timecode(film.path, limits=film.limits), film.info.duration)
