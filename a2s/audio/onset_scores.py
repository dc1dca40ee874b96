"""Scores of found onsets against true ones: precision, recall, F1, and the level that chance reaches.

Onsets are matched by mir_eval (Raffel et al., "mir_eval: a transparent implementation of common MIR metrics",
ISMIR 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np
from mir_eval.util import match_events

Times: TypeAlias = Sequence[float] | np.ndarray
"""Times in s, (n,)."""

ONSET_TOLERANCE = 0.1
"""Largest distance in seconds between a found onset and the true one that it matches."""

ONSET_TOLERANCES = (0.05, ONSET_TOLERANCE, 0.15)
"""Tolerances that a report lists side by side."""

ROUNDING = 1e-9
"""Seconds added to a tolerance, so that the rounding of a float does not decide."""


@dataclass(frozen=True)
class Score:
    """Counts of one comparison; the ratios follow. `+` pools two clips."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def precision(self) -> float:
        """TP / (TP + FP); 0 where nothing was found."""
        return self.tp / max(1, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """TP / (TP + FN); 0 where there is nothing to find."""
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
    """F1 beside its chance level: the score of a soundtrack that ignores the picture.

    mean, sd: of F1 over shifts of the truth. z: (f1 - mean) / sd.
    """

    f1: float
    mean: float
    sd: float
    z: float


@dataclass(frozen=True)
class Comparison:
    """One clip: found and true onsets (s) within [0, duration). optional: times that may be found or missed (s)."""

    found: Times
    true: Times
    duration: float
    optional: Times = ()


def match_onsets(found: Times, true: Times, tolerance: float = ONSET_TOLERANCE) -> list[tuple[int, int]]:
    """Largest one-to-one matching of times at most `tolerance` s apart.

    Returns pairs of indices into the sorted lists, (found, true), ascending.
    """
    if not len(found) or not len(true):
        return []
    pairs = match_events(np.sort(true), np.sort(found), tolerance + ROUNDING)
    return sorted((int(i), int(j)) for j, i in pairs)


def onset_f1(found: Times, true: Times, tolerance: float = ONSET_TOLERANCE, optional: Times = ()) -> Score:
    """Precision, recall and F1 of found onsets (s). A found onset near an `optional` one is neither right nor wrong."""
    times, free = np.sort(found), np.asarray(optional, float)
    pairs = match_onsets(found, true, tolerance)
    left = np.delete(times, [i for i, _ in pairs])
    if len(free) and len(left):
        left = left[np.abs(left[:, None] - free).min(1) > tolerance + ROUNDING]
    return Score(len(pairs), len(left), len(true) - len(pairs))


def _shifted(clip: Comparison, tolerance: float, shifts: int) -> list[Score]:
    """Scores with the truth shifted circularly by `shifts` even steps in [0.25, duration - 0.25] s."""
    steps = np.linspace(0.25, max(0.25, clip.duration - 0.25), shifts)
    true, optional = np.asarray(clip.true, float), np.asarray(clip.optional, float)
    return [onset_f1(clip.found, (true + s) % clip.duration, tolerance, (optional + s) % clip.duration) for s in steps]


def chance_f1(
    found: Times,
    true: Times,
    duration: float,
    tolerance: float = ONSET_TOLERANCE,
    optional: Times = (),
    shifts: int = 200,
) -> Chance:
    """F1 of one clip and its chance level, for the truth shifted circularly in [0.25, duration - 0.25] s."""
    clip = Comparison(found, true, duration, optional)
    values = [score.f1 for score in _shifted(clip, tolerance, shifts)]
    return _chance(onset_f1(found, true, tolerance, optional).f1, values, 0.02)


def pooled_f1(clips: Sequence[Comparison], tolerance: float = ONSET_TOLERANCE) -> Score:
    """One score over all clips: their counts are summed, so a busy clip weighs more than a quiet one."""
    return sum((onset_f1(c.found, c.true, tolerance, c.optional) for c in clips), Score())


def pooled_chance(
    clips: Sequence[Comparison], tolerance: float = ONSET_TOLERANCE, shifts: int = 60, draws: int = 200
) -> Chance:
    """Chance level of `pooled_f1`: each clip is shifted by its own step, drawn `draws` times (seed 0)."""
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
