"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    from a2s.cues.formats import FrameClock  # keeps `a2s --help` fast, as the next one

    if file is None or file.suffix.lower() in ("", ".json"):
        return None
    from a2s.media import read_start_timecode

    return FrameClock.of(film.info.fps, read_start_timecode(film.path, limits=film.limits), film.info.duration)
