"""Loudness to a target, true peak below a ceiling (ITU-R BS.1770-4, EBU R 128)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pyloudnorm
from scipy.ndimage import minimum_filter1d
from scipy.signal import oaconvolve, resample_poly

SILENCE_LUFS = -70.0
"""BS.1770's absolute gate: what is quieter has no loudness. Said of silence too: figures stay finite."""
SILENCE_PEAK_DB = -120.0
MAX_GAIN_DB = 40.0
"""More than that would only lift noise."""
MAX_LIMITING_DB = 6.0
"""How far peaks may be turned down. A hit lives by its attack; beyond that the whole sound is made quieter."""
LOOK_AHEAD_SECONDS = 0.008
PEAK_RATE = 192_000
"""BS.1770-4, annex 2, asks for four times 48 kHz. Four times 16 kHz would miss peaks by up to 0.7 dB."""
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
    rise, before = envelope(waveform, sample_rate), integrated(waveform, sample_rate)
    highest = min(ceiling_db + MAX_LIMITING_DB - _decibels(rise), MAX_GAIN_DB)
    keep = target_lufs is None or before <= SILENCE_LUFS
    gain = min(0.0 if keep else target_lufs - before, highest)
    for _ in range(4):
        result = limited(waveform, rise, sample_rate, gain, ceiling_db)
        lufs = integrated(result, sample_rate)
        better = gain if keep else min(gain + target_lufs - lufs, highest)  # limiting takes a little loudness away
        if abs(better - gain) < 0.05:
            break
        gain = better
    return result, Loudness(lufs, true_peak(result, sample_rate), gain)


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


def true_peak(waveform: np.ndarray, sample_rate: int) -> float:
    """Largest value of (n,) between the samples too, in dBTP (BS.1770-4, annex 2), at least -120."""
    return _decibels(envelope(waveform, sample_rate))


def _decibels(rise: np.ndarray) -> float:
    return max(20 * float(np.log10(max(rise.max(initial=0), 1e-9))), SILENCE_PEAK_DB)


def envelope(waveform: np.ndarray, sample_rate: int, margin: int = 64) -> np.ndarray:
    """(n,) float32: the largest magnitude at each sample of (n,) and on the way to its neighbours."""
    times = max(1, -(-PEAK_RATE // sample_rate))
    rise = np.zeros(len(waveform), np.float32)
    for first in range(0, len(waveform), BLOCK):  # block by block: an hour at 192 kHz is a lot of memory
        before = min(first, margin)
        piece = np.asarray(waveform[first - before : first + BLOCK + margin], np.float32)
        fine = np.abs(resample_poly(piece, times, 1)).reshape(-1, times)
        top = np.maximum(fine.max(axis=1), np.abs(piece))
        top[1:] = np.maximum(top[1:], fine[:-1].max(axis=1))
        rise[first : first + BLOCK] = top[before : before + BLOCK]
    return rise


def limited(waveform: np.ndarray, rise: np.ndarray, sample_rate: int, gain_db: float, ceiling_db: float) -> np.ndarray:
    """Add `gain_db` to (n,) float32 and hold its true peak by a further gain that moves smoothly, ahead of each peak.

    rise: its `envelope`. The further gain is the lowest that any peak within the look-ahead asks for, averaged over the
    look-ahead (a Hann window), so that it has reached its lowest when the peak comes.
    """
    louder = waveform * np.float32(10 ** (gain_db / 20))
    ceiling = np.float32(10 ** ((ceiling_db - gain_db) / 20))
    if rise.max(initial=0) <= ceiling:
        return louder
    reach = max(1, round(LOOK_AHEAD_SECONDS * sample_rate))
    asked = np.pad(np.minimum(1, ceiling / np.maximum(rise, 1e-9)), reach, mode="edge")
    window = np.hanning(2 * reach + 3)[1:-1].astype(np.float32)
    lowest = minimum_filter1d(asked, 2 * reach + 1, mode="nearest")
    gain = 1 - oaconvolve(1 - lowest, window / window.sum(), mode="valid")
    result = louder * np.clip(gain, 0, 1)
    over = true_peak(result, sample_rate) - ceiling_db  # a moving gain shifts the values between samples by a hair
    return result * np.float32(10 ** (-(over + 1e-3) / 20)) if over > 0 else result
