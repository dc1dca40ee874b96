"""Cue files of other programs: tables, subtitles, marker lists, MIDI and labels, chosen by the name's suffix.

`read_cues` and `write_cues` are the only entries. Each format has one module with `read(data, clock, limits)` and
`write(track, clock)`. The readers are pure Python, take bytes of a limited size, and run no code from a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from a2s.cues.cue import MAX_BYTES, CueTrack
from a2s.cues.formats.clock import FrameClock, read_time
from a2s.errors import BadCues, CannotWrite
from a2s.io import atomic_file, display_name
from a2s.settings import Limits

__all__ = ["CUE_SUFFIXES", "FrameClock", "check_cue_name", "cue_file_for", "read_cues", "read_time", "write_cues"]

_MODULES: Mapping[str, str] = {
    ".json": "json_file",
    ".csv": "table",
    ".tsv": "table",
    ".txt": "labels_file",
    ".srt": "subtitles",
    ".edl": "edl",
    ".mid": "midi",
    ".midi": "midi",
}

CUE_SUFFIXES = tuple(_MODULES)
"""Suffixes of the files that can be read and written."""

NAMES = "json, csv, tsv, srt, edl, mid or txt (Audacity labels)"


def read_cues(
    path: str | os.PathLike, clock: FrameClock | None = None, limits: Limits | None = None, name: str | None = None
) -> CueTrack:
    """Read a cue file in the format of its suffix.

    clock: the film's frame rate and first timecode, for formats that count frames. name: of the file, where the path
    has another one. Raises BadCues for a file of another
    kind, one above 8 MB, one that needs a clock where none is given, and for cues beyond the limits.
    """
    path, limits = Path(path), limits or Limits()
    name = display_name(name or path.name)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadCues(f"The cue file {name} cannot be read.") from error
    if len(data) > MAX_BYTES:
        raise BadCues(f"The cue file is larger than {MAX_BYTES // 2**20} MB.")
    suffix = Path(name).suffix.lower()
    if suffix not in _MODULES:
        if data.lstrip()[:1] not in (b"{", b"["):
            raise BadCues(f"{name} is not a cue file that a2s reads ({NAMES}).")
        suffix = ".json"
    track = _module(suffix).read(data, clock, limits)
    track.check(limits)
    return track


def write_cues(track: CueTrack, path: str | os.PathLike, clock: FrameClock | None = None) -> None:
    """Write a cue file in the format of its suffix, atomically.

    clock: the film's frame rate and first timecode; formats that count frames need it. Raises CannotWrite for another
    suffix, and BadCues where a clock is needed and none is given.
    """
    path = check_cue_name(path)
    data = _module(path.suffix.lower()).write(track, clock)
    with atomic_file(path) as part:
        part.write_bytes(data)


def cue_file_for(video: Path, folder: Path) -> Path | None:
    """The cue file with a video's name in a folder; None where there is none."""
    return next((path for suffix in CUE_SUFFIXES if (path := folder / f"{video.stem}{suffix}").is_file()), None)


def check_cue_name(path: str | os.PathLike) -> Path:
    """The path, if its suffix names a format that can be written. Raises CannotWrite."""
    path = Path(path)
    if path.suffix.lower() not in _MODULES:
        raise CannotWrite(f"{display_name(path.name)!r} must be a cue file: {NAMES}.")
    return path


def _module(suffix: str) -> ModuleType:
    return import_module(f"a2s.cues.formats.{_MODULES[suffix]}")
