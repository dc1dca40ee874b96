"""Statistics with their uncertainty: ratios over clips, rank correlation, levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from a2s.audio.onset_scores import ONSET_TOLERANCE, Comparison, onset_f1, pooled_chance, pooled_f1

Figures: TypeAlias = dict[str, Any]
"""Results by name, ready for JSON: numbers, text, None, and lists and dicts of them. Hence `Any`.

An estimate is {"value", "interval", "n"}: the value, its 95 % interval [low, high], and the number of samples. `value`
and `interval` are None where there is no sample.
"""


def ratio(parts: Sequence[float] | np.ndarray, wholes: Sequence[float] | np.ndarray, draws: int = 1000) -> Figures:
    """sum(parts) / sum(wholes) with a 95 % percentile bootstrap interval over clips (seed 0).

    parts, wholes: one number per clip. Accuracy is correct answers over answers; F1 is 2 TP over 2 TP + FP + FN.
    """
    parts, wholes = np.asarray(parts, float), np.asarray(wholes, float)
    if not len(parts) or not wholes.sum():
        return {"value": None, "interval": None, "n": 0}
    chosen = np.random.default_rng(0).integers(len(parts), size=(draws, len(parts)))
    values = parts[chosen].sum(1) / np.maximum(wholes[chosen].sum(1), 1e-9)
    low, high = np.percentile(values, [2.5, 97.5])
    return {
        "value": round(float(parts.sum() / wholes.sum()), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
        "n": int(wholes.sum()),
    }


def mean(values: Sequence[float] | np.ndarray) -> Figures:
    """Mean over clips with a 95 % bootstrap interval."""
    return ratio(values, np.ones(len(values)))


def onset_figures(clips: Sequence[Comparison], tolerance: float = ONSET_TOLERANCE) -> Figures:
    """Precision, recall and F1 pooled over clips, and the chance level by circular shifts.

    tolerance: s. interval: 95 % of F1, over clips. z: standard deviations of F1 above chance.
    """
    scores = [onset_f1(clip.found, clip.true, tolerance, clip.optional) for clip in clips]
    chance = pooled_chance(clips, tolerance)
    pooled = pooled_f1(clips, tolerance)
    f1 = ratio([2 * s.tp for s in scores], [2 * s.tp + s.fp + s.fn for s in scores])
    return {
        "f1": round(pooled.f1, 4),
        "interval": f1["interval"],
        "precision": round(pooled.precision, 4),
        "recall": round(pooled.recall, 4),
        "chance": round(chance.mean, 4),
        "chance_sd": round(chance.sd, 4),
        "z": round(chance.z, 1),
        "true_onsets": pooled.tp + pooled.fn,
        "clips": len(clips),
    }


def spearman(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray) -> float | None:
    """Rank correlation in [-1, 1]; None where one side is constant or there are fewer than three points."""
    from scipy.stats import spearmanr

    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return round(float(spearmanr(a, b).statistic), 4)
