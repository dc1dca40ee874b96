"""Find the recordings in a folder from which a bank is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BankError
from a2s.io import display_name
from a2s.settings import Limits

if TYPE_CHECKING:
    from a2s.ambient.bank import About

RECORDINGS = set(".wav .flac .mp3 .ogg .oga .opus .m4a .aac .aif .aiff .mp4 .mov .mkv .webm".split())
"""Suffixes of files that are opened."""

Describe = Callable[[Path], Mapping[str, str]]
"""A file -> name, kind, author and licence; any of them may be missing."""


def find_recordings(folder: Path) -> list[Path]:
    """Return the recordings in a folder and its subfolders, sorted. Raises BankError if there are none."""
    if not folder.is_dir():
        raise BankError(f"There is no folder {display_name(folder)}.")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in RECORDINGS and path.is_file())
    if not found:
        raise BankError(f"The folder {display_name(folder)} contains no recordings.")
    return found


def read_recording(
    path: Path, root: Path, describe: Describe | None, limits: Limits, sample_rate: int
) -> tuple[np.ndarray, About]:
    """Return a recording's waveform, (n,) float32 at `sample_rate` Hz, and what is known of it.

    Its kind is the name of its subfolder below `root`. Raises UnreadableAudio, TooLarge.
    """
    from a2s.media import read_audio  # loads PyAV

    known = {
        "name": display_name(path.stem).replace("_", " ").strip() or "Recording",
        "kind": path.parent.name if path.parent != root else "recording",
        "author": "unknown",
        "licence": "unknown",
    }
    known |= dict(describe(path)) if describe else {}
    about: About = {
        "name": known["name"],
        "kind": known["kind"],
        "author": known["author"],
        "licence": known["licence"],
    }
    return read_audio(path, sample_rate, max_seconds=limits.max_ambient_seconds), about
