"""Times as people and editors write them: seconds, H:M:S, and timecodes of a film with its frame rate and start."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from a2s.errors import BadCues

if TYPE_CHECKING:
    from timecode import Timecode

NTSC = Fraction(1000, 1001)
MAX_TEXT = 40
"""Longest text that is tried as a time."""

_SECONDS = re.compile(r"([+-]?\d+(?:[.,]\d*)?|[+-]?[.,]\d+)\s*(ms|msec|s|sec|secs|seconds?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d*)?)")
_TIMECODE = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})([:;])(\d{1,3})")


@dataclass(frozen=True)
class FrameClock:
    """Timecodes of one film.

    rate: frames per second, exact. start: timecode of the first frame, None where the film has none. drop: whether
    timecodes with ":" alone drop frames too; one with ";" always does. seconds: length of the film, 0 where unknown.
    """

    rate: Fraction
    start: str | None = None
    drop: bool = False
    seconds: float = 0.0

    @classmethod
    def of(cls, fps: float | Fraction, start: str | None = None, seconds: float = 0.0) -> FrameClock:
        """The clock of a film with a measured rate: the nearest of N and N x 1000/1001 within 0.1 %, else `fps`."""
        whole = max(1, round(fps))
        near = min((Fraction(whole), whole * NTSC), key=lambda rate: abs(float(rate) - float(fps)))
        exact = near if abs(float(near) - float(fps)) < 1e-3 * fps else Fraction(fps).limit_denominator(1001)
        return cls(exact, start, bool(start and ";" in start), seconds)

    @property
    def nominal(self) -> int:
        """Frames that a timecode counts in a second: 30 at 29.97."""
        return max(1, math.ceil(self.rate - Fraction(1, 100)))

    @property
    def can_drop(self) -> bool:
        """Whether drop-frame timecode exists for the rate: 30 and 60 x 1000/1001."""
        return self.nominal in (30, 60) and self.rate == self.nominal * NTSC

    def frames(self, timecode: str, drop: bool | None = None) -> int:
        """Number of the frame with a timecode HH:MM:SS:FF, counted from 00:00:00:00. Raises BadCues."""
        found = _TIMECODE.fullmatch(timecode.strip())
        if found is None:
            raise BadCues(f"{timecode[:MAX_TEXT]!r} is no timecode HH:MM:SS:FF.")
        hours, minutes, seconds, mark, frame = found.groups()
        if int(minutes) > 59 or int(seconds) > 59 or int(frame) >= self.nominal:
            raise BadCues(f"The timecode {timecode[:MAX_TEXT]!r} does not exist at {float(self.rate):.6g} fps.")
        if self.can_drop and (mark == ";" or (self.drop if drop is None else drop)):
            return int(self._dropping(start_timecode=f"{hours}:{minutes}:{seconds};{frame}").frame_number)
        return (3600 * int(hours) + 60 * int(minutes) + int(seconds)) * self.nominal + int(frame)

    def timecode(self, seconds: float) -> str:
        """Timecode of the frame nearest to a time, s from the first frame; drop-frame where the start is."""
        count = self.first + round(seconds * self.rate)
        if self.drop and self.can_drop:
            return str(self._dropping(frames=count + 1))
        whole, frame = divmod(count, self.nominal)
        width = max(2, len(str(self.nominal - 1)))
        return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frame:0{width}d}"

    @property
    def first(self) -> int:
        """Number of the first frame, counted from 00:00:00:00."""
        return self.frames(self.start) if self.start else 0

    def times(self, timecodes: list[str], drop: bool | None = None) -> list[float]:
        """Seconds from the first frame of timecodes of one list.

        They count from the film's first timecode. Where that makes one of them negative, or the film has none, they
        count from 00:00:00:00, or, if all lie behind the film's end, from the whole hour before the first of them.
        """
        numbers = [self.frames(timecode, drop) for timecode in timecodes]
        base = self.first
        if numbers and (self.start is None or min(numbers) < base):
            base = 0
            if self.seconds and min(numbers) / self.rate > self.seconds:
                hours = int(min(timecodes, key=lambda timecode: self.frames(timecode, drop)).split(":")[0])
                base = self.frames(f"{hours:02d}:00:00:00", drop)
        return [float((number - base) / self.rate) for number in numbers]

    def _dropping(self, **what: str | int) -> Timecode:
        from timecode import Timecode  # keeps `import a2s` fast

        return Timecode({30: "29.97", 60: "59.94"}[self.nominal], **what)


def is_timecode(text: str) -> bool:
    """Whether a text is a timecode with frames."""
    return len(text) < MAX_TEXT and _TIMECODE.fullmatch(text.strip()) is not None


def read_time(text: str, clock: FrameClock | None = None) -> float | None:
    """Seconds from the first frame: "80", "80,5 s", "500 ms", "1:20", "00:01:20.5", "00:01:20:12" with a clock.

    Returns None for a text that is no time. Raises BadCues for a timecode without a clock.
    """
    text = text.strip()
    if not text or len(text) >= MAX_TEXT:
        return None
    if found := _SECONDS.fullmatch(text):
        number, unit = found.groups()
        scale = 1e-3 if (unit or "").lower().startswith("ms") else 1.0
        return float(number.replace(",", ".")) * scale
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = found.groups()
        return 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds.replace(",", "."))
    if not _TIMECODE.fullmatch(text):
        return None
    if clock is None:
        raise BadCues(f"{text!r} is a timecode, which needs the film's frame rate.")
    return clock.times([text])[0]
