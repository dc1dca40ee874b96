"""A video whose pictures are looked up by frame number, for models that use more of it than its motion."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import numpy as np

from a2s.errors import UnreadableVideo
from a2s.io import display_name
from a2s.media.child import isolated
from a2s.media.decode import frames_from, shown_at, small_picture, timed
from a2s.media.probe import display_matrix, probe_timeline
from a2s.media.source import open_media, picture_stream
from a2s.media.timeline import Timeline, from_plain
from a2s.settings import Limits


class Film:
    """Random access to the pictures of a video of any length; no picture is kept in memory.

    Every access opens the file in a child process and decodes from the key frame before the first picture asked for.
    The constructor reads nothing. within: (start, end) in s, the part whose frames are numbered; None is all.
    """

    def __init__(
        self, path: str | os.PathLike, limits: Limits | None = None, within: tuple[float, float] | None = None
    ) -> None:
        self.path, self.limits, self.within = Path(path), limits or Limits(), within

    @cached_property
    def times(self) -> np.ndarray:
        """(F,) float64: presentation time of each frame, s from the first or from the part's start.

        Raises UnreadableVideo, TooLarge.
        """
        if self.within is None:
            return self._all_times
        start, end = self.within
        last = max(self._first + 1, int(np.searchsorted(self._all_times, end)))
        return np.maximum(self._all_times[self._first : last] - start, 0.0)

    @cached_property
    def _first(self) -> int:
        """Number in the file of the frame that is shown at the start."""
        if self.within is None:
            return 0
        return max(0, int(np.searchsorted(self._all_times, self.within[0] + 1e-9, "right")) - 1)

    @cached_property
    def _all_times(self) -> np.ndarray:
        return self._timeline.seconds_at(self._timeline.times)

    def pictures(self, frames: np.ndarray, size: int) -> np.ndarray:
        """Frames by number (K,), ascending, as (K, size, size, 3) uint8 RGB, upright, squeezed to a square.

        Where the file breaks off, the last frame that decodes is repeated; without one, pictures are black.
        Raises UnreadableVideo.
        """
        moments = [int(self._timeline.times[self._first + frame]) for frame in frames]
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
        frames = timed(frames_from(container, stream, timeline, moments[0], limits), timeline)
        found = [
            small_picture(frame, (size, size), display_matrix(frame), name, "BICUBIC")
            for frame in shown_at(frames, moments)
        ]
    found += (found[-1:] or [np.zeros((size, size, 3), np.uint8)]) * (len(moments) - len(found))
    return np.stack(found)


_read_timeline = isolated(timeline_of, UnreadableVideo)
_read_pictures = isolated(pictures_of, UnreadableVideo)
