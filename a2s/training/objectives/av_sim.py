"""Train AV-Sim: the video encoder with its heads, and the common embedding space of picture and sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from pydantic import PositiveInt
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.datasets.foley_world.plan import Event
from a2s.io import atomic_file
from a2s.models.av_sim import AVSim, info_nce
from a2s.models.video_encoder import SKETCH_SLOTS, model_inputs
from a2s.settings import ACTIONS, MATERIALS, VIDEO
from a2s.training.config import TrainingConfig
from a2s.training.data import LongVideos, held_out_folder
from a2s.training.latents import coarse_mel
from a2s.training.trainer import Schedule, Trainer
from a2s.vision import Motion, keyframes_in, motion_grid

NO_CLASS = -100
"""The class of a token without an event: the index that cross-entropy ignores."""

ONSET_WIDTH = 0.028
"""Standard deviation in s of the bump that marks an onset in the targets."""

EVENT_MARGIN = 0.04
"""An event labels the tokens from this many seconds before its onset to as many after its end."""


class AVSimConfig(TrainingConfig):
    """contrastive: train with InfoNCE alone, see `contrastive_loss`. embedding: dimensions of the common space.
    token_dim: dimensions of a video token.
    """

    steps: PositiveInt = 4000
    batch: PositiveInt = 24
    evaluation_clips: PositiveInt = 96
    learning_rate: float = 2e-3
    contrastive: bool = False
    embedding: int = 128
    token_dim: int = 192


def video_tokens(model: AVSim, folder: Path, starts: np.ndarray) -> np.ndarray:
    """(len(starts), 48, D) float16: the tokens of the windows of a rendered video."""
    motion = Motion.load(Path(folder) / "motion.npz")
    grids = np.stack([motion_grid(motion, float(s)) for s in starts])
    keyframes = np.stack([keyframes_in(motion, float(s)) for s in starts])
    with torch.inference_mode():
        return model.video_encoder(*model_inputs(grids, keyframes)).half().numpy()


def cache_tokens(model: AVSim, videos: LongVideos, starts: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """`video_tokens` of each video. Videos that `folder` does not hold yet are encoded and added."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for source, begins in zip(videos.folders, starts, strict=True):
        file = folder / f"{source.parent.name}-{source.name}.npy"
        if not file.is_file():
            with atomic_file(file) as part, part.open("wb") as stream:
                np.save(stream, video_tokens(model, source, begins))
        found.append(np.load(file))
    return found


def targets(events: Sequence[Event], start: float) -> dict[str, np.ndarray]:
    """Targets of the window that begins at `start` s.

    onset (96,): 1 at an event, with a Gaussian flank. action, material (48,): class index or NO_CLASS. strength (48,).
    """
    slots = (np.arange(SKETCH_SLOTS) + 0.5) * VIDEO.window_seconds / SKETCH_SLOTS
    onset = np.zeros(SKETCH_SLOTS, np.float32)
    action, material = np.full(VIDEO.tokens, NO_CLASS), np.full(VIDEO.tokens, NO_CLASS)
    strength = np.zeros(VIDEO.tokens, np.float32)
    for event in events:
        t = event.time - start
        if -0.1 <= t < VIDEO.window_seconds:
            onset = np.maximum(onset, np.exp(-0.5 * ((slots - t) / ONSET_WIDTH) ** 2).astype(np.float32))
            first = int(max(0, t - EVENT_MARGIN) * VIDEO.tokens_per_second)
            last = int((t + EVENT_MARGIN + event.duration) * VIDEO.tokens_per_second)
            labelled = slice(first, last + 1)
            action[labelled], material[labelled] = ACTIONS.index(event.action), MATERIALS.index(event.material)
            strength[labelled] = event.strength
    return {"onset": onset, "action": action, "material": material, "strength": strength}


