"""Share of clips whose audio has the true kind of ambience, by a trained judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2s.evaluation.judges.place import NAMES, PlaceJudge
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures, mean
from a2s.evaluation.worlds import Clip

VERSION = 1
LIBRARIES = ("numpy", "torch")


def measure(inputs: MetricInputs) -> Figures | None:
    """See `place_share`; None without a place judge."""
    judge = inputs.models.place
    return place_share(judge, inputs.clips, inputs.waveforms) if judge is not None else None


def place_share(judge: PlaceJudge, clips: Sequence[Clip], waves: np.ndarray) -> Figures:
    """Share of clips with the true kind of ambience, in [0, 1], with a 95 % interval. waves: (n, samples) at 16 kHz.

    random: the share if the same audio were assigned to the clips at random.
    """
    found, true = judge.classify(waves), np.array([NAMES.index(clip.ambience_kind) for clip in clips])
    right = found[:, None] == true
    return mean(right.diagonal()) | {"random": round(float(right.mean()), 4)}
