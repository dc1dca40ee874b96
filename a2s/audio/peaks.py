"""A sound as the outline that a page draws."""

from __future__ import annotations

import numpy as np

BINS = 4000
"""Enough for a screen at four times its width; about 24 kB on their way to a browser."""


def peaks(waveform: np.ndarray, bins: int = BINS) -> list[float]:
    """The loudest sample of each of `bins` equal stretches, 0..1, three decimals; fewer for a shorter sound.

    waveform: (n,) or (n, channels) float. What isn't finite counts as silence.
    """
    wave = np.abs(np.nan_to_num(np.asarray(waveform, np.float32), posinf=0.0, neginf=0.0))
    if wave.ndim == 2:
        wave = wave.max(axis=1, initial=0.0)
    bins = min(bins, len(wave))
    if not bins:
        return []
    starts = np.arange(bins) * len(wave) // bins
    return [round(float(peak), 3) for peak in np.minimum(np.maximum.reduceat(wave, starts), 1.0)]
