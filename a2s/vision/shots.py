"""Where a film goes on in another place: cuts after which the picture has other colours, not flashes, not a new angle
on the same table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from a2s.vision.motion import Motion

AROUND = 1.6
"""Seconds before and after a cut whose keyframes are compared: two of them on either side, as a rule."""

ALIKE = 0.5
"""Share of the colours that two views of one place have in common, at least."""

APART = 1.0
"""Seconds between two changes, at least: what is shorter is no place but a glimpse."""

_LEVELS = 4
"""Of red, green and blue each, that colours are told apart by."""


def place_changes(motion: Motion, most: int = 50) -> tuple[float, ...]:
    """Times in s at which the place seems to change, ascending; of more than `most` those that differ most."""
    found: list[tuple[float, float]] = []  # (time, how alike)
    for time in np.asarray(motion.times)[motion.breaks].tolist():
        if time < APART or motion.duration - time < APART or (found and time - found[-1][0] < APART):
            continue
        before, after = _colours(motion, time - AROUND, time), _colours(motion, time, time + AROUND)
        if before is None or after is None:
            continue
        alike = float(np.minimum(before, after).sum())
        if alike < ALIKE:
            found.append((round(time, 3), alike))
    chosen = sorted(found, key=lambda change: change[1])[:most]
    return tuple(sorted(time for time, _ in chosen))


def _colours(motion: Motion, begin: float, end: float) -> np.ndarray | None:
    """(64,) shares of coarse colours in the keyframes from `begin` to before `end` s; None where there is none."""
    seen = motion.keyframes[(motion.keyframe_times >= begin) & (motion.keyframe_times < end)]
    if not len(seen):
        return None
    red, green, blue = (seen.reshape(-1, 3).T.astype(int) * _LEVELS) // 256
    counts = np.bincount((red * _LEVELS + green) * _LEVELS + blue, minlength=_LEVELS**3)
    return counts / counts.sum()
