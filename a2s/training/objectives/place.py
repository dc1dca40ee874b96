"""Train AV-Sim's sense of place, and nothing else of it: the generator goes on seeing what it was trained on.

It needs no motion, so its videos may be drawn at a frame a second (`python -m a2s world render --fps 1`), which makes
thousands of places affordable where a full rendering makes hundreds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from a2s.audio.mel import mel_spectrogram
from a2s.errors import BadSettings
from a2s.models.av_sim import AVSim, info_nce
from a2s.models.video_encoder import model_inputs
from a2s.settings import VIDEO
from a2s.training.data import LongVideos
from a2s.training.objectives.av_sim import Clips
from a2s.training.trainer import Schedule, Trainer


class Places(Clips):
    """Rows of a video's keyframes and of what its place sounds like at another moment, alone or behind actions."""

    def draw_places(self, rng: np.random.Generator, size: int, augment: bool = True) -> dict[str, torch.Tensor]:
        """look (B, 4, 64, 64, 3) in [0, 1]; heard (B, 48000); kind (B,) number of the kind of ambience."""
        chosen = rng.choice(len(self.videos), size, replace=size > len(self.videos))
        looks, heard, kinds = [], [], []
        for video in chosen:
            frames = self.motions[video].keyframes
            look = frames[np.sort(rng.integers(0, len(frames), VIDEO.keyframes))]
            looks.append(reframed(look, rng) if augment else look)
            heard.append(sound_of_place(self.videos, int(video), rng, augment))
            kinds.append(self.kinds.index(self.videos.plans[video].ambience))
        look = model_inputs(np.zeros((size, 1, 1, 1, 1)), np.stack(looks))[1]
        return {"look": look, "heard": torch.from_numpy(np.stack(heard)), "kind": torch.tensor(kinds)}

    @property
    def kinds(self) -> list[str]:
        """Every kind of ambience there is."""
        return sorted({plan.ambience for plan in self.videos.plans})


def sound_of_place(videos: LongVideos, video: int, rng: np.random.Generator, augment: bool = True) -> np.ndarray:
    """(48000,) float32: a place at any moment, in three of ten alone, else behind actions.

    augment: at another level, and in every other case behind the actions of another video, which say nothing of it.
    """
    action, ambience = videos.clip(video, videos.random_start(video, rng))
    if rng.random() < 0.3:
        action = 0 * action
    elif augment and rng.random() < 0.5:
        other = int(rng.integers(len(videos)))
        action = videos.clip(other, videos.random_start(other, rng))[0]
    gain = 10 ** (rng.uniform(-12, 9) / 20) if augment else 1.0
    return (action + np.float32(gain) * ambience).clip(-1, 1)


def reframed(look: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Keyframes (4, 64, 64, 3) uint8 mirrored, cropped, in another light and another white balance."""
    size = look.shape[1]
    if rng.random() < 0.5:
        look = look[:, :, ::-1]
    side = int(rng.integers(size * 5 // 8, size + 1))
    top, left = rng.integers(0, size - side + 1, 2)
    at = np.arange(size) * side // size
    look = look[:, top + at][:, :, left + at].astype(np.float32)
    look = look * rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3) + rng.normal(0, 8)
    return look.clip(0, 255).astype(np.uint8)


def embedded(model: AVSim, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, E) each, float32: the place as seen and as heard."""
    with torch.autocast("cpu", enabled=False):
        mel = mel_spectrogram(rows["heard"])
    return model.place_eye(rows["look"]).float(), model.place_ear(mel).float()


def train(
    data: str | Path,
    out: str | Path,
    resume: bool = False,
    steps: int = 2500,
    batch: int = 64,
    init: str | Path | None = None,
    place: int = 64,
    seed: int = 0,
) -> Path:
    """Fit the place towers of a trained AV-Sim `init` to rendered videos; writes a diffusers folder `out/av_sim`.

    Videos of the same kind of ambience count as alike, see `info_nce`. Raises BadSettings without `init`.
    """
    if init is None:
        raise BadSettings("The sense of place is trained into an AV-Sim; --init names its folder.")
    torch.manual_seed(seed)
    clips = Places(data)
    beside = Path(str(data).rstrip("/") + "-held-out")
    held = Places(beside) if beside.is_dir() else clips
    given = AVSim.from_pretrained(init)
    model = AVSim.from_config(given.config, place=place)
    model.load_state_dict(model.state_dict() | given.state_dict())
    towers = torch.nn.ModuleDict({"eye": model.place_eye, "ear": model.place_ear})
    towers.register_parameter("log_temperature", torch.nn.Parameter(torch.tensor(2.3)))
    trainer = Trainer(towers, Schedule(steps, 2e-3, weight_decay=0.05, clip=2.0), Path(out), resume)

    def loss(step: int):
        rows = clips.draw_places(np.random.default_rng([seed, step]), batch)
        alike = rows["kind"][:, None] == rows["kind"]
        nce = info_nce(*embedded(model, rows), towers.log_temperature.exp().clamp(max=30), alike)
        return nce, {"nce": nce.item()}

    trainer.fit(loss, lambda: examine(model, held), evaluate_every=250)
    with trainer.averaged():
        model.eval().save_pretrained(Path(out) / "av_sim", max_shard_size="8MB")
    return Path(out) / "av_sim"


@torch.inference_mode()
def examine(model: AVSim, held: Places, size: int = 256) -> dict[str, float]:
    """How often the nearest sound of another video is of the picture's own kind of ambience, and by sound alone."""
    rows = held.draw_places(np.random.default_rng(5), min(size, len(held.videos)), augment=False)
    seen, heard = embedded(model, rows)
    alike, own = rows["kind"][:, None] == rows["kind"], torch.eye(len(seen), dtype=torch.bool)
    found = {}
    for name, query in (("kind", seen), ("kind_by_sound", heard)):
        nearest = (query @ heard.t()).masked_fill(own, -1).argmax(1)
        found[name] = alike[torch.arange(len(seen)), nearest].float().mean().item()
    random = (alike & ~own).float().sum(1).mean().item() / max(1, len(seen) - 1)
    return found | {"kind_random": random}
