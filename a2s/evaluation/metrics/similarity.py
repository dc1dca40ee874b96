"""AV-Sim: whether generated audio belongs to the picture (Action2Sound, section 4, "AV-Sim").

Mean cosine of the embeddings of picture and audio. A cosine alone has no scale, so mismatched pairs are compared too.
The space is that of the evaluated model's own AV-Sim, which favours models conditioned on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures, mean

VERSION = 1
LIBRARIES = ("numpy", "torch")


def measure(inputs: MetricInputs) -> Figures:
    """See `matched_similarity`. Clips of the same video are no mismatch."""
    videos = [clip.video for clip in inputs.clips]
    return matched_similarity(inputs.video_embeddings, inputs.embedded("av-sim"), videos)


def matched_similarity(queries: np.ndarray, sounds: np.ndarray, groups: Sequence | None = None) -> Figures:
    """Cosines of matching rows and of mismatched rows of two (n, E) arrays of unit vectors.

    value: mean over clips, in [-1, 1], with a 95 % interval. chance: mean cosine of mismatched pairs. above_chance:
    mean excess of a clip's own audio over the mean of the others. wins: share of mismatched audio that is less similar
    than the clip's own, 0.5 by chance. groups: one per row; pairs within a group are no mismatch.
    """
    cosines = queries @ sounds.T
    own = np.diag(cosines)
    names = np.arange(len(own)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    mismatched = names[:, None] != names[None]
    comparable = mismatched.any(1)
    if not comparable.any():
        return mean(own) | {"chance": None, "above_chance": mean([]), "wins": mean([])}
    cosines, mismatched = cosines[comparable], mismatched[comparable]
    others = [row[mask] for row, mask in zip(cosines, mismatched, strict=True)]
    wins = [float(np.mean((o > row) + 0.5 * (o == row))) for o, row in zip(own[comparable], others, strict=True)]
    return mean(own) | {
        "chance": round(float(cosines[mismatched].mean()), 4),
        "above_chance": mean([o - row.mean() for o, row in zip(own[comparable], others, strict=True)]),
        "wins": mean(wins),
    }
