"""The choices of a package for editors."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from a2s.errors import BadSettings

_TIMECODE = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d[:;]\d{2}")

NAMES = ("plain", "ucs")
MAX_HANDLES = 60.0
"""Longest handle in seconds."""


@dataclass(frozen=True)
class PackageOptions:
    """What a package for editors holds besides the sound of the film.

    names: "plain" (action.wav) or "ucs" (file names of the Universal Category System). handles: seconds of sound before
    and after the film in every sound file, 0 to `MAX_HANDLES`, rounded to whole frames; the clips on the timelines
    leave them out. two_pop: a tone of 1 kHz, one frame long, two seconds of timecode before the first frame; the
    timelines start with it. picture: copy the film into the package. start: timecode of the first frame, such as
    01:00:00:00; None takes the film's own.
    """

    names: str = "plain"
    handles: float = 0.0
    two_pop: bool = False
    picture: bool = False
    start: str | None = None


def check_options(options: PackageOptions) -> None:
    """Raises BadSettings that names the first option outside its range."""
    if options.names not in NAMES:
        raise BadSettings(f"The names of a package are {' or '.join(NAMES)}, not {str(options.names)[:40]!r}.")
    handles = options.handles
    number = isinstance(handles, int | float) and not isinstance(handles, bool) and math.isfinite(handles)
    if not (number and 0 <= handles <= MAX_HANDLES):
        raise BadSettings(f"The handles of a package last from 0 to {MAX_HANDLES:g} s, not {repr(handles)[:40]}.")
    if options.start is not None and not _TIMECODE.fullmatch(str(options.start)):
        raise BadSettings(f"The start of a package is a timecode HH:MM:SS:FF, not {str(options.start)[:40]!r}.")
