"""Frames and sound of a file as arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from a2s.errors import UnreadableAudio, UnreadableVideo
from a2s.io import display_name
from a2s.media.probe import decoded_picture, display_matrix, displayed_size, first_frame, probe_timeline
from a2s.media.source import FAULTS, decoded, open_media, picture_stream
from a2s.media.timeline import Timeline, too_long
from a2s.settings import Limits

GAP_SECONDS = 0.05
"""Time stamps that differ by less are jitter of the container, not a gap in the sound."""


SEEK_AFTER = 2.0
"""Seconds from the start up to which pictures are decoded rather than sought; seeking costs as much."""


def read_frames(
    path: str | os.PathLike,
    width: int = 192,
    within: tuple[float, float] | None = None,
    *,
    limits: Limits | None = None,
) -> Iterator[tuple[float, np.ndarray]]:
    """Decode a video, or the part of it between two times, at its native, possibly variable, frame rate.

    Yields (time, rgb). time: seconds since the first frame, or since the part's start, strictly ascending. within:
    (start, end) in s; the frame that is shown at the start comes first. rgb: (h, width, 3) uint8, upright; h is
    even and follows the displayed aspect ratio. Raises UnreadableVideo, TooLarge, at the call, not at the first frame.
    """
    path, limits = Path(path), limits or Limits()
    name = display_name(path.name)
    timeline = probe_timeline(path, limits)
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        frame = first_frame(container, stream, name, limits)
        shape, matrix = displayed_size(frame, stream), display_matrix(frame)
    height = max(2, round(width * shape[1] / shape[0] / 2) * 2)
    return _frames(path, timeline, matrix, (width, height), within, limits)


def _frames(
    path: Path,
    timeline: Timeline,
    matrix: tuple[int, ...],
    size: tuple[int, int],
    within: tuple[float, float] | None,
    limits: Limits,
) -> Iterator[tuple[float, np.ndarray]]:
    name = display_name(path.name)
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        start, first = 0.0, timeline.start
        if within is None:
            frames = timed(decoded_picture(container, stream, limits), timeline)
        else:
            start = within[0]
            first, last = (timeline.start + round(time / timeline.time_base) for time in within)
            frames = shown_within(timed(frames_from(container, stream, timeline, first, limits), timeline), first, last)
        for ticks, frame in frames:
            rgb = small_picture(frame, size, matrix, name)
            yield (0.0 if ticks == first else max(0.0, float(timeline.seconds_at(ticks)) - start)), rgb


def frames_from(
    container: InputContainer, stream: VideoStream, timeline: Timeline, moment: int, limits: Limits
) -> Iterator[av.VideoFrame]:
    """The frames from one at or before the moment on: from a key frame, or from the start where that is near."""
    frames = decoded_picture(container, stream, limits)
    away = float((moment - timeline.start) * timeline.time_base)
    if away < SEEK_AFTER or not timeline.exact:
        return frames
    next(frames, None)  # opens the decoder with its limits
    for target in (moment, timeline.start):
        with suppress(*FAULTS):
            container.seek(target, stream=stream)
            sought = decoded(container, stream)
            first = next(sought, None)
            if first is not None and first.pts is not None and first.pts <= moment:
                return chain([first], sought)
    return iter(())


def shown_within(
    frames: Iterator[tuple[int, av.VideoFrame]], first: int, last: int
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Yield the frame that is shown at `first`, with that time, and those that begin before `last`; all in ticks."""
    held: av.VideoFrame | None = None
    for ticks, frame in frames:
        if ticks < first:
            held = frame
            continue
        if held is not None and ticks > first:
            yield first, held
        held = None
        if ticks >= last:
            return
        yield ticks, frame
    if held is not None:
        yield first, held


def timed(frames: Iterator, timeline: Timeline) -> Iterator[tuple[int, av.VideoFrame]]:
    """Yield (ticks, frame), ascending, for the frames within the timeline; without time stamps, frames are counted."""
    last = timeline.start - 1
    counted = iter(timeline.times.tolist())
    for frame in frames:
        ticks = frame.pts if timeline.exact else next(counted, None)
        if ticks is not None and last < ticks < timeline.end:
            last = ticks
            yield ticks, frame


def shown_at(frames: Iterator[tuple[int, av.VideoFrame]], moments: list[int]) -> Iterator[av.VideoFrame]:
    """Yield the frame shown at each of the moments (ticks, ascending); all frames are decoded up to the last moment."""
    left, last = list(moments), None
    for ticks, frame in frames:
        while left and last is not None and ticks > left[0]:
            del left[0]
            yield last
        if not left:
            return
        last = frame
    if last is not None:
        yield last


