"""Gain curves: one factor per millisecond, with straight lines between. A film of two hours has 7 million points."""

from __future__ import annotations

import numpy as np

POINTS_PER_SECOND = 1000
"""Points of a gain curve per second. Point k lies k ms after the first sample."""


def gain_at(curve: np.ndarray, first: int, count: int, rate: int) -> np.ndarray:
    """(count,) float32: the factor of `count` samples from sample `first` on, at `rate` Hz.

    curve: (p,) float32. Before its first point and after its last one, it continues level.
    """
    step = POINTS_PER_SECOND / rate
    low = min(max(0, int(first * step)), len(curve) - 1)
    high = min(len(curve), int((first + count) * step) + 2)
    points = curve[low : max(high, low + 1)]
    return np.interp(np.arange(first, first + count) * step - low, np.arange(len(points)), points).astype(np.float32)


def applied(curve: np.ndarray, waveform: np.ndarray, rate: int, block: int = 1 << 18) -> np.ndarray:
    """The product of a curve and (n,) or (n, channels) float32 at `rate` Hz."""
    out = np.array(waveform, np.float32)
    for first in range(0, len(out), block):
        piece = out[first : first + block]
        gain = gain_at(curve, first, len(piece), rate)
        piece *= gain if piece.ndim == 1 else gain[:, None]
    return out
