"""Onset precision, recall and F1 of generated audio against the true events, with the chance level.

Onsets are detected by `a2s.audio.onsets`. Chance: the true onsets of each clip shifted circularly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2s.audio.onset_scores import ONSET_TOLERANCE, ONSET_TOLERANCES, onset_f1
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures, onset_figures
from a2s.evaluation.worlds import Clip

VERSION = 1
LIBRARIES = ("numpy", "scipy", "librosa", "mir_eval")


def measure(inputs: MetricInputs) -> Figures:
    """See `onset_scores`; also f1_per_clip at 100 ms."""
    pairs = zip(inputs.onsets, inputs.clips, strict=True)
    return onset_scores(inputs.clips, inputs.onsets) | {
        "f1_per_clip": [round(onset_f1(found, clip.onsets, ONSET_TOLERANCE).f1, 4) for found, clip in pairs]
    }


def onset_scores(clips: Sequence[Clip], found: Sequence[np.ndarray]) -> Figures:
    """`onset_figures` at three tolerances: "50ms", "100ms", "150ms", of all events.

    found: onsets (s) of each clip. "100ms_audible": inaudible events and texture count neither way, see
    `Clip.comparison`.
    """
    strict = [clip.comparison(times) for clip, times in zip(clips, found, strict=True)]
    audible = [clip.comparison(times, audible_only=True) for clip, times in zip(clips, found, strict=True)]
    figures: Figures = {f"{round(1000 * t)}ms": onset_figures(strict, t) for t in ONSET_TOLERANCES}
    return figures | {"100ms_audible": onset_figures(audible)}
