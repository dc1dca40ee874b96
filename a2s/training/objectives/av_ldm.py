"""Train AV-LDM: the UNet and its conditioner, on cached latents (Action2Sound, section 3.3).

The ambient condition is another clip of the same long video, never dropped; video tokens are dropped with p = 0.2.
What is ours: the cue roll beside the video tokens, given as true, jittered, mislabelled, thinned out or dropped.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import DDPMScheduler, DPMSolverMultistepScheduler, UNet2DConditionModel
from torch import nn

from a2s.cues import Cue, detect_cues
from a2s.cues.cue_roll import draw_cue_roll
from a2s.models import AVSim, Conditioner, MelVAE
from a2s.models.digest import weights_hash
from a2s.settings import AUDIO, VIDEO
from a2s.training.ablations import FULL, Ablation
from a2s.training.data import LongVideos
from a2s.training.latents import CLIPS, cache_latents
from a2s.training.trainer import Schedule, Trainer
from a2s.vision import Motion

NOISE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
"""Zero terminal SNR (Lin et al. 2024): without it a model cannot make true silence, which foley is set in."""


def make_solver() -> DPMSolverMultistepScheduler:
    """DPM-Solver++ (Lu et al. 2022), second order, ending at zero noise."""
    return DPMSolverMultistepScheduler(**NOISE, algorithm_type="dpmsolver++", solver_order=2, final_sigmas_type="zero")


def make_unet(
    latent_channels: int, grid_channels: int, context_dim: int, channels: tuple[int, ...]
) -> UNet2DConditionModel:
    """A small Stable-Diffusion UNet; attention only below the first level, where the grid is 8x12 or smaller."""
    down = ("DownBlock2D",) + ("CrossAttnDownBlock2D",) * (len(channels) - 1)
    return UNet2DConditionModel(
        sample_size=(AUDIO.latent_bands, AUDIO.latent_frames),
        in_channels=latent_channels + grid_channels,
        out_channels=latent_channels,
        layers_per_block=1,
        block_out_channels=tuple(channels),
        down_block_types=down,
        up_block_types=("CrossAttnUpBlock2D",) * (len(channels) - 1) + ("UpBlock2D",),
        cross_attention_dim=context_dim,
        attention_head_dim=4,
        norm_num_groups=16,
    )


class Generator(nn.Module):
    """UNet and conditioner as one module to train."""

    def __init__(self, unet: UNet2DConditionModel, conditioner: Conditioner):
        super().__init__()
        self.unet, self.conditioner = unet, conditioner

    def forward(self, noisy, timestep, video, cues, ambient, keep_video, keep_cues):
        context, grid, sketch = self.conditioner(video, cues, ambient, keep_video, keep_cues)
        x = noisy if grid is None else torch.cat([noisy, grid], 1)
        return self.unet(x, timestep, encoder_hidden_states=context).sample, sketch


def corrupted(cues: list[Cue], rng: np.random.Generator) -> list[Cue]:
    """A cue track as a machine or a hasty creator writes it: a little off, thinned out, unlabelled, without lengths."""
    jitter = rng.choice([0.0, 0.01, 0.025])
    named = rng.random()
    lengths = rng.random() < 0.7
    kept = []
    for cue in cues:
        if rng.random() < 0.03:
            continue
        kept.append(
            replace(
                cue,
                time=max(0.0, cue.time + jitter * rng.standard_normal()),
                strength=float(np.clip(cue.strength * np.exp(0.15 * rng.standard_normal()), 0.02, 1)),
                action=cue.action if named < 0.85 else None,
                material=cue.material if named < 0.8 or named > 0.93 else None,
                duration=cue.duration if lengths else 0.0,
            )
        )
    return kept


class Batches:
    """Draws training rows from cached latents of one or more data sets.

    Each set is (videos, cached latents, video tokens or None, the machine's cues or None); tokens: per video,
    of the windows at the cached starts, (CLIPS, 48, D) float16. Sets are drawn from evenly. cues: False for a model
    that hears none, whose picture must then always be that of its sound.
    """

    def __init__(
        self,
        sets: list[tuple[LongVideos, list[dict], list[np.ndarray] | None, list[list[Cue]] | None]],
        token_dim: int,
        cues: bool = True,
    ):
        self.sets, self.token_dim, self.cues = sets, token_dim, cues

    def draw(self, rng: np.random.Generator, size: int, clean: bool = False) -> dict[str, torch.Tensor]:
        """Rows of a batch by name, all float32.

        latent, ambient (B, C, 16, 24), cues (B, 20, 192), video (B, 48, D), sketch (B, 32, 96), keep_video, keep_cues
        (B,). clean: true cues and everything kept, for examining.
        """
        rows = [self._row(rng, clean) for _ in range(size)]
        return {name: torch.from_numpy(np.stack([row[name] for row in rows])).float() for name in rows[0]}

    def _row(self, rng: np.random.Generator, clean: bool) -> dict[str, np.ndarray]:
        videos, cached, tokens, predicted = self.sets[rng.integers(len(self.sets))]
        video = int(rng.integers(len(videos)))
        arrays, clip = cached[video], int(rng.integers(CLIPS))
        start = float(arrays["starts"][clip])
        cues = [Cue(e.time, e.strength, e.action, e.material, 1.0, e.duration) for e in videos.events[video]]
        seen = np.zeros((VIDEO.tokens, self.token_dim), np.float16)
        keep_video = float(tokens is not None and (clean or rng.random() >= 0.2))
        keep_cues = float(self.cues and (clean or rng.random() >= (0.15 if keep_video else 0.3)))
        if tokens is not None:
            seen = tokens[video][clip]
            if keep_cues and not clean and rng.random() < 0.2:
                # What the cues say is made even where the picture seems to say otherwise: a creator's word is final.
                seen = tokens[int(rng.integers(len(tokens)))][int(rng.integers(CLIPS))]
        if tokens is not None and self.cues and not clean and rng.random() < 0.06:
            return self._nothing(arrays, seen, start, rng)
        if predicted is not None and rng.random() < 0.12 and not clean:
            cues = predicted[video]
        return {
            "latent": arrays["latents"][clip],
            "ambient": self._neighbour(arrays, start, rng, clean),
            "cues": draw_cue_roll(cues if clean else corrupted(cues, rng), start),
            "video": seen,
            "sketch": arrays["sketches"][clip],
            "keep_video": np.float32(keep_video),
            "keep_cues": np.float32(keep_cues),
        }

    def _nothing(self, arrays: dict, seen: np.ndarray, start: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """A row whose cues were all taken out: whatever is seen, what is heard is the place alone."""
        return {
            "latent": arrays["ambient"][rng.integers(len(arrays["ambient"]))],
            "ambient": self._neighbour(arrays, start, rng, clean=False),
            "cues": draw_cue_roll([], start),
            "video": seen,
            "sketch": np.zeros_like(arrays["sketches"][0]),
            "keep_video": np.float32(1),
            "keep_cues": np.float32(1),
        }

    def _neighbour(self, arrays: dict, start: float, rng: np.random.Generator, clean: bool) -> np.ndarray:
        """Another clip of the same long video that shares no moment with this; sometimes one in which nobody acts."""
        apart = np.flatnonzero(np.abs(arrays["starts"] - start) >= AUDIO.window_seconds)
        if not len(apart) or (not clean and rng.random() < 0.2):
            return arrays["ambient"][rng.integers(len(arrays["ambient"]))]
        return arrays["latents"][rng.choice(apart)]


def train(
    data: str | Path,
    out: str | Path,
    resume: bool = False,
    steps: int = 12_000,
    vae: str | Path = "checkpoints/compact/vae",
    av_sim: str | Path | None = None,
    sound_only: str | Path | None = None,
    init: str | Path | None = None,
    channels: tuple[int, ...] = (96, 192, 256),
    batch: int = 16,
    learning_rate: float = 8e-4,
    decay: float = 0.35,
    ablation: Ablation = FULL,
    cache: str | Path | None = None,
    seed: int = 0,
) -> Path:
    """Fit UNet and conditioner; writes diffusers folders `out/unet`, `out/conditioner`, `out/scheduler`.

    data: videos with pictures where `av_sim` (a trained folder) is given, else their cues alone are used.
    sound_only: another data set without pictures. init: a folder of an earlier run to start from. cache: where latents
    and tokens are kept; runs on the same data may share it. ablation: what the model is not given.
    """
    torch.manual_seed(seed)
    out = Path(out)
    cache = Path(cache or out)
    coder = MelVAE.from_pretrained(vae).eval()
    eyes = AVSim.from_pretrained(av_sim).eval() if av_sim else None
    token_dim = eyes.config.token_dim if eyes else 192
    sets = [_load(coder, eyes, data, cache, ablation.denoised)]
    if sound_only:
        sets.append(_load(coder, None, sound_only, cache, ablation.denoised))
    batches = Batches(sets, token_dim, ablation.cues)
    beside = Path(str(data).rstrip("/") + "-held-out")
    unseen = _load(coder, eyes, beside if beside.is_dir() else data, cache, ablation.denoised)
    held = Batches([unseen], token_dim, ablation.cues)
    model = _generator(init, coder.config.latent_channels, token_dim, channels, ablation)
    trainer = Trainer(model, Schedule(steps, learning_rate, decay=decay, ema=0.9995), out, resume)
    noise = DDPMScheduler(**NOISE, clip_sample=False)
    objective = Objective(noise)

    def loss(step: int):
        rng = np.random.default_rng([seed, step])
        return objective(model, batches.draw(rng, batch), torch.Generator().manual_seed(int(rng.integers(2**31))))

    trainer.fit(loss, lambda: examine(model, held, noise), evaluate_every=1000)
    with trainer.averaged():
        model.unet.save_pretrained(out / "unet", max_shard_size="8MB")
        model.conditioner.save_pretrained(out / "conditioner", max_shard_size="8MB")
    make_solver().save_pretrained(out / "scheduler")
    return out


class Objective:
    """v-prediction with min-SNR-5 weights (Hang et al. 2023), and the conditioner's sketch of the action."""

    def __init__(self, noise: DDPMScheduler):
        self.noise = noise
        alphas = noise.alphas_cumprod
        snr = (alphas / (1 - alphas)).clamp(min=1e-8)
        self.weights = (snr.clamp(max=5) / (snr + 1)).clamp(min=0.15)

    def __call__(self, model: Generator, rows: dict[str, torch.Tensor], generator: torch.Generator):
        latent = rows["latent"]
        eps = torch.randn(latent.shape, generator=generator)
        t = torch.randint(0, len(self.weights), (len(latent),), generator=generator)
        with torch.autocast("cpu", enabled=False):
            noisy = self.noise.add_noise(latent, eps, t)
            target = self.noise.get_velocity(latent, eps, t)
        made, sketch = model(
            noisy, t, rows["video"], rows["cues"], rows["ambient"], rows["keep_video"], rows["keep_cues"]
        )
        each = (made.float() - target).square().mean((1, 2, 3))
        true = rows["sketch"]
        sketch_loss = ((sketch.float() - true).abs() * (0.25 + true)).mean()
        total = (each * self.weights[t]).mean() + 0.5 * sketch_loss
        return total, {"v_mse": each.mean().item(), "sketch": sketch_loss.item()}


@torch.inference_mode()
def examine(model: Generator, held: Batches, noise: DDPMScheduler, size: int = 96) -> dict[str, float]:
    """Error of the clean latent on held-out videos, and how it grows when a condition is exchanged between the rows."""
    rows = held.draw(np.random.default_rng(7), size, clean=True)
    generator = torch.Generator().manual_seed(7)
    eps = torch.randn(rows["latent"].shape, generator=generator)
    t = torch.linspace(60, 980, size).long()[torch.randperm(size, generator=generator)]
    noisy, alpha = noise.add_noise(rows["latent"], eps, t), noise.alphas_cumprod[t][:, None, None, None]

    def error(**exchanged: torch.Tensor) -> float:
        r = rows | exchanged
        v, _ = model(noisy, t, r["video"], r["cues"], r["ambient"], r["keep_video"], r["keep_cues"])
        clean = alpha.sqrt() * noisy - (1 - alpha).sqrt() * v
        return (clean - r["latent"]).square().mean().item()

    other = torch.roll(torch.arange(size), 1)
    off = torch.zeros(size)
    return {
        "x0": error(),
        "x0_other_cues": error(cues=rows["cues"][other]),
        "x0_other_ambience": error(ambient=rows["ambient"][other]),
        "x0_video_only": error(keep_cues=off),
        "x0_cues_only": error(keep_video=off),
        "x0_neither": error(keep_cues=off, keep_video=off),
    }


def _load(coder: MelVAE, eyes: AVSim | None, data: str | Path, cache: Path, denoised: bool):
    """(videos, cached latents, video tokens or None, machine's cues or None); `cache` keeps what was encoded once."""
    videos = LongVideos(data)
    cached = cache_latents(coder, videos, cache / ("latents-denoised" if denoised else "latents"), denoised)
    if eyes is None:
        return videos, cached, None, None
    from a2s.training.objectives.av_sim import cache_tokens

    starts = [arrays["starts"] for arrays in cached]
    tokens = cache_tokens(eyes, videos, starts, cache / f"tokens-{weights_hash(eyes)}")
    return videos, cached, tokens, [machine_cues(folder) for folder in videos.folders]


def machine_cues(folder: Path) -> list[Cue]:
    """What the detector makes of a rendered video: moments and strengths, unnamed."""
    return list(detect_cues(Motion.load(Path(folder) / "motion.npz")).cues)


def _generator(init, latent_channels: int, token_dim: int, channels: tuple[int, ...], ablation: Ablation) -> Generator:
    if init:
        folder = Path(init)
        return Generator(
            UNet2DConditionModel.from_pretrained(folder / "unet"), Conditioner.from_pretrained(folder / "conditioner")
        )
    conditioner = Conditioner(
        token_dim, latent_channels, aligned=ablation.aligned, cues=ablation.cues, ambience=ablation.neighbour
    )
    unet = make_unet(latent_channels, conditioner.grid_channels, conditioner.config.context_dim, channels)
    return Generator(unet, conditioner)
