"""Loudness to a target, true peak below a ceiling (ITU-R BS.1770-4, EBU R 128)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pyloudnorm
from scipy.ndimage import minimum_filter1d
from scipy.signal import fftconvolve, resample_poly

SILENCE_LUFS = -70.0
"""BS.1770's absolute gate: what is quieter has no loudness. Said of silence too: figures stay finite."""
SILENCE_PEAK_DB = -120.0
MAX_GAIN_DB = 40.0
"""More than that would only lift noise."""
MAX_LIMITING_DB = 6.0
"""How far peaks may be turned down. A hit lives by its attack; beyond that the whole sound is made quieter."""
LOOK_AHEAD_SECONDS = 0.008
OVERSAMPLING = 4
BLOCK = 1 << 18


@dataclass(frozen=True)
class Loudness:
    """lufs: integrated loudness of the result, at least -70. true_peak_db: its dBTP. gain_db: what was added."""

    lufs: float
    true_peak_db: float
    gain_db: float


def normalise(
    waveform: np.ndarray, sample_rate: int, target_lufs: float | None, ceiling_db: float = -1.0
) -> tuple[np.ndarray, Loudness]:
    """Bring (n,) float32 to `target_lufs` and hold its true peak at or below `ceiling_db`.

    Peaks over the ceiling are turned down by a look-ahead limiter, by at most 6 dB; a sound that would need more (a few
    sharp hits in silence) stays below the target instead of losing its attacks. None leaves the level as it is, but
    for the ceiling. Silence stays silence. Returns ((n,) float32, Loudness of it).
    """
    waveform = np.nan_to_num(np.asarray(waveform, np.float32))
    before = integrated(waveform, sample_rate)
    highest = ceiling_db + MAX_LIMITING_DB - true_peak(waveform)
    wanted = 0.0 if target_lufs is None or before <= SILENCE_LUFS else target_lufs - before
    gain = min(wanted, highest, MAX_GAIN_DB)
    for _ in range(4):
        result = limit(waveform * np.float32(10 ** (gain / 20)), sample_rate, ceiling_db)
        lufs = integrated(result, sample_rate)
        missing = 0.0 if target_lufs is None or before <= SILENCE_LUFS else target_lufs - lufs
        better = min(gain + missing, highest, MAX_GAIN_DB)  # limiting takes a little loudness away
        if abs(better - gain) < 0.05:
            break
        gain = better
    return result, Loudness(lufs, true_peak(result), gain)


def integrated(waveform: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness of (n,) in LUFS, at least -70. Less than one gating block (0.4 s) is looped to fill it."""
    block = int(np.ceil(0.4 * sample_rate)) + 1
    if not np.any(waveform):
        return SILENCE_LUFS
    if len(waveform) < block:
        waveform = np.resize(waveform, block)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")
        lufs = pyloudnorm.Meter(sample_rate).integrated_loudness(np.asarray(waveform, np.float64))
    return max(float(np.nan_to_num(lufs, nan=SILENCE_LUFS, neginf=SILENCE_LUFS)), SILENCE_LUFS)


def true_peak(waveform: np.ndarray) -> float:
    """Largest value of (n,) between the samples too, in dBTP (BS.1770-4, annex 2: 4 x oversampled), at least -120."""
    top = max((float(block.max()) for block in _between(waveform)), default=0.0)
    return max(20 * float(np.log10(max(top, 1e-9))), SILENCE_PEAK_DB)


def _between(waveform: np.ndarray, margin: int = 64):
    """Yield, block by block (k,), the largest magnitude at each sample and between it and its neighbours."""
    for first in range(0, len(waveform), BLOCK):
        before = min(first, margin)
        piece = np.asarray(waveform[first - before : first + BLOCK + margin], np.float32)
        fine = np.abs(resample_poly(piece, OVERSAMPLING, 1)).reshape(-1, OVERSAMPLING)
        rise = fine.max(axis=1)
        rise[1:] = np.maximum(rise[1:], fine[:-1].max(axis=1))
        yield np.maximum(rise, np.abs(piece))[before : before + BLOCK]


def limit(waveform: np.ndarray, sample_rate: int, ceiling_db: float) -> np.ndarray:
    """Hold the true peak of (n,) float32 at or below `ceiling_db` by a gain that moves smoothly, ahead of each peak.

    The gain is the lowest that any peak within the look-ahead asks for, averaged over the look-ahead (a Hann window),
    so that it has reached its lowest when the peak comes. Untouched where nothing is over the ceiling.
    """
    ceiling = 10 ** (ceiling_db / 20)
    if true_peak(waveform) <= ceiling_db:
        return waveform
    asked = np.concatenate([np.minimum(1.0, ceiling / np.maximum(rise, 1e-9)) for rise in _between(waveform)])
    reach = max(1, round(LOOK_AHEAD_SECONDS * sample_rate))
    window = np.hanning(2 * reach + 3)[1:-1]
    lowest = minimum_filter1d(np.pad(asked, reach, mode="edge"), 2 * reach + 1, mode="nearest")
    gain = 1 - fftconvolve(1 - lowest, window / window.sum(), mode="valid")
    result = (waveform * np.clip(gain, 0, 1)).astype(np.float32)
    over = true_peak(result) - ceiling_db  # a moving gain shifts the values between samples by a hair
    return result * np.float32(10 ** (-(over + 1e-3) / 20)) if over > 0 else result
