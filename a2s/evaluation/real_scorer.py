"""The fixed scorer of real clips: onset detection on a soundtrack, F1 against annotated onsets, and the chance level.

Its settings are frozen, so that figures of different systems and versions compare; they are never tuned to a system.
Hence it has its own matching: mir_eval finds as many pairs, but which onsets remain unmatched may differ.

    audio       mono mean of the channels, 22 050 Hz, cut or zero-padded to the duration of the clip
    strength    librosa.onset.onset_strength, n_fft 1024, hop 220 (9.98 ms), 80 mel bands up to 10 kHz: mean positive dB
                step over the bands. The first 0.2 s is mirrored in front, so that an early onset counts and the start
                of the file does not
    peaks       librosa.util.peak_pick, maximum over 30 ms, mean over 100 ms, delta = max(1.6 dB, 0.16 x the largest
                strength), wait 60 ms
    gate        the 60 ms after a peak reach -40 dB of the loudest 10 ms, and -70 dBFS
    merging     of peaks closer than 80 ms the strongest remains
    matching    the largest one-to-one matching within the tolerance, in order of time. An unmatched onset within the
                tolerance of an optional one counts neither way
    chance      onsets shifted circularly by 200 even steps in [0.25, duration - 0.25] s;
                z = (F1 - mean) / max(sd, 0.02)
    corpus      mean F1 over clips, against 200 such means with a random shift for each clip (seed 0)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from a2s.audio.onset_scores import Score
from a2s.evaluation.statistics import Figures
from a2s.media import read_audio

VERSION = 1
LIBRARIES = ("numpy", "librosa", "av")

SAMPLE_RATE, HOP = 22_050, 220
MIRRORED = 0.2
"""Seconds mirrored in front of the waveform."""

DELTA_DB, RELATIVE_DELTA, GATE_DB, FLOOR_DB = 1.6, 0.16, -40.0, -70.0
TOLERANCES = (0.1, 0.15)
SHIFTS = 200
LAG_STEPS = np.arange(-0.5, 0.501, 0.02)
EPSILON = 1e-9


@dataclass(frozen=True)
class ToleranceScore:
    """Scores at one tolerance. p: share of shifts with the same F1 or a higher one. shifted: F1 of every shift."""

    precision: float
    recall: float
    f1: float
    chance: float
    chance_sd: float
    z: float
    p: float
    shifted: np.ndarray

    def to_dict(self) -> Figures:
        """All but the single shifts."""
        return {name: value for name, value in vars(self).items() if name != "shifted"}


@dataclass(frozen=True)
class ClipScore:
    """Scores of one clip by tolerance in s.

    lag_ms: median of detected minus true times of the pairs within 150 ms, None without a pair. best_lag_ms: constant
    lag within 0.5 s with the best F1 at 100 ms, and best_lag_f1, that F1.
    """

    true_onsets: int
    found_onsets: int
    tolerances: dict[float, ToleranceScore]
    lag_ms: float | None
    best_lag_ms: int | None
    best_lag_f1: float

    def to_dict(self) -> Figures:
        """The scores at 100 ms, and the lags."""
        lags = {name: getattr(self, name) for name in ("lag_ms", "best_lag_ms", "best_lag_f1")}
        return self.tolerances[0.1].to_dict() | lags


def read_soundtrack(path: str | os.PathLike, duration: float, align_to_picture: bool = False) -> np.ndarray:
    """(n,) float32 at 22 050 Hz, exactly `duration` s long.

    align_to_picture: for a video, sample 0 is the time of the first frame. Raises UnreadableAudio, TooLarge, and with
    align_to_picture UnreadableVideo.
    """
    samples = round(duration * SAMPLE_RATE)
    waveform = read_audio(path, SAMPLE_RATE, align_to_picture=align_to_picture)[:samples]
    return np.pad(waveform, (0, samples - len(waveform)))


def detect_soundtrack_onsets(waveform: np.ndarray) -> np.ndarray:
    """Onset times in s, ascending. waveform: (n,) float32 at 22 050 Hz."""
    from librosa.onset import onset_strength  # librosa takes seconds to import
    from librosa.util import peak_pick

    if len(waveform) == 0 or np.max(np.abs(waveform)) < 1e-4:
        return np.zeros(0)
    front = min(int(MIRRORED * SAMPLE_RATE), len(waveform) - 1)
    wave = np.concatenate([waveform[1 : front + 1][::-1], waveform])
    strength = onset_strength(y=wave, sr=SAMPLE_RATE, hop_length=HOP, n_fft=1024, n_mels=80, fmax=10_000)

    def frames(seconds: float) -> int:
        return max(1, round(seconds * SAMPLE_RATE / HOP))

    peaks = peak_pick(
        strength,
        pre_max=frames(0.03),
        post_max=frames(0.03) + 1,
        pre_avg=frames(0.1),
        post_avg=frames(0.1) + 1,
        delta=max(DELTA_DB, RELATIVE_DELTA * float(strength.max())),
        wait=frames(0.06),
    )
    selected: list[int] = []
    for peak in sorted(_loud_enough(wave, peaks), key=lambda k: -strength[k]):
        if all(abs(peak - other) * HOP / SAMPLE_RATE >= 0.08 for other in selected):
            selected.append(peak)
    times = np.sort(np.array(selected, float)) * HOP / SAMPLE_RATE - front / SAMPLE_RATE
    return times[times >= 0.005]


def _loud_enough(wave: np.ndarray, peaks: np.ndarray) -> list[int]:
    """The peaks above the gate."""
    window = int(0.01 * SAMPLE_RATE)
    power = np.convolve(wave.astype(np.float64) ** 2, np.ones(window) / window, "same")
    rms = np.sqrt(power + 1e-20)
    loudest = 20 * np.log10(rms.max())
    loud = []
    for peak in peaks:
        i = int(peak * HOP)
        level = 20 * np.log10(rms[max(0, i - window) : i + int(0.06 * SAMPLE_RATE)].max())
        if level >= loudest + GATE_DB and level >= FLOOR_DB:
            loud.append(int(peak))
    return loud


def score_onsets(
    found: Sequence[float] | np.ndarray,
    true: Sequence[float] | np.ndarray,
    optional: Sequence[float] | np.ndarray,
    duration: float,
) -> ClipScore:
    """Score detected onsets against annotated ones, all in s.

    optional: onsets that are audible in the true soundtrack with a cause that is not visible. They count neither way.
    """
    found, true, optional = (np.sort(np.asarray(times, float)) for times in (found, true, optional))
    pairs = match_in_order(found, true, 0.15)
    lagged = np.array([_score(found - lag, true, optional, 0.1).f1 for lag in LAG_STEPS])
    best = LAG_STEPS[lagged >= lagged.max() - EPSILON]
    return ClipScore(
        true_onsets=len(true),
        found_onsets=len(found),
        tolerances={t: _score_at(t, found, true, optional, duration) for t in TOLERANCES},
        lag_ms=round(1000 * float(np.median([found[i] - true[j] for i, j in pairs])), 1) if pairs else None,
        best_lag_ms=round(float(np.median(best)) * 1000) if lagged.max() else None,
        best_lag_f1=round(float(lagged.max()), 3),
    )


def match_in_order(found: np.ndarray, true: np.ndarray, tolerance: float) -> list[tuple[int, int]]:
    """Pairs of indices (found, true) at most `tolerance` s apart, as many as possible, in order of time.

    Both arrays ascend. The earliest possible pairs are optimal, because the tolerance is the same for all.
    """
    i = j = 0
    pairs = []
    while i < len(found) and j < len(true):
        difference = found[i] - true[j]
        if abs(difference) <= tolerance + EPSILON:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif difference < 0:
            i += 1
        else:
            j += 1
    return pairs


def _score(found: np.ndarray, true: np.ndarray, optional: np.ndarray, tolerance: float) -> Score:
    """Counts of one comparison. found, true: ascending."""
    pairs = match_in_order(found, true, tolerance)
    unmatched = np.delete(found, [i for i, _ in pairs])
    if len(optional) and len(unmatched):
        unmatched = unmatched[np.abs(unmatched[:, None] - optional).min(1) > tolerance + EPSILON]
    return Score(len(pairs), len(unmatched), len(true) - len(pairs))


def _score_at(
    tolerance: float, found: np.ndarray, true: np.ndarray, optional: np.ndarray, duration: float
) -> ToleranceScore:
    score = _score(found, true, optional, tolerance)
    steps = np.linspace(0.25, duration - 0.25, SHIFTS)
    shifted = np.array(
        [_score(found, np.sort((true + s) % duration), (optional + s) % duration, tolerance).f1 for s in steps]
    )
    chance, sd = float(shifted.mean()), float(shifted.std())
    return ToleranceScore(
        precision=round(score.precision, 3),
        recall=round(score.recall, 3),
        f1=round(score.f1, 3),
        chance=round(chance, 3),
        chance_sd=round(sd, 3),
        z=round((score.f1 - chance) / max(sd, 0.02), 2),
        p=_share_at_least(shifted, score.f1),
        shifted=shifted,
    )


def score_corpus(scores: Sequence[ClipScore], tolerance: float = 0.1) -> Figures:
    """Mean F1 over clips, with chance (mean), chance_sd, z and p over 200 draws."""
    rng = np.random.default_rng(0)
    each = [score.tolerances[tolerance] for score in scores]
    f1 = float(np.mean([score.f1 for score in each]))
    shifted = np.stack([score.shifted for score in each])
    draws = np.array([np.mean([row[rng.integers(SHIFTS)] for row in shifted]) for _ in range(SHIFTS)])
    chance, sd = float(draws.mean()), float(draws.std())
    return {
        "clips": len(scores),
        "f1": round(f1, 3),
        "chance": round(chance, 3),
        "chance_sd": round(sd, 3),
        "z": round((f1 - chance) / max(sd, 0.005), 1),
        "p": _share_at_least(draws, f1),
    }


def _share_at_least(draws: np.ndarray, f1: float) -> float:
    """Share of draws with this F1 or a higher one, with one added to both counts."""
    return round((1 + int((draws >= f1 - EPSILON).sum())) / (len(draws) + 1), 4)
