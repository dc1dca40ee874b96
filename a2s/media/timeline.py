"""When each frame is shown, read from the packets without decoding them.

A container's own duration is often missing (browser recordings), counts the sound as well, or is wrong in cut files, so
it is never asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from a2s.errors import TooLarge, UnreadableVideo
from a2s.media.source import packets
from a2s.settings import Limits


@dataclass(frozen=True)
class Timeline:
    """The packets of a picture from its first key frame on; all times in ticks of `time_base`.

    stamps: (N,) int64 presentation times in the order of the packets. shown: (N,) bool, False where an edit list hides.
    times: (F,) int64 presentation times of the shown frames, ascending.
    end: when the last frame ends. exact: False where the container gave no times, so that frames are counted instead.
    skipped: packets before the first key frame, which nothing can decode.
    """

    stamps: np.ndarray
    shown: np.ndarray
    times: np.ndarray
    end: int
    time_base: Fraction
    exact: bool
    skipped: int

    @property
    def start(self) -> int:
        """When the first frame is shown."""
        return int(self.times[0])

    @property
    def seconds(self) -> float:
        """From the first frame's start to the last frame's end."""
        return float((self.end - self.start) * self.time_base)

    def plain(self) -> tuple:
        """As values that a child may answer with."""
        ratio = self.time_base.numerator, self.time_base.denominator
        return self.stamps, self.shown, self.times, self.end, ratio, self.exact, self.skipped


def from_plain(values: tuple) -> Timeline:
    """What `Timeline.plain` was made of."""
    *before, ratio, exact, skipped = values
    return Timeline(*before, Fraction(*ratio), exact, skipped)


def read_timeline(container: InputContainer, stream: VideoStream, name: str, limits: Limits) -> Timeline:
    """Demux the whole picture stream once. Raises UnreadableVideo for a stream without a frame, TooLarge."""
    rows, skipped, last, first = [], 0, None, None
    exact = container.format.name != "avi"  # it keeps no presentation times, and what ffmpeg makes up ignores B-frames
    period = _period(stream)
    for packet in packets(container, stream):
        if not rows and not packet.is_keyframe:
            skipped += 1
            continue
        time = packet.pts
        if time is None:
            exact = False
            time = packet.dts if packet.dts is not None else 0 if last is None else last + period
        last = time
        first = time if first is None else first
        rows.append((time, packet.duration or 0, not packet.is_discard))
        if len(rows) > limits.max_frames:
            raise TooLarge(f"{name} has more than {limits.max_frames} frames, which is the limit.")
        if (time - first) * stream.time_base > limits.max_seconds:
            raise _too_long(name, limits)
    timeline = _timeline(rows, period, stream, exact, skipped, name)
    if timeline.seconds > limits.max_seconds:  # the last frame may claim to be shown for hours
        raise _too_long(name, limits)
    return timeline


def _too_long(name: str, limits: Limits) -> TooLarge:
    return TooLarge(f"{name} is longer than {limits.max_seconds / 60:g} minutes, which is the limit.")


def _timeline(
    rows: list[tuple[int, int, bool]], period: int, stream: VideoStream, exact: bool, skipped: int, name: str
) -> Timeline:
    stamps, lengths, shown = np.array(rows, np.int64).reshape(-1, 3).T
    shown = shown.astype(bool)
    if not shown.any():
        raise UnreadableVideo(f"{name} is damaged or incomplete: it has no frame.")
    if shown[0] and exact:  # pictures before the first key frame refer to frames that are not in the file
        shown &= stamps >= stamps[0]
    times = np.unique(stamps[shown])
    if len(times) < shown.sum():  # two frames at one time cannot both be shown then
        exact = False
        times = times[0] + period * np.arange(shown.sum())
    length = int(lengths[shown][np.argmax(stamps[shown])]) or period
    if exact and (np.diff(stamps) < 0).any() and stream.duration is not None:
        # B-frames: mp4 tells lengths in decoding order, so the last frame's is another's; the track's own end is
        # better, unless the file breaks off before it
        rest = (stream.start_time or 0) + stream.duration - int(times[-1])
        length = rest if 0 < rest <= np.diff(times).max(initial=0) else length
    return Timeline(stamps, shown, times, int(times[-1]) + max(length, 1), stream.time_base, exact, skipped)


def _period(stream: VideoStream) -> int:
    """Ticks of one frame where nothing better is known."""
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return max(1, round(1 / (rate * stream.time_base)))
