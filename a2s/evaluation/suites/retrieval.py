"""Retrieval among the test worlds: audio by pictures, and ambience by pictures or by audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from a2s.evaluation.statistics import Figures, mean
from a2s.evaluation.worlds import HeldOutWorlds

if TYPE_CHECKING:
    from a2s.pipelines import AVLDMPipeline

VERSION = 1
LIBRARIES = ("numpy", "torch")

RANKS = (1, 5, 10)


def evaluate_retrieval(pipe: AVLDMPipeline, worlds: HeldOutWorlds) -> Figures:
    """Whole videos against whole soundtracks (`recall`) and against other videos' ambiences (`kind_precision`)."""
    videos = worlds.videos
    if len(videos) < 2:
        return {"videos": len(videos)}
    pictures = np.stack([pipe.embed_video(motion) for motion in worlds.motions])
    stems = [np.asarray(s, np.float32) / 32768 for s in videos.stems]
    mixes = np.stack([pipe.embed_audio(s.sum(0).clip(-1, 1)) for s in stems])
    ambiences = np.stack([pipe.embed_audio(s[1]) for s in stems])
    kinds = [plan.ambience for plan in videos.plans]
    return {
        "videos": len(videos),
        **recall(pictures @ mixes.T),
        "kind_in_top_5": kind_precision(pictures @ ambiences.T, kinds),
        "kind_in_top_5_by_audio": kind_precision(mixes @ ambiences.T, kinds),
    }


def recall(scores: np.ndarray, ranks: tuple[int, ...] = RANKS) -> Figures:
    """recall_at_k: share of queries whose own candidate is among the first k, in [0, 1], and the share at random.

    scores: (n, n), one row per query, own candidate on the diagonal. Among equal scores the own candidate ranks last,
    so constant scores find nothing.
    """
    n = len(scores)
    rank = (scores >= np.diag(scores)[:, None]).sum(1)
    return {f"recall_at_{k}": mean(rank <= k) | {"random": round(min(1.0, k / n), 4)} for k in ranks}


def kind_precision(scores: np.ndarray, kinds: list[str], k: int = 5) -> Figures:
    """Share of the first k candidates with the query's kind of ambience, without the own video; and at random."""
    kind_of, n = np.array(kinds), len(kinds)
    others = np.where(np.eye(n, dtype=bool), -np.inf, scores)
    first = np.argsort(-others, axis=1, kind="stable")[:, : min(k, n - 1)]
    same = (kind_of[first] == kind_of[:, None]).mean(1)
    random = [(np.sum(kind_of == kind) - 1) / max(1, n - 1) for kind in kinds]
    return mean(same) | {"random": round(float(np.mean(random)), 4)}
