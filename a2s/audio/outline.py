"""The outline of a waveform, for a player to draw."""

from __future__ import annotations

import numpy as np

BINS = 4000
"""Values of an outline: enough for a screen at four times its width, about 24 kB as JSON."""


def peak_outline(waveform: np.ndarray, bins: int = BINS) -> list[float]:
    """The largest magnitude of each of `bins` equal parts, 0 to 1, three decimals; one per sample for a shorter sound.

    waveform: (n,) or (n, channels) float. Values that are not finite count as silence.
    """
    wave = np.abs(np.nan_to_num(np.asarray(waveform, np.float32), posinf=0.0, neginf=0.0))
    if wave.ndim == 2:
        wave = wave.max(axis=1, initial=0.0)
    bins = min(bins, len(wave))
    if not bins:
        return []
    starts = np.arange(bins) * len(wave) // bins
    return [round(float(peak), 3) for peak in np.minimum(np.maximum.reduceat(wave, starts), 1.0)]