def upright(rgb: np.ndarray, matrix: tuple[int, ...]) -> np.ndarray:
    """Turn and mirror a stored picture (h, w, 3) as its display matrix says: x' = a x + c y, y' = b x + d y."""
    a, b, _, c, d = matrix[:5]
    if abs(b) > abs(a):
        rgb, a, d = rgb.swapaxes(0, 1), c, b
    return np.ascontiguousarray(rgb[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def small_picture(
    frame: av.VideoFrame, size: tuple[int, int], matrix: tuple[int, ...], name: str, interpolation: str | None = None
) -> np.ndarray:
    """The frame as (h, w, 3) uint8 RGB, upright. size: (w, h) in pixels. Raises UnreadableVideo."""
    lying = abs(matrix[1]) > abs(matrix[0])
    size = size[::-1] if lying else size
    try:
        rgb = frame.reformat(*size, format="rgb24", interpolation=interpolation).to_ndarray()
    except FAULTS as fault:
        raise UnreadableVideo(f"{name} has a pixel format that a2s cannot read.") from fault
    return upright(rgb, matrix)


def read_audio(
    path: str | os.PathLike,
    sample_rate: int = 16_000,
    max_seconds: float | None = None,
    align_to_picture: bool = False,
    *,
    limits: Limits | None = None,
) -> np.ndarray:
    """Decode the first soundtrack to mono. Returns (n,) float32 in [-1, 1].

    max_seconds: decode no more than that. align_to_picture: sample 0 is the time of the first frame, and the sound is
    cut or padded with silence to the length of the picture. Raises UnreadableAudio, TooLarge; with align_to_picture
    also UnreadableVideo.
    """
    path, limits = Path(path), limits or Limits()
    name = display_name(path.name)
    start, seconds = None, max_seconds
    if align_to_picture:
        timeline = probe_timeline(path, limits)
        start = float(timeline.start * timeline.time_base)
        seconds = min(timeline.seconds, max_seconds or timeline.seconds)
    with open_media(path, limits, sound=True) as container:
        stream = next((s for s in container.streams.audio if s.codec_context), None)
        if stream is None:
            raise UnreadableAudio(f"{name} has no sound in it.")
        wanted = None if seconds is None else round(seconds * sample_rate)
        cap = round(limits.max_seconds * sample_rate)
        pieces, n = [], 0
        for piece in _pieces(decoded(container, stream), sample_rate, start, cap):
            pieces.append(piece)
            n += len(piece)
            if wanted is not None and n >= wanted:
                break
            if n > cap:
                raise too_long(name, limits)
    if not n and not align_to_picture:
        raise UnreadableAudio(f"{name} has no sound that can be decoded.")
    waveform = np.concatenate(pieces)[:wanted] if pieces else np.zeros(0, np.float32)
    if align_to_picture:
        waveform = np.pad(waveform, (0, (wanted or 0) - len(waveform)))
    return np.clip(np.nan_to_num(waveform), -1, 1)


def _pieces(frames: Iterator[av.AudioFrame], rate: int, start: float | None, cap: int) -> Iterator[np.ndarray]:
    """Yield mono samples from `start` (s) on; a gap becomes silence, and what precedes `start` is cut off."""
    resample = Downmix(rate)
    clock, cut = start, 0  # clock: seconds decoded so far; cut: samples to drop
    for frame in frames:
        stamp = clock if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        time = stamp or 0.0
        clock = time if clock is None else clock
        gap = round(float(np.clip((time - clock) * rate, -cap, cap + 1)))
        if clock == start or gap > GAP_SECONDS * rate:
            yield np.zeros(max(gap, 0), np.float32)
            cut, clock = max(-gap, 0), time
        clock += frame.samples / frame.sample_rate
        for piece in resample(frame):
            cut, piece = max(0, cut - len(piece)), piece[cut:]
            yield piece
    for piece in resample(None):
        cut, piece = max(0, cut - len(piece)), piece[cut:]
        yield piece


class Downmix:
    """Frames to mono pieces (k,) float32 at `rate` Hz: the mean of the channels. Their format may change midway."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.kind: tuple[str, str, int] | None = None
        self.resampler: av.AudioResampler | None = None

    def __call__(self, frame: av.AudioFrame | None) -> list[np.ndarray]:
        """The samples that `frame` completes; None flushes."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate) if frame else None
        pieces: list[av.AudioFrame] = []
        if kind != self.kind:
            pieces += self.resampler.resample(None) if self.resampler else []
            self.resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=self.rate) if frame else None
            self.kind = kind
        if frame and self.resampler:
            frame.pts = None  # `_pieces` has placed the frame in time already
            pieces += self.resampler.resample(frame)
        return [piece.to_ndarray().mean(axis=0, dtype=np.float32) for piece in pieces]
