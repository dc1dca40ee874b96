"""JSON, the format of `a2s.cues.cue`."""

from __future__ import annotations

from a2s.cues.cue import CueTrack
from a2s.cues.formats.clock import FrameClock
from a2s.settings import Limits


def read(data: bytes, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read a cue file. Raises BadCues."""
    return CueTrack.from_json(data, limits)


def write(track: CueTrack, clock: FrameClock | None) -> bytes:
    """The bytes of a cue file."""
    return track.to_json().encode()
