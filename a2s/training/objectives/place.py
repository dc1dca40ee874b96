"""Train the place towers of AV-Sim and nothing else of it: the tokens that the generator uses stay the same.

This needs no motion, so its videos may have one frame per second (`a2s world render --fps 1`). Thousands of places then
cost what hundreds cost with a full rendering.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import PositiveInt
from torch import nn

from a2s.audio.levels import db_to_amplitude
from a2s.audio.mel import mel_spectrogram
from a2s.models.av_sim import AVSim, info_nce
from a2s.models.video_encoder import model_inputs
from a2s.settings import VIDEO
from a2s.training.config import TrainingConfig
from a2s.training.data import LongVideos, held_out_folder
from a2s.training.objectives.av_sim import Clips
from a2s.training.trainer import Schedule, Trainer


class PlaceConfig(TrainingConfig):
    """init: folder of the trained AV-Sim that receives the towers. embedding: dimensions of the space of places."""

    steps: PositiveInt = 2500
    batch: PositiveInt = 64
    evaluation_clips: PositiveInt = 256
    init: Path
    learning_rate: float = 2e-3
    embedding: int = 64


class Places(Clips):
    """Draws rows of a video's keyframes and of the sound of its place at another moment."""

    def draw_places(self, rng: np.random.Generator, size: int, augment: bool = True) -> dict[str, torch.Tensor]:
        """keyframes (B, 4, 64, 64, 3) in [0, 1]; sound (B, 48000); kind (B,): index of the kind of ambience."""
        chosen = rng.choice(len(self.videos), size, replace=size > len(self.videos))
        keyframes, sounds, kinds = [], [], []
        for video in chosen:
            frames = self.motions[video].keyframes
            four = frames[np.sort(rng.integers(0, len(frames), VIDEO.keyframes))]
            keyframes.append(reframed(four, rng) if augment else four)
            sounds.append(sound_of_place(self.videos, int(video), rng, augment))
            kinds.append(self.kinds.index(self.videos.plans[video].ambience))
        normalised = model_inputs(np.zeros((size, 1, 1, 1, 1)), np.stack(keyframes))[1]
        return {"keyframes": normalised, "sound": torch.from_numpy(np.stack(sounds)), "kind": torch.tensor(kinds)}

    @property
    def kinds(self) -> list[str]:
        """Every kind of ambience in the data set."""
        return sorted({plan.ambience for plan in self.videos.plans})


def sound_of_place(videos: LongVideos, video: int, rng: np.random.Generator, augment: bool = True) -> np.ndarray:
    """(48000,) float32: a random moment of a place, in three of ten cases the ambience alone, else with actions.

    augment: at another level, and in half of the other cases with the actions of another video, which are unrelated.
    """
    action, ambience = videos.clip(video, videos.random_start(video, rng))
    if rng.random() < 0.3:
        action = 0 * action
    elif augment and rng.random() < 0.5:
        other = int(rng.integers(len(videos)))
        action = videos.clip(other, videos.random_start(other, rng))[0]
    gain = db_to_amplitude(rng.uniform(-12, 9)) if augment else 1.0
    return (action + np.float32(gain) * ambience).clip(-1, 1)


def reframed(keyframes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror and crop keyframes (4, 64, 64, 3) uint8, and change their brightness and white balance."""
    size = keyframes.shape[1]
    if rng.random() < 0.5:
        keyframes = keyframes[:, :, ::-1]
    side = int(rng.integers(size * 5 // 8, size + 1))
    top, left = rng.integers(0, size - side + 1, 2)
    at = np.arange(size) * side // size
    cropped = keyframes[:, top + at][:, :, left + at].astype(np.float32)
    recoloured = cropped * rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3) + rng.normal(0, 8)
    return recoloured.clip(0, 255).astype(np.uint8)


class PlaceTowers(nn.Module):
    """The two towers of an AV-Sim and their temperature, as one module to train."""

    def __init__(self, model: AVSim) -> None:
        super().__init__()
        if model.place_eye is None or model.place_ear is None:
            raise ValueError("The AV-Sim has no place towers.")
        self.eye, self.ear = model.place_eye, model.place_ear
        self.log_temperature = nn.Parameter(torch.tensor(2.3))

    def embed(self, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, E) each, float32: embeddings of the keyframes and of the sound."""
        with torch.autocast("cpu", enabled=False):
            mel = mel_spectrogram(rows["sound"])
        return self.eye(rows["keyframes"]).float(), self.ear(mel).float()


def train(config: PlaceConfig, resume: bool = False) -> Path:
    """Fit the place towers of the AV-Sim `init`; writes a diffusers folder `out/av_sim`.

    Videos with the same kind of ambience are positives of each other, see `info_nce`.
    """
    torch.manual_seed(config.seed)
    clips = Places(config.data)
    beside = held_out_folder(config.data)
    held = Places(beside) if beside else clips
    given = AVSim.from_pretrained(config.init)
    model = AVSim.from_config(given.config, place=config.embedding)
    model.load_state_dict(model.state_dict() | given.state_dict())
    towers = PlaceTowers(model)
    schedule = Schedule(config.steps, config.learning_rate, weight_decay=0.05, clip=2.0)
    trainer = Trainer(towers, schedule, config.out, resume)

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        rows = clips.draw_places(np.random.default_rng([config.seed, step]), config.batch)
        alike = rows["kind"][:, None] == rows["kind"]
        nce = info_nce(*towers.embed(rows), towers.log_temperature.exp().clamp(max=30), alike)
        return nce, {"nce": nce.item()}

    trainer.fit(loss, lambda: evaluate(towers, held, config.evaluation_clips), evaluate_every=250)
    with trainer.averaged():
        model.eval().save_pretrained(config.out / "av_sim", max_shard_size="8MB")
    return config.out / "av_sim"


@torch.inference_mode()
def evaluate(towers: PlaceTowers, held: Places, size: int) -> dict[str, float]:
    """How often the nearest sound of another video has the same kind of ambience as the query.

    kind: the query is a picture; kind_by_sound: a sound; kind_random: by chance.
    """
    rows = held.draw_places(np.random.default_rng(5), min(size, len(held.videos)), augment=False)
    pictures, sounds = towers.embed(rows)
    alike, own = rows["kind"][:, None] == rows["kind"], torch.eye(len(pictures), dtype=torch.bool)
    found = {}
    for name, query in (("kind", pictures), ("kind_by_sound", sounds)):
        nearest = (query @ sounds.t()).masked_fill(own, -1).argmax(1)
        found[name] = alike[torch.arange(len(pictures)), nearest].float().mean().item()
    random = (alike & ~own).float().sum(1).mean().item() / max(1, len(pictures) - 1)
    return found | {"kind_random": random}
