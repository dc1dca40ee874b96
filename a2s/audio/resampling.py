"""Sounds at another sample rate."""

from __future__ import annotations

import numpy as np


def resampled(waveform: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    """(..., n) float32 at `sample_rate` Hz as (..., m) float32 at `wanted` Hz, m = ceil(n * wanted / sample_rate).

    At equal rates the sound is returned as it is.
    """
    if sample_rate == wanted:
        return waveform
    from scipy.signal import resample_poly  # its import takes a while, and most calls need no resampling

    return resample_poly(waveform, wanted, sample_rate, axis=-1).astype(np.float32)
