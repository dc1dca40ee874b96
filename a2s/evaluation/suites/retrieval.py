"""Does a picture find its sound, and a place its ambience, among unseen worlds?"""

from __future__ import annotations

import numpy as np

from a2s.evaluation.clips import UnseenWorlds
from a2s.evaluation.statistics import mean

RANKS = (1, 5, 10)


def recall(scores: np.ndarray, ranks: tuple[int, ...] = RANKS) -> dict:
    """scores (n, n), rows queries, own candidate on the diagonal -> share of queries whose own is among the first k.

    Of equal scores, the own one counts as the last: a model that says the same of everything finds nothing.
    """
    n = len(scores)
    place = (scores >= np.diag(scores)[:, None]).sum(1)
    return {f"recall_at_{k}": mean(place <= k) | {"random": round(min(1.0, k / n), 4)} for k in ranks}


def kind_precision(scores: np.ndarray, kinds: list[str], k: int = 5) -> dict:
    """Share of the first k candidates (own video left out) whose ambience is of the query's kind, beside random."""
    kinds_array, n = np.array(kinds), len(kinds)
    others = np.where(np.eye(n, dtype=bool), -np.inf, scores)
    first = np.argsort(-others, axis=1, kind="stable")[:, : min(k, n - 1)]
    same = (kinds_array[first] == kinds_array[:, None]).mean(1)
    random = [(np.sum(kinds_array == kind) - 1) / max(1, n - 1) for kind in kinds]
    return mean(same) | {"random": round(float(np.mean(random)), 4)}


def examine_retrieval(pipe, worlds: UnseenWorlds) -> dict:
    """Whole videos against whole soundtracks (recall), and against other videos' ambiences alone (kind precision)."""
    videos = worlds.videos
    if len(videos) < 2:
        return {"videos": len(videos)}
    looks = np.stack([pipe.embed_video(motion) for motion in worlds.motions])
    stems = [np.asarray(s, np.float32) / 32768 for s in videos.stems]
    mixes = np.stack([pipe.embed_audio(s.sum(0).clip(-1, 1)) for s in stems])
    places = np.stack([pipe.embed_audio(s[1]) for s in stems])
    kinds = [plan.ambience for plan in videos.plans]
    return {
        "videos": len(videos),
        **recall(looks @ mixes.T),
        "kind_in_top_5": kind_precision(looks @ places.T, kinds),
        "kind_in_top_5_by_sound": kind_precision(mixes @ places.T, kinds),
    }
