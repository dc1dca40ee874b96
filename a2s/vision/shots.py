"""Changes of place in a film: cuts after which the picture has other colours. Flashes and new angles do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from a2s.vision.motion import Motion

COMPARED_SECONDS = 1.6
"""Seconds before and after a cut whose keyframes are compared: about two on either side."""

SAME_PLACE = 0.5
"""Least share of colours that two views of one place have in common."""

SHORTEST = 1.0
"""Shortest stay in a place, in seconds."""

_LEVELS = 4
"""Levels of red, green and blue each, in the histogram of colours."""


def place_changes(motion: Motion, most: int = 50) -> tuple[float, ...]:
    """Times in s at which the place appears to change, ascending; the `most` changes with the largest difference."""
    found: list[tuple[float, float]] = []  # (time, similarity)
    for time in np.asarray(motion.times)[motion.breaks].tolist():
        if time < SHORTEST or motion.duration - time < SHORTEST or (found and time - found[-1][0] < SHORTEST):
            continue
        before, after = _colours(motion, time - COMPARED_SECONDS, time), _colours(motion, time, time + COMPARED_SECONDS)
        if before is None or after is None:
            continue
        alike = float(np.minimum(before, after).sum())
        if alike < SAME_PLACE:
            found.append((round(time, 3), alike))
    chosen = sorted(found, key=lambda change: change[1])[:most]
    return tuple(sorted(time for time, _ in chosen))


def _colours(motion: Motion, begin: float, end: float) -> np.ndarray | None:
    """(64,) histogram of colours of the keyframes in [begin, end) s, with sum 1; None where there is no keyframe."""
    views = motion.keyframes[(motion.keyframe_times >= begin) & (motion.keyframe_times < end)]
    if not len(views):
        return None
    red, green, blue = (views.reshape(-1, 3).T.astype(int) * _LEVELS) // 256
    counts = np.bincount((red * _LEVELS + green) * _LEVELS + blue, minlength=_LEVELS**3)
    return counts / counts.sum()