class Clips:
    """Draws training rows from windows of rendered videos. Motion is held in memory as float16."""

    def __init__(self, folder: str | Path) -> None:
        self.videos = LongVideos(folder)
        self.motions = [Motion.load(f / "motion.npz") for f in self.videos.folders]

    def draw(
        self, rng: np.random.Generator, size: int, augment: bool = True, moments: int = 1
    ) -> dict[str, torch.Tensor]:
        """Rows of different videos, so that the negatives of InfoNCE are other places.

        moments: windows per video. With more than one, the sound is that of the window itself, so that other moments
        of the same place are negatives as well.
        """
        rows = []
        count = size // moments
        for video in np.repeat(rng.choice(len(self.videos), count, replace=count > len(self.videos)), moments):
            start = self.videos.random_start(int(video), rng)
            motion = self.motions[video]
            grid, keyframes = motion_grid(motion, start), keyframes_in(motion, start)
            if augment:
                grid, keyframes = augmented(grid, keyframes, rng)
            stems = self.videos.clip(int(video), start)
            sound = self._partner(int(video), stems, rng) if augment else stems.sum(0)
            if moments > 1:
                sound = stems.sum(0)
            row = {"grid": grid, "keyframes": keyframes, "stems": stems, "sound": sound}
            rows.append(row | targets(self.videos.events[video], start))
        return {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}

    def _partner(self, video: int, stems: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(48000,): the positive of InfoNCE: this moment, another moment of the video, or its ambience alone.

        Only the place is common to all three, so the embedding space learns places, as retrieval needs.
        """
        which = rng.random()
        if which < 0.3:
            return stems.sum(0)
        other = self.videos.clip(video, self.videos.random_start(video, rng))
        return other[1] if which < 0.7 else other.sum(0)


def augmented(grid: np.ndarray, keyframes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mirror, shift and scale the motion grid, and recolour the keyframes: changes that do not change the sound."""
    if rng.random() < 0.5:
        grid, keyframes = grid[:, :, ::-1].copy(), keyframes[:, :, ::-1].copy()
        grid[..., 0] *= -1
    shift = rng.integers(-2, 3, 2)
    grid = np.roll(grid, shift, (1, 2)) * np.float32(np.exp(0.3 * rng.standard_normal()))
    colour = keyframes.astype(np.float32) * rng.uniform(0.7, 1.3) * rng.uniform(0.85, 1.15, 3) + rng.normal(0, 12)
    return grid.astype(np.float32), colour.clip(0, 255).astype(np.uint8)


def full_loss(model: AVSim, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """Onset, coarse action mel, classes and strength at the events, and InfoNCE between picture and sound."""
    grid, keyframes = model_inputs(rows["grid"], rows["keyframes"])
    tokens = model.video_encoder(grid, keyframes)
    read = model.video_encoder.read(tokens)
    with torch.autocast("cpu", enabled=False):
        sound, action = mel_spectrogram(rows["sound"].clamp(-1, 1)), coarse_mel(mel_spectrogram(rows["stems"][:, 0]))
    onset = F.binary_cross_entropy_with_logits(read.onset.float(), rows["onset"], pos_weight=torch.tensor(3.0))
    sketch = ((read.sketch.float() - action).abs() * (0.25 + action)).mean()
    by_class = [
        F.cross_entropy(logits.float().flatten(0, 1), rows[name].flatten(), ignore_index=NO_CLASS)
        for name, logits in (("action", read.action), ("material", read.material))
    ]
    classes = by_class[0] + by_class[1]
    at_events = rows["action"] != NO_CLASS
    strength = (read.strength.float() - rows["strength"])[at_events].abs().mean()
    nce = info_nce(
        model.embed_video(tokens, keyframes).float(),
        model.embed_audio(sound).float(),
        model.log_temperature.exp().clamp(max=60),
    )
    total = 2 * onset + 6 * sketch + 0.4 * classes + strength + 0.3 * nce
    named = {"onset": onset, "sketch": sketch, "classes": classes, "strength": strength, "nce": nce}
    return total, {k: v.item() for k, v in named.items()}


def contrastive_loss(model: AVSim, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """InfoNCE alone, against other videos and other moments of the same one: CAVP (Luo et al., Diff-Foley, 2023)."""
    grid, keyframes = model_inputs(rows["grid"], rows["keyframes"])
    with torch.autocast("cpu", enabled=False):
        sound = mel_spectrogram(rows["sound"].clamp(-1, 1))
    video = model.embed_video(model.video_encoder(grid, keyframes), keyframes).float()
    nce = info_nce(video, model.embed_audio(sound).float(), model.log_temperature.exp().clamp(max=60))
    return nce, {"nce": nce.item()}


def train(config: AVSimConfig, resume: bool = False) -> Path:
    """Fit AV-Sim to rendered videos with motion; writes a diffusers folder `out/av_sim`."""
    torch.manual_seed(config.seed)
    clips = Clips(config.data)
    beside = held_out_folder(config.data)
    held = Clips(beside) if beside else clips
    model = AVSim(config.embedding, config.token_dim)
    schedule = Schedule(config.steps, config.learning_rate, weight_decay=0.02, clip=2.0)
    trainer = Trainer(model, schedule, config.out, resume)
    objective, moments = (contrastive_loss, 2) if config.contrastive else (full_loss, 1)

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng([config.seed, step])
        return objective(model, clips.draw(rng, config.batch, moments=moments))

    trainer.fit(loss, lambda: evaluate(model, held, config.evaluation_clips), evaluate_every=500)
    with trainer.averaged():
        model.save_pretrained(config.out / "av_sim", max_shard_size="8MB")
    return config.out / "av_sim"


@torch.inference_mode()
def evaluate(model: AVSim, held: Clips, size: int) -> dict[str, float]:
    """Accuracy of the classes at events, and recall of retrieval among `size` unseen videos (chance: 1 / size).

    place_recall: the query sound is the ambience alone.
    """
    rows = held.draw(np.random.default_rng(5), min(size, len(held.videos)), augment=False)
    grid, keyframes = model_inputs(rows["grid"], rows["keyframes"])
    tokens = model.video_encoder(grid, keyframes)
    read = model.video_encoder.read(tokens)
    at_events = rows["action"] != NO_CLASS
    figures = {
        name: (logits.argmax(-1) == rows[name])[at_events].float().mean().item()
        for name, logits in (("action", read.action), ("material", read.material))
    }
    video, own = model.embed_video(tokens, keyframes), torch.arange(len(keyframes))[:, None]
    for name, sound in (("", rows["stems"].sum(1).clamp(-1, 1)), ("place_", rows["stems"][:, 1])):
        rank = (video @ model.embed_audio(mel_spectrogram(sound)).t()).argsort(1, descending=True)
        figures |= {f"{name}recall_at_{k}": (rank[:, :k] == own).any(1).float().mean().item() for k in (1, 5)}
    bce = F.binary_cross_entropy_with_logits(read.onset, rows["onset"], pos_weight=torch.tensor(3.0))
    return figures | {"onset_bce": bce.item()}
