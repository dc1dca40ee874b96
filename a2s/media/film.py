"""A video whose pictures are looked up by time, for models that see more of it than its motion."""

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

from a2s.media.decode import shown_at, small_picture, timed
from a2s.media.files import shown
from a2s.media.probe import decoded_picture, display_matrix, probe_timeline
from a2s.media.source import FAULTS, decoded, open_media, picture_stream
from a2s.media.timeline import Timeline
from a2s.settings import LIMITS, Limits

NEAR = 2.0
"""Seconds from the start that are decoded rather than sought; seeking costs as much."""


class Film:
    """Opened anew for each look and read on from the key frame before it, so no picture is kept and any length will do.

    Nothing is read until something is asked.
    """

    def __init__(self, path: str | os.PathLike, limits: Limits = LIMITS):
        self.path, self.limits = Path(path), limits

    @cached_property
    def times(self) -> np.ndarray:
        """(F,) float64: when each frame is shown, s from the first. Raises UnreadableVideo, TooLarge."""
        return (self._timeline.times - self._timeline.start) * float(self._timeline.time_base)

    def pictures(self, frames: np.ndarray, size: int) -> np.ndarray:
        """Frames by number (K,), ascending, as (K, size, size, 3) uint8 RGB, upright, squeezed to a square.

        Where the file breaks off, the last frame that decodes stays; black where none does. Raises UnreadableVideo.
        """
        moments = [int(self._timeline.times[frame]) for frame in frames]
        found = list(self._read(moments, size))
        found += (found[-1:] or [np.zeros((size, size, 3), np.uint8)]) * (len(moments) - len(found))
        return np.stack(found)

    def _read(self, moments: list[int], size: int) -> Iterator[np.ndarray]:
        name = shown(self.path.name)
        with open_media(self.path, self.limits) as container:
            stream = picture_stream(container, name)
            frames = timed(self._before(container, stream, moments[0]), self._timeline)
            for frame in shown_at(frames, moments):
                yield small_picture(frame, (size, size), display_matrix(frame), name, "BICUBIC")

    def _before(self, container: InputContainer, stream: VideoStream, moment: int) -> Iterator[VideoFrame]:
        """The frames from one at or before the moment on: from a key frame, or from the start if that is near."""
        frames = decoded_picture(container, stream, self.limits)
        away = float((moment - self._timeline.start) * self._timeline.time_base)
        if away < NEAR or not self._timeline.exact:
            return frames
        next(frames, None)  # this opens the decoder, with its limits
        for place in (moment, self._timeline.start):
            with suppress(*FAULTS):
                container.seek(place, stream=stream)
                sought = decoded(container, stream)
                first = next(sought, None)
                if first is not None and first.pts is not None and first.pts <= moment:
                    return chain([first], sought)
        return iter(())

    @cached_property
    def _timeline(self) -> Timeline:
        return probe_timeline(self.path, self.limits)
