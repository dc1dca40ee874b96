"""A tiny rendered data set with synthetic motion, and pipelines that follow their conditions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from a2s.datasets.foley_world.world import read_plan, render_video
from a2s.settings import AUDIO
from a2s.vision import Motion
from tests.fakes import FakePipeline


def render_worlds(folder: Path, count: int, seconds: float = 12.0, first_seed: int = 500) -> Path:
    """Render `count` videos whose motion is a block that stops at each true event."""
    for k in range(count):
        video = folder / f"{k:06d}"
        render_video(first_seed + k, video, seconds, picture=False)
        times = np.arange(0, seconds, 1 / 24)
        velocity = np.zeros((len(times), 9, 16, 2), np.float32)
        for event in read_plan(video).events:
            velocity[(times <= event.time) & (times > event.time - 0.15), 3:6, 5:9, 1] = 2 * event.strength
        rng = np.random.default_rng(k)
        velocity += rng.normal(0, 0.002, velocity.shape).astype(np.float32)
        keyframes = rng.integers(0, 255, (3, 64, 64, 3)).astype(np.uint8)
        Motion(times, velocity, np.array([0.0, 4.0, 8.0]), keyframes, seconds).save(video / "motion.npz")
    return folder


class WorldPipeline(FakePipeline):
    """The fake pipeline with an identity VAE."""

    def __init__(self) -> None:
        super().__init__()
        self.vae = SimpleNamespace(encode=lambda mel: mel, decode=lambda latent: latent)

    def set_progress_bar_config(self, **_) -> None:
        pass


class FollowingPipeline(WorldPipeline):
    """Vocodes to noise with the level of the brightest mel band, so its audio follows cues and ambience."""

    def vocode(self, mel: torch.Tensor) -> torch.Tensor:
        samples = mel.shape[-1] * AUDIO.hop_length
        noise = torch.randn((len(mel), samples), generator=torch.Generator().manual_seed(1))
        loudness = (10 ** (5 * mel.amax(1) - 4)).repeat_interleave(AUDIO.hop_length, 1)
        return noise * loudness * 0.05
