"""When is something heard? Onsets of a sound, how well they meet the true ones, and what chance would reach.

The settings below are fixed: chosen on true mixes of the foley world, never tuned to what a model makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d
from scipy.signal import get_window

SAMPLE_RATE = 16_000

HOP = 160
"""Samples from one frame to the next: 10 ms."""

N_FFT, BANDS, LOWEST, HIGHEST = 1024, 64, 60.0, 7_800.0

STEP = 2
"""Frames over which a rise is taken: 20 ms, about what the analysis window blurs an attack to."""

FLOOR_DB = -85.0
"""Below this level a band is silent: what moves there is not heard."""

LOCAL_SECONDS, LOCAL = 1.0, 2.0
"""An onset rises above LOCAL times the median strength of the second around it: flickering ambience raises the bar."""

RISE_DB, RELATIVE = 1.8, 0.22
"""It rises so by this many dB (mean over bands) and by this part of the clip's highest rise."""

APART_SECONDS = 0.08
"""Of onsets that are closer the strongest stays."""

GATE_DB = -42.0
"""The 60 ms from an onset on reach this level relative to the loudest 10 ms of the clip."""

ONSET_TOLERANCE = 0.1
"""Largest distance in seconds between a found onset and the true one that it matches."""

ONSET_TOLERANCES = (0.05, ONSET_TOLERANCE, 0.15)
"""Tolerances that a report lists side by side."""

MIRRORED = 0.2
"""Seconds of the clip mirrored in front, so that a hit at its very start counts and the start itself does not."""


@dataclass(frozen=True)
class Score:
    """Counts of one comparison; the ratios follow. `+` pools two clips."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def precision(self) -> float:
        return self.tp / max(1, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return self.tp / max(1, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); 0 where nothing was found and nothing was there."""
        return 2 * self.tp / max(1, 2 * self.tp + self.fp + self.fn)

    def __add__(self, other: Score) -> Score:
        return Score(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    def to_dict(self) -> dict:
        """Counts and ratios."""
        return asdict(self) | {name: round(getattr(self, name), 4) for name in ("precision", "recall", "f1")}


@dataclass(frozen=True)
class Chance:
    """What a soundtrack that ignores the picture would score.

    mean, sd: of F1 over shifts; z: how many sd f1 lies above the mean.
    """

    f1: float
    mean: float
    sd: float
    z: float


@dataclass(frozen=True)
class Comparison:
    """One clip: found and true onsets (s) within [0, duration). optional: moments that may be found or missed alike."""

    found: Sequence[float]
    true: Sequence[float]
    duration: float
    optional: Sequence[float] = ()


@lru_cache(maxsize=1)
def _basis() -> np.ndarray:
    from librosa.filters import mel

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
    """Onset times in s, ascending. waveform: (n,) float in [-1, 1], mono. Overall gain matters only near silence."""
    wave = np.nan_to_num(np.asarray(waveform, np.float32))
    if sample_rate != SAMPLE_RATE:
        from librosa import resample

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
    kept = _apart(peaks[_loud_enough(wave, peaks)], strength)
    times = (kept * HOP - front) / SAMPLE_RATE
    return times[times >= 0]


def _loud_enough(wave: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    power = uniform_filter1d(wave.astype(np.float64) ** 2, HOP)
    gate = power.max() * 10 ** (GATE_DB / 10)
    ahead = round(0.06 * SAMPLE_RATE)
    return np.array([power[max(0, p * HOP - HOP) : p * HOP + ahead].max() >= gate for p in peaks], bool)


def _apart(peaks: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """The strongest of what is closer than APART_SECONDS, ascending."""
    frames, kept = APART_SECONDS * SAMPLE_RATE / HOP, []
    for peak in sorted(peaks, key=lambda p: -strength[p]):
        if all(abs(peak - other) >= frames for other in kept):
            kept.append(peak)
    return np.sort(np.array(kept, int))


def match(found: Sequence[float], true: Sequence[float], tolerance: float = ONSET_TOLERANCE) -> list[tuple[int, int]]:
    """Largest one-to-one matching of times at most `tolerance` s apart: pairs of indices into the sorted lists.

    With equal windows on a line, taking the earliest pair that fits is optimal.
    """
    found, true = np.sort(found), np.sort(true)
    i = j = 0
    pairs = []
    while i < len(found) and j < len(true):
        apart = found[i] - true[j]
        if abs(apart) <= tolerance + 1e-9:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif apart < 0:
            i += 1
        else:
            j += 1
    return pairs


def onset_f1(
    found: Sequence[float], true: Sequence[float], tolerance: float = ONSET_TOLERANCE, optional: Sequence[float] = ()
) -> Score:
    """Precision, recall and F1 of found onsets (s). One near an `optional` onset is neither right nor wrong."""
    found, optional = np.sort(found), np.asarray(optional, float)
    pairs = match(found, true, tolerance)
    left = np.delete(found, [i for i, _ in pairs])
    if len(optional) and len(left):
        left = left[np.abs(left[:, None] - optional).min(1) > tolerance + 1e-9]
    return Score(len(pairs), len(left), len(true) - len(pairs))


def _shifted(clip: Comparison, tolerance: float, shifts: int) -> list[Score]:
    """Scores with the truth shifted circularly by even steps, none smaller than 0.25 s."""
    steps = np.linspace(0.25, max(0.25, clip.duration - 0.25), shifts)
    true, optional = np.asarray(clip.true, float), np.asarray(clip.optional, float)
    return [onset_f1(clip.found, (true + s) % clip.duration, tolerance, (optional + s) % clip.duration) for s in steps]


def chance_f1(
    found: Sequence[float],
    true: Sequence[float],
    duration: float,
    tolerance: float = ONSET_TOLERANCE,
    optional: Sequence[float] = (),
    shifts: int = 200,
) -> Chance:
    """F1 of one clip beside its chance level: the truth shifted round by even steps in [0.25, duration - 0.25] s."""
    clip = Comparison(found, true, duration, optional)
    values = [score.f1 for score in _shifted(clip, tolerance, shifts)]
    return _chance(onset_f1(found, true, tolerance, optional).f1, values, 0.02)


def pooled_f1(clips: Sequence[Comparison], tolerance: float = ONSET_TOLERANCE) -> Score:
    """One score over all clips: their counts are summed, so a busy clip weighs more than a quiet one."""
    return sum((onset_f1(c.found, c.true, tolerance, c.optional) for c in clips), Score())


def pooled_chance(
    clips: Sequence[Comparison], tolerance: float = ONSET_TOLERANCE, shifts: int = 60, draws: int = 200
) -> Chance:
    """Chance of `pooled_f1`: every clip is shifted by a step of its own, drawn `draws` times (seed 0)."""
    rng = np.random.default_rng(0)
    counts = np.array([[(s.tp, s.fp, s.fn) for s in _shifted(clip, tolerance, shifts)] for clip in clips])
    values = []
    for _ in range(draws if len(clips) else 0):
        total = counts[np.arange(len(clips)), rng.integers(shifts, size=len(clips))].sum(0)
        values.append(Score(*map(int, total)).f1)
    return _chance(pooled_f1(clips, tolerance).f1, values, 0.005)


def _chance(f1: float, values: list[float], least_sd: float) -> Chance:
    mean, sd = (float(np.mean(values)), float(np.std(values))) if values else (0.0, 0.0)
    return Chance(f1, mean, sd, (f1 - mean) / max(sd, least_sd))
