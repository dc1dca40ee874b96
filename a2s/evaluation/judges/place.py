"""The place judge: the kind of ambience of 3 s of audio.

It learns from true audio of worlds that no generator was trained on, behind any actions and at any level.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.datasets.foley_world.ambience import KINDS
from a2s.evaluation.judges.train import JudgeModel, JudgeTraining, train_judge_model
from a2s.evaluation.statistics import Figures
from a2s.models.place import PlaceAudioTower
from a2s.training.data import LongVideos
from a2s.training.objectives.place import sound_of_place
from a2s.training.trainer import Schedule

STEPS, BATCH = 1500, 48

NAMES = tuple(KINDS)
"""The kinds of ambience, in the order of the logits."""


class PlaceJudge(JudgeModel):
    """mel (B, 128, T) in [0, 1] -> logits (B, K) of the kinds of ambience `NAMES`."""

    OLD_NAMES: ClassVar[dict[str, str]] = {"ear": "tower"}

    @register_to_config
    def __init__(self, embedding: int = 64):
        super().__init__()
        self.tower = PlaceAudioTower(embedding)
        self.kind = nn.Linear(embedding, len(NAMES))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        return self.kind(8 * self.tower(mel))

    @torch.inference_mode()
    def classify(self, waves: np.ndarray) -> np.ndarray:
        """(n, samples) float32 at 16 kHz -> (n,) indices into NAMES."""
        parts = torch.from_numpy(waves).clamp(-1, 1).split(32)
        return np.concatenate([self(mel_spectrogram(part)).argmax(1).numpy() for part in parts])


def train_place_judge(training: JudgeTraining, model: PlaceJudge | None = None) -> Figures:
    """Train on the ambiences of `training.data`, which needs no pictures. model: of another size than the default."""
    torch.manual_seed(training.seed)
    videos, model = LongVideos(training.data), model or PlaceJudge()
    schedule = Schedule(training.steps or STEPS, 2e-3, decay=0.5, weight_decay=0.05, ema=0.995, clip=2.0)
    batch = training.batch or BATCH

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng([training.seed, step])
        chosen = rng.integers(len(videos), size=batch)
        waves = np.stack([sound_of_place(videos, int(video), rng) for video in chosen])
        with torch.autocast("cpu", enabled=False):
            mel = mel_spectrogram(torch.from_numpy(waves))
        total = F.cross_entropy(model(mel).float(), _true_kinds(videos, chosen), label_smoothing=0.05)
        return total, {"kind": total.item()}

    def evaluate() -> Figures:
        return evaluate_place_judge(model, LongVideos(str(training.held_out)))

    return train_judge_model(model, schedule, loss, training, len(videos), evaluate)


def evaluate_place_judge(judge: PlaceJudge, videos: LongVideos, each: int = 5) -> Figures:
    """Accuracy on `each` true windows of every video, and the share of the most frequent kind.

    confusion: rows are true kinds, columns predicted ones.
    """
    chosen = np.repeat(np.arange(len(videos)), each)
    rng = np.random.default_rng(11)
    waves = np.stack([videos.clip(v, videos.random_start(v, rng)).sum(0).clip(-1, 1) for v in chosen.tolist()])
    found, true = judge.classify(waves), _true_kinds(videos, chosen).numpy()
    confusion = np.zeros((len(NAMES), len(NAMES)), int)
    np.add.at(confusion, (true, found), 1)
    return {
        "windows": len(chosen),
        "accuracy": float((found == true).mean()),
        "majority": float(confusion.sum(1).max() / len(chosen)),
        "kinds": list(NAMES),
        "confusion": confusion.tolist(),
    }


def _true_kinds(videos: LongVideos, chosen: np.ndarray) -> torch.Tensor:
    return torch.tensor([NAMES.index(videos.plans[video].ambience) for video in chosen])
