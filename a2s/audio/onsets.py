"""Onset detection: the times at which a sound begins.

The constants are fixed. They were chosen on true mixes of the foley world, not tuned to generated sound.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d
from scipy.signal import get_window

SAMPLE_RATE = 16_000

HOP = 160
"""Samples from one frame to the next: 10 ms."""

N_FFT, BANDS, LOWEST, HIGHEST = 1024, 64, 60.0, 7_800.0

STEP = 2
"""Frames over which a rise is measured: 20 ms, about the blur of an attack by the analysis window."""

FLOOR_DB = -85.0
"""Level in dB below which a band is silent."""

LOCAL_SECONDS, LOCAL = 1.0, 2.0
"""An onset exceeds LOCAL times the median strength of LOCAL_SECONDS around it, which fluctuating ambience raises."""

RISE_DB, RELATIVE = 1.8, 0.22
"""It exceeds it by RISE_DB (mean over bands) and by RELATIVE times the largest such excess of the clip."""

APART_SECONDS = 0.08
"""Shortest time between two onsets; of closer ones the strongest stays."""

GATE_DB = -42.0
"""Least level within 60 ms of an onset, relative to the loudest 10 ms of the clip."""

MIRRORED = 0.2
"""Seconds of the clip that are mirrored before its start, so that a hit at the start counts and the start does not."""


@lru_cache(maxsize=1)
def _basis() -> np.ndarray:
    from librosa.filters import mel  # its import takes seconds

    basis = mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=BANDS, fmin=LOWEST, fmax=HIGHEST, norm=None)
    return (basis / np.maximum(basis.sum(1, keepdims=True), 1e-9)).astype(np.float32)


def band_levels(waveform: np.ndarray) -> np.ndarray:
    """(n,) float in [-1, 1] at 16 kHz -> (1 + n // 160, 64) dB re a full-scale sine, none below FLOOR_DB."""
    padded = np.pad(np.asarray(waveform, np.float32), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    window = get_window("hann", N_FFT).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window)) ** 2 * np.float32(4 / window.sum() ** 2)
    return 10 * np.log10(np.maximum(power @ _basis().T, 10 ** (FLOOR_DB / 10)))


def onset_strength(waveform: np.ndarray) -> np.ndarray:
    """(n,) float in [-1, 1] at 16 kHz -> (1 + n // 160,) dB: mean over 64 mel bands of how far each rises within 20 ms.

    A band rises above its neighbours' past as well, so that a wandering tone is no onset (Boeck and Widmer, "Maximum
    filter vibrato suppression for onset detection", DAFx 2013).
    """
    level = band_levels(waveform)
    before = maximum_filter1d(level, 3, axis=1)[:-STEP]
    return np.concatenate([np.zeros(STEP), np.maximum(0, level[STEP:] - before).mean(1)])


def detect_onsets(waveform: np.ndarray, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Onset times in s, ascending, float64. waveform: (n,) float in [-1, 1], mono. Gain matters only near silence."""
    wave = np.nan_to_num(np.asarray(waveform, np.float32))
    if sample_rate != SAMPLE_RATE:
        from librosa import resample  # its import takes seconds, and most sound is at 16 kHz

        wave = resample(wave, orig_sr=sample_rate, target_sr=SAMPLE_RATE)
    if len(wave) < N_FFT or np.abs(wave).max() < 1e-4:
        return np.zeros(0)
    front = min(round(MIRRORED * SAMPLE_RATE), len(wave) - 1) // HOP * HOP
    wave = np.concatenate([wave[1 : front + 1][::-1], wave])
    strength = onset_strength(wave)
    local = median_filter(strength, round(LOCAL_SECONDS * SAMPLE_RATE / HOP) | 1, mode="reflect")
    height = strength - LOCAL * local
    threshold = max(RISE_DB, RELATIVE * float(height.max()))
    peaks = np.flatnonzero((height >= threshold) & (strength == maximum_filter1d(strength, 7)))
    peaks = _apart(peaks[_loud_enough(wave, peaks)], strength)
    times = (peaks * HOP - front) / SAMPLE_RATE
    return times[times >= 0]


def _loud_enough(wave: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """(P,) bool: which peaks (frames) pass the gate."""
    power = uniform_filter1d(wave.astype(np.float64) ** 2, HOP)
    gate = power.max() * 10 ** (GATE_DB / 10)
    ahead = round(0.06 * SAMPLE_RATE)
    return np.array([power[max(0, p * HOP - HOP) : p * HOP + ahead].max() >= gate for p in peaks], bool)


def _apart(peaks: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Peaks at least APART_SECONDS apart, ascending; of closer ones the strongest stays."""
    frames = APART_SECONDS * SAMPLE_RATE / HOP
    chosen: list[int] = []
    for peak in sorted(peaks, key=lambda p: -strength[p]):
        if all(abs(peak - other) >= frames for other in chosen):
            chosen.append(peak)
    return np.sort(np.array(chosen, int))
