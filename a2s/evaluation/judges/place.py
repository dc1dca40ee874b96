"""Is it the right place that is heard? A trained judge names the kind of ambience of a 3 s sound.

It learns from true sound of worlds that no generator was trained on, behind any actions and at any level.

    python -m a2s.evaluation.judges.place --data WORLDS --held-out OTHER_WORLDS -o PLACE [--resume]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.datasets.foley_world.ambience import KINDS
from a2s.evaluation.clips import Clip
from a2s.evaluation.judges.train import command_line, train_judge_model
from a2s.evaluation.statistics import mean
from a2s.models.place import PlaceAudioTower
from a2s.training.data import LongVideos
from a2s.training.objectives.place import sound_of_place
from a2s.training.trainer import Schedule

NAMES = tuple(KINDS)


class PlaceJudge(ModelMixin, ConfigMixin):
    """mel (B, 128, T) in [0, 1] -> logits (B, K) of the kinds of ambience `NAMES`."""

    @register_to_config
    def __init__(self, embedding: int = 64):
        super().__init__()
        self.ear = PlaceAudioTower(embedding)
        self.kind = nn.Linear(embedding, len(NAMES))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        return self.kind(8 * self.ear(mel))

    @torch.inference_mode()
    def hear(self, waves: np.ndarray) -> np.ndarray:
        """(n, samples) float32 at 16 kHz -> (n,) indices into NAMES."""
        parts = torch.from_numpy(waves).clamp(-1, 1).split(32)
        return np.concatenate([self(mel_spectrogram(part)).argmax(1).numpy() for part in parts])


def place_share(judge: PlaceJudge, clips: Sequence[Clip], waves: np.ndarray) -> dict:
    """Share of clips in whose sound the true kind of ambience is heard, with a 95 % interval.

    random: if the same sounds were dealt out to the clips anew.
    """
    heard, true = judge.hear(waves), np.array([NAMES.index(clip.kind) for clip in clips])
    right = heard[:, None] == true
    return mean(right.diagonal()) | {"random": round(float(right.mean()), 4)}


def train_place_judge(
    data: str | Path,
    out: str | Path,
    held_out: str | Path | None = None,
    resume: bool = False,
    steps: int = 1500,
    batch: int = 48,
    seed: int = 0,
) -> dict:
    """Fit a judge to the places of `data`, sound alone; writes a diffusers folder and `report.json`, returned as well.

    held_out: other worlds, to examine the judge on.
    """
    torch.manual_seed(seed)
    out, videos = Path(out), LongVideos(data)
    model = PlaceJudge()
    schedule = Schedule(steps, 2e-3, decay=0.5, weight_decay=0.05, ema=0.995, clip=2.0)

    def loss(step: int):
        rng = np.random.default_rng([seed, step])
        chosen = rng.integers(len(videos), size=batch)
        waves = np.stack([sound_of_place(videos, int(video), rng) for video in chosen])
        with torch.autocast("cpu", enabled=False):
            mel = mel_spectrogram(torch.from_numpy(waves))
        told = F.cross_entropy(model(mel).float(), _true(videos, chosen), label_smoothing=0.05)
        return told, {"kind": told.item()}

    examine = held_out and (lambda: examine_place_judge(model, LongVideos(held_out)))
    return train_judge_model(model, schedule, loss, out, resume, len(videos), examine)


def examine_place_judge(judge: PlaceJudge, videos: LongVideos, each: int = 5) -> dict:
    """Accuracy on `each` true windows of every video, beside the commonest kind's share; rows of confusion are true."""
    chosen = np.repeat(np.arange(len(videos)), each)
    rng = np.random.default_rng(11)
    waves = np.stack([videos.clip(v, videos.random_start(v, rng)).sum(0).clip(-1, 1) for v in chosen])
    heard, true = judge.hear(waves), _true(videos, chosen).numpy()
    confusion = np.zeros((len(NAMES), len(NAMES)), int)
    np.add.at(confusion, (true, heard), 1)
    return {
        "windows": len(chosen),
        "accuracy": float((heard == true).mean()),
        "majority": float(confusion.sum(1).max() / len(chosen)),
        "kinds": list(NAMES),
        "confusion": confusion.tolist(),
    }


def _true(videos: LongVideos, chosen: np.ndarray) -> torch.Tensor:
    return torch.tensor([NAMES.index(videos.plans[video].ambience) for video in chosen])


if __name__ == "__main__":
    command_line(train_place_judge, "places", "rendered worlds of a seed of their own", 1500)
