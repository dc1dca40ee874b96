"""The event judge: action and material of an event, from 0.6 s of audio around it.

It is trained on true mixes of worlds that no generator was trained on, so it shares no habit with a generator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.audio.levels import db_to_amplitude
from a2s.audio.mel import mel_spectrogram
from a2s.datasets.foley_world.plan import Event
from a2s.evaluation.judges.train import JudgeModel, JudgeTraining, train_judge_model
from a2s.evaluation.statistics import Figures
from a2s.models.blocks import ConvNeXtBlock, downsampling
from a2s.settings import ACTIONS, AUDIO, MATERIALS
from a2s.training.data import LongVideos
from a2s.training.trainer import Schedule

STEPS, BATCH = 2500, 48

BEFORE, SECONDS = 0.05, 0.6
"""The excerpt around an event, in s: where it starts before the event, and its length."""

SAMPLES = round(SECONDS * AUDIO.sample_rate)


class EventJudge(JudgeModel):
    """mel (B, 128, 38) in [0, 1] -> logits of the action (B, 8) and of the material (B, 8)."""

    @register_to_config
    def __init__(self, channels: tuple[int, ...] = (1, 32, 64, 96), hidden: int = 192):
        super().__init__()
        bands = AUDIO.n_mels // 2 ** (len(channels) - 1)
        self.body = downsampling(tuple(channels))
        self.project = nn.Conv1d(channels[-1] * bands, hidden, 1)
        self.time = ConvNeXtBlock(hidden, 2 * hidden, 5)
        self.action = nn.Linear(3 * hidden, len(ACTIONS))
        self.material = nn.Linear(3 * hidden, len(MATERIALS))

    def hidden_features(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, 128, 38) -> (B, hidden, 5), in five time slots."""
        return self.time(self.project(self.body(mel[:, None] * 2 - 1).flatten(1, 2)))

    def forward(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.hidden_features(mel)
        # The first two slots hold the attack; mean and maximum describe the decay.
        pooled = torch.cat([x[..., :2].mean(-1), x.mean(-1), x.amax(-1)], 1)
        return self.action(pooled), self.material(pooled)

    @torch.inference_mode()
    def classify(self, waveform: np.ndarray, times: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
        """Classes at `times` (s) in (n,) float at 16 kHz: indices into ACTIONS and MATERIALS, (len(times),) each."""
        excerpts = [excerpt(waveform, time) for time in times]
        if not excerpts:
            return np.zeros(0, int), np.zeros(0, int)
        action, material = self(mel_spectrogram(torch.from_numpy(np.stack(excerpts))))
        return action.argmax(1).numpy(), material.argmax(1).numpy()

    @torch.inference_mode()
    def features(self, waveforms: np.ndarray) -> np.ndarray:
        """(n, samples) float32 at 16 kHz, at least 0.6 s -> (n, F, hidden): hidden features every 0.3 s."""
        windows = torch.from_numpy(waveforms).clamp(-1, 1).unfold(-1, SAMPLES, SAMPLES // 2)
        features = self.hidden_features(mel_spectrogram(windows.flatten(0, 1))).mean(-1)
        return features.unflatten(0, windows.shape[:2]).numpy()


def excerpt(waveform: np.ndarray, time: float) -> np.ndarray:
    """(9600,) float32 around an event at `time` s, zeros beyond the ends of the waveform."""
    first = round((time - BEFORE) * AUDIO.sample_rate)
    out = np.zeros(SAMPLES, np.float32)
    a, b = max(first, 0), min(first + SAMPLES, len(waveform))
    out[max(0, a - first) : max(0, b - first)] = waveform[a:b]
    return out.clip(-1, 1)


class EventSounds:
    """All events of a folder of rendered videos, with their audio."""

    def __init__(self, videos: LongVideos):
        self.videos = videos
        self.events = [(video, event) for video, events in enumerate(videos.events) for event in events]

    def __len__(self) -> int:
        return len(self.events)

    def true_mix(self, index: int) -> np.ndarray:
        """(9600,) float32: the true mix of one event."""
        video, event = self.events[index]
        return self.videos.clip(video, event.time - BEFORE, SECONDS).sum(0).clip(-1, 1)

    def augmented(self, index: int, rng: np.random.Generator) -> np.ndarray:
        """(9600,) float32: the event with a jitter in time, at a random level, over a random ambience."""
        video, event = self.events[index]
        start = event.time - BEFORE + float(np.clip(0.015 * rng.standard_normal(), -0.04, 0.04))
        action, ambient = self.videos.clip(video, start, SECONDS)
        if rng.random() < 0.5:
            other = int(rng.integers(len(self.videos)))
            ambient = self.videos.clip(other, self.videos.random_start(other, rng), SECONDS)[1]
        mix = action + ambient * np.float32(db_to_amplitude(rng.uniform(-30, 3)))
        noise = rng.standard_normal(SAMPLES).astype(np.float32) * np.float32(db_to_amplitude(rng.uniform(-90, -50)))
        return (mix * np.float32(db_to_amplitude(rng.uniform(-16, 6))) + noise).clip(-1, 1)

    def classes(self, indices: Iterable[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Class indices of action and material, int64."""
        return class_indices([self.events[i][1] for i in indices])


def class_indices(events: Sequence[Event]) -> tuple[torch.Tensor, torch.Tensor]:
    """Events -> (action, material) indices, int64."""
    return (
        torch.tensor([ACTIONS.index(event.action) for event in events], dtype=torch.long),
        torch.tensor([MATERIALS.index(event.material) for event in events], dtype=torch.long),
    )


def train_events_judge(training: JudgeTraining, model: EventJudge | None = None) -> Figures:
    """Train on the events of `training.data`, which needs no pictures. model: of another size than the default."""
    torch.manual_seed(training.seed)
    sounds, model = EventSounds(LongVideos(training.data)), model or EventJudge()
    schedule = Schedule(training.steps or STEPS, 2e-3, decay=0.5, weight_decay=0.05, ema=0.995, clip=2.0)
    batch = training.batch or BATCH

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng([training.seed, step])
        chosen = rng.integers(len(sounds), size=batch)
        waves = torch.from_numpy(np.stack([sounds.augmented(i, rng) for i in chosen]))
        with torch.autocast("cpu", enabled=False):
            mel = mel_spectrogram(waves)
        action, material = (
            F.cross_entropy(logits.float(), true, label_smoothing=0.05)
            for logits, true in zip(model(mel), sounds.classes(chosen), strict=True)
        )
        return action + material, {"action": action.item(), "material": material.item()}

    def evaluate() -> Figures:
        return evaluate_events_judge(model, LongVideos(str(training.held_out)))

    return train_judge_model(model, schedule, loss, training, len(sounds), evaluate)


@torch.inference_mode()
def evaluate_events_judge(judge: EventJudge, videos: LongVideos, limit: int = 4000) -> Figures:
    """Accuracy on the true mixes of at most `limit` events, and the share of the most frequent class.

    confusion: rows are true classes, columns predicted ones.
    """
    sounds = EventSounds(videos)
    chosen = np.unique(np.linspace(0, len(sounds) - 1, limit).round().astype(int))
    predicted = [
        [x.argmax(1) for x in judge(mel_spectrogram(torch.from_numpy(np.stack([sounds.true_mix(i) for i in part]))))]
        for part in np.array_split(chosen, max(1, len(chosen) // 200))
    ]
    figures: Figures = {"events": len(chosen), "videos": len(videos)}
    truth = sounds.classes(chosen)
    for k, (name, known) in enumerate((("action", ACTIONS), ("material", MATERIALS))):
        true = truth[k]
        found = torch.cat([part[k] for part in predicted])
        confusion = torch.zeros(len(known), len(known), dtype=torch.long)
        confusion.index_put_((true, found), torch.ones_like(true), accumulate=True)
        figures[name] = {
            "accuracy": (found == true).float().mean().item(),
            "majority": (true.bincount().max() / len(true)).item(),
            "classes": list(known),
            "confusion": confusion.tolist(),
        }
    return figures
