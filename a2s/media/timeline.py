"""The presentation time of every frame, read from the packets without decoding them.

A container's own duration is not used: it is often missing (browser recordings), includes the sound, or is wrong in cut
files.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from a2s.errors import TooLarge, UnreadableVideo
from a2s.media.frame_grid import FrameGrid, find_grid, nominal_rate
from a2s.media.source import packets, time_base_of
from a2s.settings import Limits


@dataclass(frozen=True)
class Timeline:
    """The packets of a video stream from its first key frame on; all times in ticks of `time_base`.

    stamps: (N,) int64 presentation times in the order of the packets. shown: (N,) bool, False where an edit list hides.
    times: (F,) int64 presentation times of the shown frames, ascending.
    end: the end of the last frame. exact: False where the container has no usable times, so that frames are counted.
    skipped: number of packets before the first key frame; no decoder can use them. grid: of a constant frame rate.
    """

    stamps: np.ndarray
    shown: np.ndarray
    times: np.ndarray
    end: int
    time_base: Fraction
    exact: bool
    skipped: int
    grid: FrameGrid | None = None

    @property
    def start(self) -> int:
        """Presentation time of the first frame."""
        return int(self.times[0])

    @property
    def seconds(self) -> float:
        """Duration from the start of the first frame to the end of the last."""
        return float(int(self.placed(self.end)) * self.placed_base)

    @property
    def rate(self) -> Fraction:
        """Frames per second: of the grid, or the mean of a variable frame rate."""
        mean = len(self.times) / (int(self.end - self.start) * self.time_base)
        return self.grid.rate if self.grid else mean.limit_denominator(1001)

    @property
    def placed_base(self) -> Fraction:
        """Seconds per tick of `placed`: a constant frame rate has frames of equal length in it."""
        return self.grid.time_base if self.grid else self.time_base

    def placed(self, ticks: np.ndarray | int) -> np.ndarray:
        """Times in ticks of `time_base` as times from the first frame in ticks of `placed_base`, int64.

        At a constant frame rate they lie on its grid: what the container rounded is exact again.
        """
        since = np.asarray(ticks, np.int64) - self.start
        return self.grid.slots(since, self.time_base) * self.grid.slot_ticks if self.grid else since

    def seconds_at(self, ticks: np.ndarray | int) -> np.ndarray:
        """Times in ticks of `time_base` as seconds from the first frame, float64, exact as `placed` makes them."""
        return self.placed(ticks) * float(self.placed_base)

    def to_plain(self) -> tuple:
        """The timeline as built-in types and arrays, as a child process may send it."""
        ratio = self.time_base.numerator, self.time_base.denominator
        rate = (self.grid.rate.numerator, self.grid.rate.denominator) if self.grid else None
        return self.stamps, self.shown, self.times, self.end, ratio, self.exact, self.skipped, rate


def from_plain(values: tuple) -> Timeline:
    """The timeline that `Timeline.to_plain` gave."""
    stamps, shown, times, end, ratio, exact, skipped, rate = values
    grid = FrameGrid(Fraction(*rate)) if rate else None
    return Timeline(stamps, shown, times, end, Fraction(*ratio), exact, skipped, grid)


def read_timeline(container: InputContainer, stream: VideoStream, name: str, limits: Limits) -> Timeline:
    """Demux the whole video stream once. Raises UnreadableVideo for a stream without a frame, TooLarge."""
    rows: list[tuple[int, int, bool]] = []
    skipped = 0
    last: int | None = None
    first: int | None = None
    # avi stores no presentation times, and ffmpeg's guesses ignore B-frames
    exact = container.format.name != "avi" or stream.codec_context.codec.intra_only
    time_base = time_base_of(stream, name)
    period = _period(stream, time_base)
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
            raised = limits.raised_by("max_frames")
            raise TooLarge(f"{name} has more than {limits.max_frames} frames, which is the limit ({raised}).")
        if (time - first) * time_base > limits.max_seconds:
            raise too_long(name, limits)
    timeline = _timeline(rows, period, stream, exact, skipped, name)
    if timeline.seconds > limits.max_seconds:  # the last frame may claim a duration of hours
        raise too_long(name, limits)
    return timeline


def too_long(name: str, limits: Limits) -> TooLarge:
    """The error for a file that is longer than the limit."""
    most, raised = limits.max_seconds / 60, limits.raised_by("max_seconds")
    return TooLarge(f"{name} is longer than {most:g} minutes, which is the limit ({raised}).")


def _timeline(
    rows: list[tuple[int, int, bool]], period: int, stream: VideoStream, exact: bool, skipped: int, name: str
) -> Timeline:
    stamps, lengths, shown = np.array(rows, np.int64).reshape(-1, 3).T
    shown = shown.astype(bool)
    if not shown.any():
        raise UnreadableVideo(f"{name} is damaged or incomplete: it has no frame.")
    if shown[0] and exact:  # pictures before the first key frame refer to frames that are not in the file
        shown &= stamps >= stamps[0]
    times, time_base = np.unique(stamps[shown]), time_base_of(stream, name)
    grid = _grid(stamps, times, stream, time_base)
    if len(times) < shown.sum():  # two frames at one time cannot both be shown then
        exact, rate = False, nominal_rate(_rate(stream))
        grid = FrameGrid(rate)
        times = times[0] + np.rint(np.arange(shown.sum()) / float(rate * time_base)).astype(np.int64)
    length = int(lengths[shown][np.argmax(stamps[shown])]) or period
    if exact and (np.diff(stamps) < 0).any() and stream.duration is not None:
        # B-frames: mp4 lists durations in decoding order, so the last shown frame has another frame's. The end of
        # the track is better, unless the file breaks off before it
        rest = (stream.start_time or 0) + stream.duration - int(times[-1])
        length = rest if 0 < rest <= np.diff(times).max(initial=0) else length
    if grid:
        length = max(length, round(1 / (grid.rate * time_base)))
    end = int(times[-1]) + max(length, 1)
    return Timeline(stamps, shown, times, end, time_base, exact, skipped, grid)


def _grid(stamps: np.ndarray, times: np.ndarray, stream: VideoStream, time_base: Fraction) -> FrameGrid | None:
    grid = find_grid(times, time_base, (stream.base_rate, stream.guessed_rate, stream.average_rate))
    if grid is None:
        return None
    slots = grid.slots(stamps - times[0], time_base)
    return grid if len(np.unique(slots)) == len(np.unique(stamps)) else None  # hidden frames may lie between slots


def _period(stream: VideoStream, time_base: Fraction) -> int:
    """Duration of one frame in ticks."""
    return max(1, round(1 / (_rate(stream) * time_base)))


def _rate(stream: VideoStream) -> Fraction:
    """The frame rate that the file states; 25 where it states none."""
    return stream.average_rate or stream.guessed_rate or Fraction(25)
