"""Train AV-Sim: the video encoder with its heads, and the common space of picture and sound."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.models.av_sim import AVSim, info_nce
from a2s.models.video_encoder import SKETCH_SLOTS, model_inputs
from a2s.settings import ACTIONS, MATERIALS, VIDEO
from a2s.training.data import LongVideos
from a2s.training.latents import coarse_mel
from a2s.training.trainer import Schedule, Trainer
from a2s.vision import Motion, keyframes_in, motion_grid

NOTHING = -100  # the class index that cross-entropy leaves out


def video_tokens(model: AVSim, folder: Path, starts: np.ndarray) -> np.ndarray:
    """(len(starts), 48, D) float16: the tokens of a rendered video's windows."""
    motion = Motion.load(Path(folder) / "motion.npz")
    grids = np.stack([motion_grid(motion, float(s)) for s in starts])
    looks = np.stack([keyframes_in(motion, float(s)) for s in starts])
    with torch.inference_mode():
        return model.video_encoder(*model_inputs(grids, looks)).half().numpy()


def cache_tokens(model: AVSim, videos: LongVideos, starts: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """`video_tokens` of each video; encodes what `folder` does not hold yet."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for source, begins in zip(videos.folders, starts, strict=True):
        file = folder / f"{source.parent.name}-{source.name}.npy"
        if not file.is_file():
            part = file.with_suffix(".part.npy")
            np.save(part, video_tokens(model, source, begins))
            os.replace(part, file)
        found.append(np.load(file))
    return found


def targets(events, start: float) -> dict[str, np.ndarray]:
    """Truth of one window: onset (96,) bumps of 28 ms, action and material (48,) class or NOTHING, strength (48,)."""
    slots = (np.arange(SKETCH_SLOTS) + 0.5) * VIDEO.window_seconds / SKETCH_SLOTS
    onset = np.zeros(SKETCH_SLOTS, np.float32)
    action, material = np.full(VIDEO.tokens, NOTHING), np.full(VIDEO.tokens, NOTHING)
    strength = np.zeros(VIDEO.tokens, np.float32)
    for event in events:
        t = event.time - start
        if -0.1 <= t < VIDEO.window_seconds:
            onset = np.maximum(onset, np.exp(-0.5 * ((slots - t) / 0.028) ** 2).astype(np.float32))
            a, b = (
                int(max(0, t - 0.04) * VIDEO.tokens_per_second),
                int((t + 0.04 + event.duration) * VIDEO.tokens_per_second),
            )
            action[a : b + 1], material[a : b + 1] = ACTIONS.index(event.action), MATERIALS.index(event.material)
            strength[a : b + 1] = event.strength
    return {"onset": onset, "action": action, "material": material, "strength": strength}


class Clips:
    """Windows of rendered videos with everything that a training row needs; motion is held in memory as float16."""

    def __init__(self, folder: str | Path):
        self.videos = LongVideos(folder)
        self.motions = [Motion.load(f / "motion.npz") for f in self.videos.folders]

    def draw(
        self, rng: np.random.Generator, size: int, augment: bool = True, moments: int = 1
    ) -> dict[str, torch.Tensor]:
        """Rows from different videos, so that InfoNCE's negatives are other places.

        moments: windows of each video; with more than one of them, what is heard is the window itself, so that other
        moments of the same place are negatives as well.
        """
        rows = []
        count = size // moments
        for video in np.repeat(rng.choice(len(self.videos), count, replace=count > len(self.videos)), moments):
            start = self.videos.random_start(int(video), rng)
            motion = self.motions[video]
            grid, look = motion_grid(motion, start), keyframes_in(motion, start)
            if augment:
                grid, look = augmented(grid, look, rng)
            stems = self.videos.clip(int(video), start)
            heard = self._heard(int(video), stems, rng) if augment else stems.sum(0)
            if moments > 1:
                heard = stems.sum(0)
            row = {"grid": grid, "look": look, "stems": stems, "heard": heard}
            rows.append(row | targets(self.videos.events[video], start))
        return {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}

    def _heard(self, video: int, stems: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(48000,): what InfoNCE holds against the picture: this moment, another of the video, or the place alone.

        What they share is the place: so the common space is about it, as a search for ambiences needs.
        """
        which = rng.random()
        if which < 0.3:
            return stems.sum(0)
        other = self.videos.clip(video, self.videos.random_start(video, rng))
        return other[1] if which < 0.7 else other.sum(0)


def augmented(grid: np.ndarray, look: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mirrored, turned upside down, sped, with cells shifted and colours changed: what a sound does not depend on."""
    if rng.random() < 0.5:
        grid, look = grid[:, :, ::-1].copy(), look[:, :, ::-1].copy()
        grid[..., 0] *= -1
    shift = rng.integers(-2, 3, 2)
    grid = np.roll(grid, shift, (1, 2)) * np.float32(np.exp(0.3 * rng.standard_normal()))
    colour = look.astype(np.float32) * rng.uniform(0.7, 1.3) * rng.uniform(0.85, 1.15, 3) + rng.normal(0, 12)
    return grid.astype(np.float32), colour.clip(0, 255).astype(np.uint8)


def losses(model: AVSim, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """Onset, coarse action mel, classes and strength at the events, and InfoNCE between picture and sound."""
    grid, look = model_inputs(rows["grid"], rows["look"])
    tokens = model.video_encoder(grid, look)
    read = model.video_encoder.read(tokens)
    with torch.autocast("cpu", enabled=False):
        sound, action = mel_spectrogram(rows["heard"].clamp(-1, 1)), coarse_mel(mel_spectrogram(rows["stems"][:, 0]))
    onset = F.binary_cross_entropy_with_logits(read.onset.float(), rows["onset"], pos_weight=torch.tensor(3.0))
    sketch = ((read.sketch.float() - action).abs() * (0.25 + action)).mean()
    classes = sum(
        F.cross_entropy(logits.float().flatten(0, 1), rows[name].flatten(), ignore_index=NOTHING)
        for name, logits in (("action", read.action), ("material", read.material))
    )
    heard = rows["action"] != NOTHING
    strength = (read.strength.float() - rows["strength"])[heard].abs().mean()
    nce = info_nce(
        model.embed_video(tokens, look).float(),
        model.embed_audio(sound).float(),
        model.log_temperature.exp().clamp(max=60),
    )
    total = 2 * onset + 6 * sketch + 0.4 * classes + strength + 0.3 * nce
    named = {"onset": onset, "sketch": sketch, "classes": classes, "strength": strength, "nce": nce}
    return total, {k: v.item() for k, v in named.items()}


def contrastive_loss(model: AVSim, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """InfoNCE alone, against other videos and other moments of the same one: CAVP (Luo et al., Diff-Foley, 2023)."""
    grid, look = model_inputs(rows["grid"], rows["look"])
    with torch.autocast("cpu", enabled=False):
        sound = mel_spectrogram(rows["heard"].clamp(-1, 1))
    video = model.embed_video(model.video_encoder(grid, look), look).float()
    nce = info_nce(video, model.embed_audio(sound).float(), model.log_temperature.exp().clamp(max=60))
    return nce, {"nce": nce.item()}


def train(
    data: str | Path,
    out: str | Path,
    resume: bool = False,
    steps: int = 4000,
    contrastive: bool = False,
    batch: int = 24,
    embedding: int = 128,
    token_dim: int = 192,
    seed: int = 0,
) -> Path:
    """Fit AV-Sim to rendered videos with motion; writes a diffusers folder `out/av_sim`.

    contrastive: learn from InfoNCE alone, see `contrastive_loss`.
    """
    torch.manual_seed(seed)
    clips = Clips(data)
    beside = Path(str(data).rstrip("/") + "-held-out")
    held = Clips(beside) if beside.is_dir() else clips
    model = AVSim(embedding, token_dim)
    trainer = Trainer(model, Schedule(steps, 2e-3, weight_decay=0.02, clip=2.0), Path(out), resume)
    objective = contrastive_loss if contrastive else losses

    def loss(step: int):
        return objective(model, clips.draw(np.random.default_rng([seed, step]), batch, moments=1 + contrastive))

    trainer.fit(loss, lambda: examine(model, held), evaluate_every=500)
    with trainer.averaged():
        model.save_pretrained(Path(out) / "av_sim", max_shard_size="8MB")
    return Path(out) / "av_sim"


@torch.inference_mode()
def examine(model: AVSim, held: Clips, size: int = 96) -> dict[str, float]:
    """Accuracy of the classes at events and of retrieval among `size` clips of unseen videos (chance: 1 / size)."""
    rows = held.draw(np.random.default_rng(5), min(size, len(held.videos)), augment=False)
    grid, look = model_inputs(rows["grid"], rows["look"])
    tokens = model.video_encoder(grid, look)
    read = model.video_encoder.read(tokens)
    heard = rows["action"] != NOTHING
    figures = {
        name: (logits.argmax(-1) == rows[name])[heard].float().mean().item()
        for name, logits in (("action", read.action), ("material", read.material))
    }
    video, own = model.embed_video(tokens, look), torch.arange(len(look))[:, None]
    for name, sound in (("", rows["stems"].sum(1).clamp(-1, 1)), ("place_", rows["stems"][:, 1])):
        rank = (video @ model.embed_audio(mel_spectrogram(sound)).t()).argsort(1, descending=True)
        figures |= {f"{name}recall_at_{k}": (rank[:, :k] == own).any(1).float().mean().item() for k in (1, 5)}
    bce = F.binary_cross_entropy_with_logits(read.onset, rows["onset"], pos_weight=torch.tensor(3.0))
    return figures | {"onset_bce": bce.item()}
