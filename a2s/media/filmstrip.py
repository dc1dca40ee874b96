"""A film as a strip of small pictures, for a timeline."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from a2s.errors import UnreadableVideo
from a2s.io import atomic_file, display_name
from a2s.media.child import isolated
from a2s.media.decode import shown_at, small_picture, timed
from a2s.media.probe import decoded_picture, display_matrix, displayed_size, first_frame, probe_timeline
from a2s.media.source import FAULTS, decoded, open_media, picture_stream
from a2s.media.timeline import Timeline
from a2s.settings import Limits

SEEK_FROM = 2.0
"""Seconds between two pictures of the strip from which on seeking is cheaper than decoding all frames between."""

MAX_DECODED = 120
"""Frames decoded for one picture after a seek. Where key frames are rarer, the strip shows a slightly earlier one."""

MAX_ASPECT = 4.0
"""Largest width of one picture, as a multiple of its height; a wider picture is squeezed."""


def write_filmstrip(
    path: str | os.PathLike,
    out_path: str | os.PathLike,
    frames: int = 24,
    height: int = 56,
    limits: Limits | None = None,
) -> Path:
    """Write a JPEG of `frames` pictures side by side, each `height` pixels high, and return `out_path`.

    Picture k is the one shown at (k + 0.5) / frames of the film. A long film is sampled by seeking, so the work is
    bounded by the number of pictures. Raises UnreadableVideo, TooLarge, CannotWrite.
    """
    strip = _read_strip(Path(path), frames, height, limits=limits or Limits())
    with atomic_file(out_path) as part:
        Image.fromarray(strip).save(part, format="jpeg", quality=80, optimize=True)
    return Path(out_path)


def strip_of(path: Path, frames: int, height: int, *, limits: Limits) -> np.ndarray:
    """The pictures of `write_filmstrip` side by side: (height, w, 3) uint8 RGB."""
    name = display_name(path.name)
    timeline = probe_timeline(path, limits)
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        frame = first_frame(container, stream, name, limits)
        (width, tall), matrix = displayed_size(frame, stream), display_matrix(frame)
    size = max(1, round(height * min(width / tall, MAX_ASPECT))), height
    length = timeline.end - timeline.start
    moments = [timeline.start + int((k + 0.5) / frames * length) for k in range(frames)]
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        found = _at(container, stream, timeline, moments, limits)
        pictures = [small_picture(frame, size, matrix, name) for frame in found]
    if not pictures:
        raise UnreadableVideo(f"{name} is damaged or incomplete: no frame can be decoded.")
    pictures += pictures[-1:] * (frames - len(pictures))
    return np.concatenate(pictures, axis=1)


def _at(
    container: InputContainer, stream: VideoStream, timeline: Timeline, moments: list[int], limits: Limits
) -> Iterator[VideoFrame]:
    """Yield the frame shown at each of the moments (ticks, ascending); fewer where the file breaks off."""
    apart = (moments[-1] - moments[0]) * timeline.time_base / max(1, len(moments) - 1)
    if apart > SEEK_FROM and timeline.exact:
        return _sought(container, stream, moments, limits)
    return shown_at(timed(decoded_picture(container, stream, limits), timeline), moments)


def _sought(container: InputContainer, stream: VideoStream, moments: list[int], limits: Limits) -> Iterator[VideoFrame]:
    """For each moment the frames from the key frame before it are decoded, but no more than MAX_DECODED."""
    last = next(decoded_picture(container, stream, limits), None)  # opens the decoder with its limits
    for moment in moments:
        with suppress(*FAULTS):
            container.seek(moment, stream=stream)
        for frame in islice(decoded(container, stream), MAX_DECODED):
            if frame.pts is None or frame.pts > moment:
                break
            last = frame
        if last is not None:
            yield last


_read_strip = isolated(strip_of, UnreadableVideo)
