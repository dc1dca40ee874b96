"""SubRip subtitles: one subtitle for each cue, with its class and strength as text."""

from __future__ import annotations

import re
from datetime import timedelta

from a2s.cues.cue import CueTrack
from a2s.cues.formats.clock import FrameClock
from a2s.cues.formats.rows import SUSTAINED, Row, decode_text, read_label, track_of, write_label
from a2s.errors import BadCues
from a2s.settings import Limits

SHOWN_SECONDS = 0.5
"""Seconds for which the subtitle of an impact is shown."""

_TAG = re.compile(r"<[^<>]{0,100}>|\{\\[^{}]{0,100}\}")


def read(data: bytes, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read subtitles. The text of each gives class, strength and duration. Raises BadCues for a file without any."""
    import srt  # keeps `import a2s` fast

    rows = []
    text = decode_text(data)
    try:
        for subtitle in srt.parse(text, ignore_errors=True):
            words = _TAG.sub(" ", subtitle.content)
            time, end = subtitle.start.total_seconds(), subtitle.end.total_seconds()
            lasts = read_label(words).action in SUSTAINED
            rows.append(Row(time, words, duration=max(0.0, end - time) if lasts else None))
            if len(rows) > limits.max_cues:
                break
    except (srt.SRTParseError, ValueError, OverflowError) as error:
        raise BadCues("The cue file is not made of SubRip subtitles.") from error
    if not rows and text.strip():
        raise BadCues("The cue file holds no SubRip subtitle.")
    return track_of(rows, limits)


def write(track: CueTrack, clock: FrameClock | None) -> bytes:
    """A subtitle for each cue."""
    import srt  # keeps `import a2s` fast

    subtitles = [
        srt.Subtitle(number, _milliseconds(cue.time), _milliseconds(cue.time + cue.duration or 0.0), write_label(cue))
        for number, cue in enumerate(track, 1)
    ]
    for subtitle in subtitles:
        subtitle.end = max(subtitle.end, subtitle.start + timedelta(seconds=SHOWN_SECONDS))
    return srt.compose(subtitles, reindex=False).encode()


def _milliseconds(seconds: float) -> timedelta:
    return timedelta(milliseconds=round(1000 * seconds))
