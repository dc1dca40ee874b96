"""Label files of Audacity: lines of start, end and label with tabs between them, in seconds."""

from __future__ import annotations

from a2s.cues.cue import CueTrack
from a2s.cues.formats.clock import FrameClock
from a2s.cues.formats.rows import decode_text, write_label
from a2s.cues.formats.table import read_table
from a2s.settings import Limits


def read(data: bytes, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read labels, or another table in a text file. Lines that begin with a backslash hold frequencies."""
    lines = (line for line in decode_text(data).splitlines() if not line.startswith("\\"))
    return read_table("\n".join(lines), clock, limits)


def write(track: CueTrack, clock: FrameClock | None) -> bytes:
    """A label for each cue: a point for an impact, a region for a cue that lasts."""
    lines = (f"{cue.time:.6f}\t{cue.time + cue.duration:.6f}\t{write_label(cue)}\n" for cue in track)
    return "".join(lines).encode()
