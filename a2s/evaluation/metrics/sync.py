"""AV-Sync: share of clips that a trained judge classifies as in sync (Action2Sound, section 4, "AV-Sync")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from a2s.evaluation.judges.sync import SyncJudge
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures, mean
from a2s.evaluation.worlds import Clip
from a2s.settings import AUDIO, VIDEO
from a2s.vision import motion_grid

VERSION = 1
LIBRARIES = ("numpy", "torch")


def measure(inputs: MetricInputs) -> Figures | None:
    """See `sync_share`; None without a sync judge."""
    judge = inputs.models.sync
    return sync_share(judge, inputs.clips, inputs.waveforms) if judge is not None else None


def sync_share(judge: SyncJudge, clips: Sequence[Clip], waves: np.ndarray) -> Figures:
    """Share of clips judged in sync (probability 0.5 or above), in [0, 1], with a 95 % interval over clips.

    waves: (n, 48000) at 16 kHz, one per clip. probability: the mean probability. either_half: the authors' variant,
    where a clip counts if one of its halves is in sync. It is higher, also for unrelated audio.
    """
    waves = np.ascontiguousarray(waves, np.float32)
    whole = judge.probabilities(_motions(clips), waves)
    half = AUDIO.window_samples // 2
    halves = [
        judge.probabilities(_motions(clips, part), np.ascontiguousarray(waves[:, part * half : (part + 1) * half]))
        for part in (0, 1)
    ]
    return mean(whole >= 0.5) | {
        "probability": round(float(whole.mean()), 4),
        "either_half": mean(np.maximum(*halves) >= 0.5),
    }


def _motions(clips: Sequence[Clip], half: int | None = None) -> np.ndarray:
    """(n, 48, 12, 12, 6), or (n, 24, 12, 12, 6) of the first or second half."""
    if half is None:
        return np.stack([motion_grid(clip.motion, clip.start) for clip in clips])
    seconds = VIDEO.window_seconds / 2
    spec = replace(VIDEO, window_seconds=seconds)
    return np.stack([motion_grid(clip.motion, clip.start + half * seconds, spec) for clip in clips])
