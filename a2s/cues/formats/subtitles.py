"""SubRip subtitles: one subtitle for each cue, with its class and strength as text.

Why this is ours: the regular expression of the package `srt` takes quadratic time on hostile text, and it logs the text
that it skips. This reader looks at each line once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from a2s.cues.cue import CueTrack
from a2s.cues.formats.clock import FrameClock
from a2s.cues.formats.rows import MAX_LABEL, SUSTAINED, Row, decode_text, read_label, track_of, write_label
from a2s.errors import BadCues
from a2s.settings import Limits

SHOWN_SECONDS = 0.5
"""Seconds for which the subtitle of an impact is shown."""

MAX_LINE = 200
"""Letters of a line with times."""

_STAMP = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?"
_TIMES = re.compile(rf"\s{{0,9}}{_STAMP}\s{{0,9}}-{{1,3}}>\s{{0,9}}{_STAMP}")
_TAG = re.compile(r"<[^<>]{0,100}>|\{\\[^{}]{0,100}\}")


def read(data: bytes, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read subtitles. The text of each gives class, strength and duration. Raises BadCues for a file without any."""
    rows = []
    text = decode_text(data)
    for time, end, words in _subtitles(text):
        lasts = read_label(words).action in SUSTAINED
        rows.append(Row(time, words, duration=max(0.0, end - time) if lasts else None))
        if len(rows) > limits.max_cues:
            break
    if not rows and text.strip():
        raise BadCues("The cue file holds no SubRip subtitle.")
    return track_of(rows, limits)


def write(track: CueTrack, clock: FrameClock | None) -> bytes:
    """A subtitle for each cue."""
    parts = []
    for number, cue in enumerate(track, 1):
        end = cue.time + max(cue.duration, SHOWN_SECONDS)
        parts.append(f"{number}\n{_stamp(cue.time)} --> {_stamp(end)}\n{write_label(cue)}\n\n")
    return "".join(parts).encode()


def _subtitles(text: str) -> Iterator[tuple[float, float, str]]:
    """Yield (start s, end s, words) of each subtitle. Its words end at an empty line, or before the next times."""
    times: tuple[float, float] | None = None
    words: list[str] = []
    for line in text.splitlines():
        if found := _TIMES.match(line[:MAX_LINE]):
            if times:
                yield *times, _plain(words)
            parts = found.groups()
            times, words = (_seconds(*parts[:4]), _seconds(*parts[4:])), []
        elif times and not line.strip():
            yield *times, _plain(words)
            times = None
        elif times and sum(map(len, words)) < MAX_LABEL:
            words.append(line[:MAX_LABEL])
    if times:
        yield *times, _plain(words)


def _plain(words: list[str]) -> str:
    """The words without formatting, and without the number of the next subtitle where no empty line comes before it."""
    if len(words) > 1 and words[-1].strip().isdigit():
        words = words[:-1]
    return _TAG.sub(" ", " ".join(words)[:MAX_LABEL])


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    return 3600 * int(hours or 0) + 60 * int(minutes) + float(f"{int(seconds)}.{fraction or 0}")


def _stamp(seconds: float) -> str:
    whole, milliseconds = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{milliseconds:03d}"
