"""The batches of the AV-LDM training: a window, its neighbour as ambient condition, and a corrupted cue track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from a2s.cues import Cue, detect_cues
from a2s.cues.cue_roll import draw_cue_roll
from a2s.settings import AUDIO, VIDEO
from a2s.training.data import LongVideos
from a2s.training.latents import CLIPS_PER_VIDEO
from a2s.vision import Motion

VIDEO_DROPPED = 0.2
"""Probability that a row has no video tokens (Action2Sound, section 3.3)."""

CUES_DROPPED, CUES_DROPPED_WITHOUT_VIDEO = 0.15, 0.3
OTHER_VIDEO = 0.2
"""Probability that the video tokens belong to another clip: the cues of a creator override the picture."""

NO_ACTION = 0.06
"""Probability of a row without cues whose target is the ambience alone."""

DETECTED_CUES = 0.12
"""Probability that the cues are those that the detector finds, not the true ones."""

AMBIENCE_ALONE = 0.2
"""Probability that the neighbour is a clip without any action."""

Row = dict[str, np.ndarray | np.float32]


@dataclass(frozen=True)
class EncodedVideos:
    """A data set whose videos are encoded.

    latents: per video, the arrays of `a2s.training.latents.encode_video`. tokens: per video, those of the windows at
    the same starts, (16, 48, D) float16; None for a data set without pictures. detected: per video, the cues that
    the detector finds; None likewise.
    """

    videos: LongVideos
    latents: list[dict[str, np.ndarray]]
    tokens: list[np.ndarray] | None = None
    detected: list[list[Cue]] | None = None


def detected_cues(folder: Path) -> list[Cue]:
    """The cues that the detector finds in a rendered video: times and strengths, without names."""
    return list(detect_cues(Motion.load(Path(folder) / "motion.npz")).cues)


def corrupted(cues: Sequence[Cue], rng: np.random.Generator) -> list[Cue]:
    """A cue track with the errors of a detector or a creator.

    Times are off (standard deviation up to 25 ms); some cues, names and lengths are missing.
    """
    jitter = rng.choice([0.0, 0.01, 0.025])
    named = rng.random()
    lengths = rng.random() < 0.7
    found = []
    for cue in cues:
        if rng.random() < 0.03:
            continue
        found.append(
            replace(
                cue,
                time=max(0.0, cue.time + jitter * rng.standard_normal()),
                strength=float(np.clip(cue.strength * np.exp(0.15 * rng.standard_normal()), 0.02, 1)),
                action=cue.action if named < 0.85 else None,
                material=cue.material if named < 0.8 or named > 0.93 else None,
                duration=cue.duration if lengths else 0.0,
            )
        )
    return found


class Batches:
    """Draws rows from one or more encoded data sets, each with the same probability.

    token_dim: dimensions of a video token. cues: False for a model without cues; its video tokens then always belong to
    its sound.
    """

    def __init__(self, sets: Sequence[EncodedVideos], token_dim: int, cues: bool = True) -> None:
        self.sets, self.token_dim, self.cues = sets, token_dim, cues

    def draw(self, rng: np.random.Generator, size: int, clean: bool = False) -> dict[str, torch.Tensor]:
        """Rows of a batch by name, all float32.

        latent, ambient (B, C, 16, 24), cues (B, 20, 192), video (B, 48, D), sketch (B, 32, 96), keep_video, keep_cues
        (B,). clean: true cues, and no condition dropped, for evaluation.
        """
        rows = [self._row(rng, clean) for _ in range(size)]
        return {name: torch.from_numpy(np.stack([row[name] for row in rows])).float() for name in rows[0]}

    def _row(self, rng: np.random.Generator, clean: bool) -> Row:
        encoded = self.sets[int(rng.integers(len(self.sets)))]
        video = int(rng.integers(len(encoded.videos)))
        arrays, clip = encoded.latents[video], int(rng.integers(CLIPS_PER_VIDEO))
        start, tokens = float(arrays["starts"][clip]), encoded.tokens
        cues = [Cue(e.time, e.strength, e.action, e.material, 1.0, e.duration) for e in encoded.videos.events[video]]
        shown = np.zeros((VIDEO.tokens, self.token_dim), np.float16)
        keep_video = float(tokens is not None and (clean or rng.random() >= VIDEO_DROPPED))
        dropped = CUES_DROPPED if keep_video else CUES_DROPPED_WITHOUT_VIDEO
        keep_cues = float(self.cues and (clean or rng.random() >= dropped))
        if tokens is not None:
            shown = tokens[video][clip]
            if keep_cues and not clean and rng.random() < OTHER_VIDEO:
                shown = tokens[int(rng.integers(len(tokens)))][int(rng.integers(CLIPS_PER_VIDEO))]
            if self.cues and not clean and rng.random() < NO_ACTION:
                return row_without_action(arrays, shown, start, rng)
        if encoded.detected is not None and rng.random() < DETECTED_CUES and not clean:
            cues = encoded.detected[video]
        return {
            "latent": arrays["latents"][clip],
            "ambient": neighbour_latent(arrays, start, rng, clean),
            "cues": draw_cue_roll(cues if clean else corrupted(cues, rng), start, AUDIO),
            "video": shown,
            "sketch": arrays["sketches"][clip],
            "keep_video": np.float32(keep_video),
            "keep_cues": np.float32(keep_cues),
        }


def row_without_action(arrays: dict[str, np.ndarray], video: np.ndarray, start: float, rng: np.random.Generator) -> Row:
    """A row with an empty cue roll: whatever the video tokens show, the target is the ambience alone."""
    return {
        "latent": arrays["ambient"][rng.integers(len(arrays["ambient"]))],
        "ambient": neighbour_latent(arrays, start, rng, clean=False),
        "cues": draw_cue_roll([], start, AUDIO),
        "video": video,
        "sketch": np.zeros_like(arrays["sketches"][0]),
        "keep_video": np.float32(1),
        "keep_cues": np.float32(1),
    }


def neighbour_latent(arrays: dict[str, np.ndarray], start: float, rng: np.random.Generator, clean: bool) -> np.ndarray:
    """Another clip of the same long video without overlap.

    In one of five cases, unless `clean`, it is a clip of the ambience alone.
    """
    apart = np.flatnonzero(np.abs(arrays["starts"] - start) >= AUDIO.window_seconds)
    if not len(apart) or (not clean and rng.random() < AMBIENCE_ALONE):
        return arrays["ambient"][rng.integers(len(arrays["ambient"]))]
    return arrays["latents"][rng.choice(apart)]
