"""A video whose pictures are looked up by frame number, for models that use more of it than its motion."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from a2s.errors import UnreadableVideo
from a2s.io import display_name
from a2s.media.child import isolated
from a2s.media.decode import shown_at, small_picture, timed
from a2s.media.probe import decoded_picture, display_matrix, probe_timeline
from a2s.media.source import FAULTS, decoded, open_media, picture_stream
from a2s.media.timeline import Timeline, from_plain
from a2s.settings import Limits

SEEK_AFTER = 2.0
"""Seconds from the start up to which pictures are decoded rather than sought; seeking costs as much."""


class Film:
    """Random access to the pictures of a video of any length; no picture is kept in memory.

    Every access opens the file in a child process and decodes from the key frame before the first picture asked for.
    The constructor reads nothing.
    """

    def __init__(self, path: str | os.PathLike, limits: Limits | None = None) -> None:
        self.path, self.limits = Path(path), limits or Limits()

    @cached_property
    def times(self) -> np.ndarray:
        """(F,) float64: presentation time of each frame, s from the first. Raises UnreadableVideo, TooLarge."""
        return self._timeline.seconds_at(self._timeline.times)

    def pictures(self, frames: np.ndarray, size: int) -> np.ndarray:
        """Frames by number (K,), ascending, as (K, size, size, 3) uint8 RGB, upright, squeezed to a square.

        Where the file breaks off, the last frame that decodes is repeated; without one, pictures are black.
        Raises UnreadableVideo.
        """
        moments = [int(self._timeline.times[frame]) for frame in frames]
        return _read_pictures(self.path, self._timeline, moments, size, limits=self.limits)

    @cached_property
    def _timeline(self) -> Timeline:
        return from_plain(_read_timeline(self.path, limits=self.limits))


def timeline_of(path: Path, *, limits: Limits) -> tuple:
    """The `Timeline` of a file, by `to_plain`."""
    return probe_timeline(path, limits).to_plain()


def pictures_of(path: Path, timeline: Timeline, moments: list[int], size: int, *, limits: Limits) -> np.ndarray:
    """The pictures shown at each of the moments (ticks, ascending), as `Film.pictures` gives them."""
    name = display_name(path.name)
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        frames = timed(_before(container, stream, timeline, moments[0], limits), timeline)
        found = [
            small_picture(frame, (size, size), display_matrix(frame), name, "BICUBIC")
            for frame in shown_at(frames, moments)
        ]
    found += (found[-1:] or [np.zeros((size, size, 3), np.uint8)]) * (len(moments) - len(found))
    return np.stack(found)


def _before(
    container: InputContainer, stream: VideoStream, timeline: Timeline, moment: int, limits: Limits
) -> Iterator[VideoFrame]:
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


_read_timeline = isolated(timeline_of, UnreadableVideo)
_read_pictures = isolated(pictures_of, UnreadableVideo)
