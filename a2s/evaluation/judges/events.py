"""The judge: hears what was done to what, in 0.6 s of sound around an event.

It is trained on true mixes of worlds that no generator was trained on, so that it can't share a generator's habits. It
never hears generated sound before it judges it.

    python -m a2s.evaluation.judges.events --data JUDGE_WORLDS --held-out OTHER_WORLDS -o JUDGE
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.evaluation.judges.train import command_line, train_judge_model
from a2s.models.blocks import ConvNeXtBlock, downsampling
from a2s.settings import ACTIONS, AUDIO, MATERIALS
from a2s.training.data import LongVideos
from a2s.training.trainer import Schedule

BEFORE, SECONDS = 0.05, 0.6
"""What is heard of an event: this many s from this long before it on."""

SAMPLES = round(SECONDS * AUDIO.sample_rate)


class Judge(ModelMixin, ConfigMixin):
    """mel (B, 128, 38) in [0, 1] -> logits of action (B, 8) and of material (B, 8)."""

    @register_to_config
    def __init__(self, channels: tuple[int, ...] = (1, 32, 64, 96), hidden: int = 192):
        super().__init__()
        rows = AUDIO.n_mels // 2 ** (len(channels) - 1)
        self.body = downsampling(tuple(channels))
        self.project = nn.Conv1d(channels[-1] * rows, hidden, 1)
        self.time = ConvNeXtBlock(hidden, 2 * hidden, 5)
        self.action = nn.Linear(3 * hidden, len(ACTIONS))
        self.material = nn.Linear(3 * hidden, len(MATERIALS))

    def slots(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, 128, 38) -> (B, hidden, 5), what it is told by."""
        return self.time(self.project(self.body(mel[:, None] * 2 - 1).flatten(1, 2)))

    def forward(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.slots(mel)
        # The first slots are the attack; mean and maximum tell how it goes on.
        pooled = torch.cat([x[..., :2].mean(-1), x.mean(-1), x.amax(-1)], 1)
        return self.action(pooled), self.material(pooled)

    @torch.inference_mode()
    def hear(self, waveform: np.ndarray, times: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
        """Classes heard at `times` (s) in (n,) at 16 kHz: indices into ACTIONS and MATERIALS, (len(times),) each."""
        cuts = [excerpt(waveform, time) for time in times]
        if not cuts:
            return np.zeros(0, int), np.zeros(0, int)
        action, material = self(mel_spectrogram(torch.from_numpy(np.stack(cuts))))
        return action.argmax(1).numpy(), material.argmax(1).numpy()

    @torch.inference_mode()
    def features(self, waveforms: np.ndarray) -> np.ndarray:
        """(n, samples) float32 at 16 kHz, 0.6 s or longer -> (n, F, hidden): what it hears, every 0.3 s."""
        cuts = torch.from_numpy(waveforms).clamp(-1, 1).unfold(-1, SAMPLES, SAMPLES // 2)
        return self.slots(mel_spectrogram(cuts.flatten(0, 1))).mean(-1).unflatten(0, cuts.shape[:2]).numpy()


def excerpt(waveform: np.ndarray, time: float) -> np.ndarray:
    """(9600,) float32: what is heard of an event at `time` s, silence beyond the ends."""
    first = round((time - BEFORE) * AUDIO.sample_rate)
    out = np.zeros(SAMPLES, np.float32)
    a, b = max(first, 0), min(first + SAMPLES, len(waveform))
    out[max(0, a - first) : max(0, b - first)] = waveform[a:b]
    return out.clip(-1, 1)


class EventSounds:
    """All events of a folder of rendered videos, to be drawn with their sound."""

    def __init__(self, videos: LongVideos):
        self.videos = videos
        self.rows = [(v, e) for v, events in enumerate(videos.events) for e in events]

    def __len__(self) -> int:
        return len(self.rows)

    def true(self, index: int) -> np.ndarray:
        """(9600,) the true mix of one event."""
        video, event = self.rows[index]
        return self.videos.clip(video, event.time - BEFORE, SECONDS).sum(0).clip(-1, 1)

    def varied(self, index: int, rng: np.random.Generator) -> np.ndarray:
        """(9600,) the event a little early or late, at another level, over more or less of any ambience."""
        video, event = self.rows[index]
        start = event.time - BEFORE + float(np.clip(0.015 * rng.standard_normal(), -0.04, 0.04))
        action, ambient = self.videos.clip(video, start, SECONDS)
        if rng.random() < 0.5:
            other = int(rng.integers(len(self.videos)))
            ambient = self.videos.clip(other, self.videos.random_start(other, rng), SECONDS)[1]
        mix = action + ambient * np.float32(10 ** (rng.uniform(-30, 3) / 20))
        hiss = rng.standard_normal(SAMPLES).astype(np.float32) * np.float32(10 ** (rng.uniform(-90, -50) / 20))
        return (mix * np.float32(10 ** (rng.uniform(-16, 6) / 20)) + hiss).clip(-1, 1)

    def classes(self, indices: Iterable[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Class indices of action and material, int64."""
        events = [self.rows[i][1] for i in indices]
        return class_indices(events)


def class_indices(events) -> tuple[torch.Tensor, torch.Tensor]:
    """Events -> (action, material) indices, int64."""
    return (
        torch.tensor([ACTIONS.index(e.action) for e in events], dtype=torch.long),
        torch.tensor([MATERIALS.index(e.material) for e in events], dtype=torch.long),
    )


def train_judge(
    data: str | Path,
    out: str | Path,
    held_out: str | Path | None = None,
    resume: bool = False,
    steps: int = 2500,
    batch: int = 48,
    seed: int = 0,
) -> dict:
    """Fit a judge to the events of `data`; writes a diffusers folder `out` and `out/report.json`, returned as well.

    data: worlds of a seed of their own, with no picture needed. held_out: other worlds, to examine the judge on.
    """
    torch.manual_seed(seed)
    out, sounds = Path(out), EventSounds(LongVideos(data))
    model = Judge()
    schedule = Schedule(steps, 2e-3, decay=0.5, weight_decay=0.05, ema=0.995, clip=2.0)

    def loss(step: int):
        rng = np.random.default_rng([seed, step])
        chosen = rng.integers(len(sounds), size=batch)
        waves = torch.from_numpy(np.stack([sounds.varied(i, rng) for i in chosen]))
        with torch.autocast("cpu", enabled=False):
            mel = mel_spectrogram(waves)
        told = [
            F.cross_entropy(x.float(), y, label_smoothing=0.05)
            for x, y in zip(model(mel), sounds.classes(chosen), strict=True)
        ]
        return sum(told), {"action": told[0].item(), "material": told[1].item()}

    examine = held_out and (lambda: examine_judge(model, LongVideos(held_out)))
    return train_judge_model(model, schedule, loss, out, resume, len(sounds), examine)


@torch.inference_mode()
def examine_judge(judge: Judge, videos: LongVideos, limit: int = 4000) -> dict:
    """Accuracy on the true mixes of at most `limit` events, beside the share of the most frequent class.

    confusion: rows are true classes, columns what was heard.
    """
    sounds = EventSounds(videos)
    chosen = np.unique(np.linspace(0, len(sounds) - 1, limit).round().astype(int))
    heard = [
        [x.argmax(1) for x in judge(mel_spectrogram(torch.from_numpy(np.stack([sounds.true(i) for i in part]))))]
        for part in np.array_split(chosen, max(1, len(chosen) // 200))
    ]
    found: dict = {"events": len(chosen), "videos": len(videos)}
    truth = sounds.classes(chosen)
    for k, (name, known) in enumerate((("action", ACTIONS), ("material", MATERIALS))):
        true = truth[k]
        said = torch.cat([part[k] for part in heard])
        confusion = torch.zeros(len(known), len(known), dtype=torch.long)
        confusion.index_put_((true, said), torch.ones_like(true), accumulate=True)
        found[name] = {
            "accuracy": (said == true).float().mean().item(),
            "majority": (true.bincount().max() / len(true)).item(),
            "classes": list(known),
            "confusion": confusion.tolist(),
        }
    return found


if __name__ == "__main__":
    command_line(train_judge, "actions and materials", "rendered worlds of a seed of their own", 2500)
