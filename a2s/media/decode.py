"""Frames and sound of a file as arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from a2s.errors import TooLarge, UnreadableAudio, UnreadableVideo
from a2s.media.files import shown
from a2s.media.probe import decoded_picture, display_matrix, displayed_size, first_frame, probe_timeline
from a2s.media.source import FAULTS, decoded, open_media, picture_stream
from a2s.media.timeline import Timeline
from a2s.settings import LIMITS, Limits

GAP_SECONDS = 0.05
"""Time stamps that disagree by less are jitter of the container, not a hole in the sound."""


def read_frames(
    path: str | os.PathLike, width: int = 192, limits: Limits = LIMITS
) -> Iterator[tuple[float, np.ndarray]]:
    """Decode a video at its native, possibly variable, frame rate.

    Yields (time, rgb): seconds since the first frame, strictly ascending; (h, width, 3) uint8, upright, h even and
    by the displayed shape of the picture. Raises UnreadableVideo, TooLarge, at the call rather than at the first frame.
    """
    path = Path(path)
    name = shown(path.name)
    timeline = probe_timeline(path, limits)
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        frame = first_frame(container, stream, name, limits)
        shape, matrix = displayed_size(frame, stream), display_matrix(frame)
    height = max(2, round(width * shape[1] / shape[0] / 2) * 2)
    return _frames(path, timeline, matrix, width, height, limits)


def _frames(
    path: Path, timeline: Timeline, matrix: tuple[int, ...], width: int, height: int, limits: Limits
) -> Iterator[tuple[float, np.ndarray]]:
    name = shown(path.name)
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        for ticks, frame in timed(decoded_picture(container, stream, limits), timeline):
            rgb = small_picture(frame, (width, height), matrix, name)
            yield float((ticks - timeline.start) * timeline.time_base), rgb


def timed(frames: Iterator, timeline: Timeline) -> Iterator[tuple[int, av.VideoFrame]]:
    """Yield (ticks, frame), ascending; a frame outside the timeline is left out; without times frames are counted."""
    last = timeline.start - 1
    counted = iter(timeline.times.tolist())
    for frame in frames:
        ticks = frame.pts if timeline.exact else next(counted, None)
        if ticks is not None and last < ticks < timeline.end:
            last = ticks
            yield ticks, frame


def shown_at(frames: Iterator[tuple[int, av.VideoFrame]], moments: list[int]) -> Iterator[av.VideoFrame]:
    """Yield the frame shown at each of the moments (ticks, ascending); all frames are decoded up to the last moment."""
    waiting, last = list(moments), None
    for ticks, frame in frames:
        while waiting and last is not None and ticks > waiting[0]:
            del waiting[0]
            yield last
        if not waiting:
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
    """(h, w, 3) uint8, upright; size: (w, h). Raises UnreadableVideo."""
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
    limits: Limits = LIMITS,
) -> np.ndarray:
    """Decode the first soundtrack to mono. Returns (n,) float32 in [-1, 1].

    max_seconds: stop there. align_to_picture: sample 0 is the moment of the first frame, and the sound is exactly as
    long as the picture (cut, or padded with silence). Raises UnreadableAudio, TooLarge; aligned also UnreadableVideo.
    """
    path = Path(path)
    name = shown(path.name)
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
                raise TooLarge(f"{name} is longer than {limits.max_seconds / 60:g} minutes, which is the limit.")
    if not n and not align_to_picture:
        raise UnreadableAudio(f"{name} has no sound that can be decoded.")
    waveform = np.concatenate(pieces)[:wanted] if pieces else np.zeros(0, np.float32)
    if align_to_picture:
        waveform = np.pad(waveform, (0, wanted - len(waveform)))
    return np.clip(np.nan_to_num(waveform), -1, 1)


def _pieces(frames: Iterator[av.AudioFrame], rate: int, start: float | None, cap: int) -> Iterator[np.ndarray]:
    """Yield mono samples, each at its own time from `start` on: gaps become silence, what comes before is cut off."""
    resample, clock, cut = Downmix(rate), start, 0  # clock: seconds told so far; cut: samples to leave out
    for frame in frames:
        time = clock if frame.pts is None else float(frame.pts * frame.time_base)
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
    """Frames to mono pieces (k,) float32 at `rate`: the mean of the channels. Their format may change on the way."""

    def __init__(self, rate: int):
        self.rate, self.kind, self.resampler = rate, None, None

    def __call__(self, frame: av.AudioFrame | None) -> list[np.ndarray]:
        kind = frame and (frame.format.name, frame.layout.name, frame.sample_rate)
        pieces = []
        if kind != self.kind:
            pieces += self.resampler.resample(None) if self.resampler else []
            self.resampler = frame and av.AudioResampler(format="fltp", layout=frame.layout, rate=self.rate)
            self.kind = kind
        if frame:
            frame.pts = None  # where a piece belongs has been settled before
            pieces += self.resampler.resample(frame)
        return [piece.to_ndarray().mean(axis=0, dtype=np.float32) for piece in pieces]
