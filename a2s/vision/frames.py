"""The pictures of one window, for models that use a few of them instead of the motion."""

from __future__ import annotations

import numpy as np

from a2s.settings import VIDEO, VideoSpec
from a2s.vision.motion import Motion

ROUNDING = 1e-6
"""Tolerance in seconds of a comparison of times, for the rounding of floats."""


def pictures_in(motion: Motion, start: float, count: int, size: int) -> np.ndarray:
    """(count, size, size, 3) uint8 RGB of the window [start, start + 3 s); black where the motion has no film.

    Raises UnreadableVideo where the file cannot be read any more.
    """
    if motion.film is None:
        return np.zeros((count, size, size, 3), np.uint8)
    return motion.film.pictures(frame_indices(motion.film.times, motion.duration, start, count), size)


def frame_indices(times: np.ndarray, duration: float, start: float, count: int) -> np.ndarray:
    """(count,) indices of frames at even times, from the first frame of the window to its last.

    times: (F,) s of all frames. duration: of the film, s. At a constant frame rate, frame k is
    `trunc(linspace(0, n - 1, count)[k])` of the window's n frames, as in Action2Sound. Where the film ends within the
    window, its last frame is repeated, so that index k keeps its time.
    """
    first, after = np.searchsorted(times, [start - ROUNDING, start + VIDEO.window_seconds - ROUNDING])
    first = min(first, len(times) - 1)
    last = max(first, after - 1)
    step = (duration - times[0]) / len(times)
    ends_within = start + VIDEO.window_seconds > duration + ROUNDING
    length = VIDEO.window_seconds - step if ends_within else times[last] - times[first]
    moments = times[first] + np.linspace(0, max(0.0, length), count)
    return np.clip(np.searchsorted(times, moments + ROUNDING, "right") - 1, first, last)


def keyframes_in(motion: Motion, start: float, spec: VideoSpec = VIDEO) -> np.ndarray:
    """(4, 64, 64, 3) uint8 RGB: the keyframes nearest the centres of the window's four quarters; black without any."""
    size = spec.keyframe_size
    if not len(motion.keyframes):
        return np.zeros((spec.keyframes, size, size, 3), np.uint8)
    centres = start + (np.arange(spec.keyframes) + 0.5) * spec.window_seconds / spec.keyframes
    return motion.keyframes[np.abs(motion.keyframe_times[None] - centres[:, None]).argmin(1)]
