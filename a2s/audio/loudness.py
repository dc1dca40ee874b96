"""Bring a sound to a loudness target with its true peak below a ceiling (ITU-R BS.1770-4, EBU R 128)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pyloudnorm
from scipy.ndimage import minimum_filter1d
from scipy.signal import oaconvolve, resample_poly

from a2s.audio.levels import amplitude_db, db_to_amplitude

SILENCE_LUFS = -70.0
"""The absolute gate of BS.1770, below which a sound has no loudness. It stands for silence too."""

MAX_GAIN_DB = 40.0
"""Largest gain; more would only amplify noise."""

MAX_LIMITING_DB = 6.0
"""Largest reduction of a peak. A hit needs its attack, so beyond that the whole sound becomes quieter."""

LOOK_AHEAD_SECONDS = 0.008

PEAK_RATE = 192_000
"""Sample rate in Hz for true peaks: four times 48 kHz (BS.1770-4, annex 2). 64 kHz would miss up to 0.7 dB."""

BLOCK = 1 << 18
"""Samples that are oversampled at a time."""


@dataclass(frozen=True)
class Loudness:
    """Loudness of a normalised sound.

    lufs: integrated loudness, at least -70. true_peak_db: true peak in dBTP, at least -120. gain_db: the applied gain.
    """

    lufs: float
    true_peak_db: float
    gain_db: float


def normalise(
    waveform: np.ndarray, sample_rate: int, target_lufs: float | None, ceiling_db: float = -1.0
) -> tuple[np.ndarray, Loudness]:
    """Bring (n,) float32 to `target_lufs` and keep its true peak at or below `ceiling_db` (dBTP).

    A look-ahead limiter reduces peaks above the ceiling by at most 6 dB. A sound that needs more (a few sharp hits in
    silence) stays below the target and keeps its attacks. With None as the target only the ceiling applies. Silence
    stays silence. Returns ((n,) float32, its Loudness).
    """
    waveform = np.nan_to_num(np.asarray(waveform, np.float32))
    envelope, before = true_peak_envelope(waveform, sample_rate), integrated_lufs(waveform, sample_rate)
    highest = min(ceiling_db + MAX_LIMITING_DB - amplitude_db(envelope.max(initial=0)), MAX_GAIN_DB)
    target = None if before <= SILENCE_LUFS else target_lufs
    gain = min(0.0 if target is None else target - before, highest)
    for _ in range(4):
        result = limit_peaks(waveform, envelope, sample_rate, gain, ceiling_db)
        lufs = integrated_lufs(result, sample_rate)
        better = gain if target is None else min(gain + target - lufs, highest)  # limiting costs a little loudness
        if abs(better - gain) < 0.05:
            break
        gain = better
    return result, Loudness(lufs, true_peak(result, sample_rate), gain)


def integrated_lufs(waveform: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness of (n,) in LUFS, at least -70. A sound shorter than a gating block (0.4 s) is looped."""
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
    """True peak of (n,) in dBTP, at least -120: the maximum also between the samples (BS.1770-4, annex 2)."""
    return amplitude_db(true_peak_envelope(waveform, sample_rate).max(initial=0))


def true_peak_envelope(waveform: np.ndarray, sample_rate: int, margin: int = 64) -> np.ndarray:
    """(n,) float32: the largest magnitude at each sample of (n,) and between it and its neighbours.

    margin: samples around each block that its resampling filter needs.
    """
    times = max(1, -(-PEAK_RATE // sample_rate))
    envelope = np.zeros(len(waveform), np.float32)
    for first in range(0, len(waveform), BLOCK):  # in blocks, because an hour at 192 kHz takes much memory
        before = min(first, margin)
        piece = np.asarray(waveform[first - before : first + BLOCK + margin], np.float32)
        fine = np.abs(resample_poly(piece, times, 1)).reshape(-1, times)
        top = np.maximum(fine.max(axis=1), np.abs(piece))
        top[1:] = np.maximum(top[1:], fine[:-1].max(axis=1))
        envelope[first : first + BLOCK] = top[before : before + BLOCK]
    return envelope


def limit_peaks(
    waveform: np.ndarray, envelope: np.ndarray, sample_rate: int, gain_db: float, ceiling_db: float
) -> np.ndarray:
    """Apply `gain_db` to (n,) float32 and limit its true peak to `ceiling_db`, smoothly and ahead of each peak.

    envelope: its `true_peak_envelope`. The limiting gain is the lowest that a peak within the look-ahead needs,
    averaged over the look-ahead with a Hann window, so that it is at its minimum when the peak arrives.
    """
    louder = waveform * np.float32(db_to_amplitude(gain_db))
    ceiling = np.float32(db_to_amplitude(ceiling_db - gain_db))
    if envelope.max(initial=0) <= ceiling:
        return louder
    reach = max(1, round(LOOK_AHEAD_SECONDS * sample_rate))
    asked = np.pad(np.minimum(1, ceiling / np.maximum(envelope, 1e-9)), reach, mode="edge")
    window = np.hanning(2 * reach + 3)[1:-1].astype(np.float32)
    lowest = minimum_filter1d(asked, 2 * reach + 1, mode="nearest")
    gain = 1 - oaconvolve(1 - lowest, window / window.sum(), mode="valid")
    result = louder * np.clip(gain, 0, 1)
    over = true_peak(result, sample_rate) - ceiling_db  # a moving gain changes values between samples a little
    return result * np.float32(db_to_amplitude(-(over + 1e-3))) if over > 0 else result
