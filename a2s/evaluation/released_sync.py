"""The released AV-Sync metric: whether the soundtrack of a video is in sync with its picture.

Action2Sound, section 4, as its authors compute it (`a2s.models.official.sync`). `a2s.evaluation.metrics.sync` is a2s's
own metric, which uses whole windows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from a2s.ambient.embedder import window_starts
from a2s.errors import UnreadableAudio
from a2s.settings import AUDIO
from a2s.vision.frames import frame_indices
from a2s.vision.video import Video

if TYPE_CHECKING:
    from a2s.models.official.sync import OfficialSync

IMAGES = 32
"""Images of a window, 16 for each half."""


@dataclass(frozen=True)
class SyncScore:
    """value: share of windows in sync, 0 to 1. probability: mean over all half windows. windows: of 3 s each."""

    value: float
    probability: float
    windows: int


def score_soundtrack(classifier: OfficialSync, video: str | os.PathLike | Video) -> SyncScore:
    """Score a video's own soundtrack. A window is in sync if one of its halves has a probability of at least 0.5.

    Raises UnreadableVideo, UnreadableAudio for a video without sound, TooLarge.
    """
    from a2s.media import Film

    video = Video.of(video)
    sound = video.soundtrack(AUDIO.sample_rate)
    if sound is None:
        raise UnreadableAudio(f"{video} has no soundtrack to score.")
    film, duration = Film(video.path), video.info.duration
    size = classifier.av_sim.video_model.config.img_size
    halves = []
    for start in window_starts(0.0, duration):
        frames = film.pictures(frame_indices(film.times, duration, start, IMAGES), size)
        first = round(start * AUDIO.sample_rate)
        wave = sound[first : first + AUDIO.window_samples].astype(np.float32)
        wave = np.pad(wave, (0, AUDIO.window_samples - len(wave)))
        halves.append(classifier.probabilities(torch.from_numpy(frames), wave))
    found = np.stack(halves)
    return SyncScore(float((found >= 0.5).any(1).mean()), float(found.mean()), len(found))
