"""A compressor as a gain curve: loud passages come closer to soft ones, and the attack of a hit keeps its shape."""

from __future__ import annotations

import numpy as np

from a2s.audio.curve import POINTS_PER_SECOND
from a2s.audio.levels import db_to_amplitude

RATIO = 4.0
"""Decibels above the threshold that go in for each one that comes out."""

LOOK_AHEAD = 8
"""Milliseconds before a passage in which the gain falls, so that it is constant during an attack."""

STAGES = ((80.0, 6.0), (250.0, 6.0), (800.0, 6.0), (800.0, 12.0))
"""Release in dB/s and largest reduction by the limiter in dB, from gentle to strong. A slow release keeps the decay of
each hit; a fast one brings it up, which is the only way to make single short hits louder."""

DEEPEST_DB = 40.0
"""Lowest threshold below the highest peak."""


def compression(peak: np.ndarray, threshold_db: float, release: float) -> np.ndarray:
    """(m + 1,) float32: the gain curve of a compressor without make-up gain.

    peak: (m,) largest magnitude of each millisecond. release: dB/s.
    """
    from scipy.ndimage import maximum_filter1d  # keeps imports fast

    level = 20 * np.log10(np.maximum(peak, 1e-9))
    reduction = np.maximum(level - threshold_db, 0) * (1 - 1 / RATIO)
    reduction = np.append(reduction, reduction[-1:])
    fall = np.arange(len(reduction)) * (release / POINTS_PER_SECOND)
    reduction = np.maximum.accumulate(reduction + fall) - fall
    ahead = maximum_filter1d(np.pad(reduction, LOOK_AHEAD, mode="edge"), 2 * LOOK_AHEAD + 1, mode="nearest")
    window = np.hanning(2 * LOOK_AHEAD + 3)[1:-1]
    return db_to_amplitude(-np.convolve(ahead, window / window.sum(), mode="valid")).astype(np.float32)
