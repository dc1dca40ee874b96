"""Train AV-LDM: the UNet and its conditioner, on cached latents (Action2Sound, section 3.3).

The ambient condition is another clip of the same long video and is never dropped. Beyond the paper, a cue roll joins
the video tokens; see `a2s.training.batches`.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from pydantic import Field, PositiveInt
from torch import nn

from a2s.models import AVSim, Conditioner, MelVAE
from a2s.models.digest import weights_hash
from a2s.resources import checkpoint_folder
from a2s.settings import AUDIO
from a2s.training.ablations import FULL, Ablation
from a2s.training.batches import Batches, EncodedVideos, detected_cues
from a2s.training.config import TrainingConfig
from a2s.training.data import LongVideos, held_out_folder
from a2s.training.latents import cache_latents
from a2s.training.objectives.av_sim import cache_tokens
from a2s.training.trainer import Schedule, Trainer

NOISE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
"""Zero terminal SNR (Lin et al. 2024): without it a model cannot generate the silence between sounds."""

MAX_SNR, MIN_WEIGHT = 5.0, 0.15
"""Loss weights by timestep: min-SNR-5 (Hang et al. 2023), not below 0.15."""

TOKEN_DIM = 192
"""Dimensions of a video token where no AV-Sim is given."""


class AVLDMConfig(TrainingConfig):
    """vae: the trained VAE. av_sim: the trained AV-Sim that encodes the video; without it the model learns from cues
    alone. sound_only: a further data set without pictures. init: folder of an earlier run to start from. channels: of
    the UNet's levels. decay: share of the steps in which the learning rate falls. ablation: conditions that the model
    is trained without. cache: folder for latents and tokens, which runs on the same data may share; default: `out`.
    """

    steps: PositiveInt = 12_000
    batch: PositiveInt = 16
    evaluation_clips: PositiveInt = 96
    vae: Path = Field(default_factory=lambda: checkpoint_folder("compact") / "vae")
    av_sim: Path | None = None
    sound_only: Path | None = None
    init: Path | None = None
    channels: tuple[int, ...] = (96, 192, 256)
    learning_rate: float = 8e-4
    decay: float = Field(default=0.35, ge=0, le=1)
    ablation: Ablation = FULL
    cache: Path | None = None


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

    def __init__(self, unet: UNet2DConditionModel, conditioner: Conditioner) -> None:
        super().__init__()
        self.unet, self.conditioner = unet, conditioner

    def forward(
        self, noisy: torch.Tensor, timestep: torch.Tensor, rows: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """noisy: (B, C, 16, 24); rows: of `Batches.draw`. Returns (v, coarse mel of the action (B, 32, 96))."""
        names = ("video", "cues", "ambient", "keep_video", "keep_cues")
        context, grid, sketch = self.conditioner(*(rows[name] for name in names))
        x = noisy if grid is None else torch.cat([noisy, grid], 1)
        return self.unet(x, timestep, encoder_hidden_states=context).sample, sketch


def train(config: AVLDMConfig, resume: bool = False) -> Path:
    """Fit UNet and conditioner; writes diffusers folders `out/unet`, `out/conditioner`, `out/scheduler`.

    Videos need pictures where `av_sim` is given.
    """
    torch.manual_seed(config.seed)
    encoders = Encoders(config)
    sets = [encoders.encode(config.data)]
    if config.sound_only:
        sets.append(encoders.encode(config.sound_only, pictures=False))
    batches = Batches(sets, encoders.token_dim, config.ablation.cues)
    unseen = encoders.encode(held_out_folder(config.data) or config.data)
    held = Batches([unseen], encoders.token_dim, config.ablation.cues)
    model = _make_generator(config, encoders)
    schedule = Schedule(config.steps, config.learning_rate, decay=config.decay, ema=0.9995)
    trainer = Trainer(model, schedule, config.out, resume)
    noise = DDPMScheduler(**NOISE, clip_sample=False)
    objective = Objective(noise)

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng([config.seed, step])
        rows = batches.draw(rng, config.batch)
        return objective(model, rows, torch.Generator().manual_seed(int(rng.integers(2**31))))

    trainer.fit(loss, lambda: evaluate(model, held, noise, config.evaluation_clips), evaluate_every=1000)
    with trainer.averaged():
        model.unet.save_pretrained(config.out / "unet", max_shard_size="8MB")
        model.conditioner.save_pretrained(config.out / "conditioner", max_shard_size="8MB")
    make_solver().save_pretrained(config.out / "scheduler")
    return config.out


class Objective:
    """v-prediction with min-SNR weights, and the error of the conditioner's coarse mel of the action."""

    def __init__(self, noise: DDPMScheduler) -> None:
        self.noise = noise
        alphas = noise.alphas_cumprod
        snr = (alphas / (1 - alphas)).clamp(min=1e-8)
        self.weights = (snr.clamp(max=MAX_SNR) / (snr + 1)).clamp(min=MIN_WEIGHT)

    def __call__(
        self, model: Generator, rows: dict[str, torch.Tensor], generator: torch.Generator
    ) -> tuple[torch.Tensor, dict[str, float]]:
        """Loss of a batch at random timesteps, drawn from `generator` as the noise is."""
        latent = rows["latent"]
        eps = torch.randn(latent.shape, generator=generator)
        t = _timesteps(torch.randint(0, len(self.weights), (len(latent),), generator=generator))
        with torch.autocast("cpu", enabled=False):
            noisy = self.noise.add_noise(latent, eps, t)
            target = self.noise.get_velocity(latent, eps, t)
        made, sketch = model(noisy, t, rows)
        each = (made.float() - target).square().mean((1, 2, 3))
        true = rows["sketch"]
        sketch_loss = ((sketch.float() - true).abs() * (0.25 + true)).mean()
        total = (each * self.weights[t]).mean() + 0.5 * sketch_loss
        return total, {"v_mse": each.mean().item(), "sketch": sketch_loss.item()}


@torch.inference_mode()
def evaluate(model: Generator, held: Batches, noise: DDPMScheduler, size: int) -> dict[str, float]:
    """Error of the clean latent on held-out videos, and the same with a condition exchanged between rows or dropped."""
    rows = held.draw(np.random.default_rng(7), size, clean=True)
    generator = torch.Generator().manual_seed(7)
    eps = torch.randn(rows["latent"].shape, generator=generator)
    t = _timesteps(torch.linspace(60, 980, size).long()[torch.randperm(size, generator=generator)])
    noisy, alpha = noise.add_noise(rows["latent"], eps, t), noise.alphas_cumprod[t][:, None, None, None]

    def error(**exchanged: torch.Tensor) -> float:
        v, _ = model(noisy, t, rows | exchanged)
        clean = alpha.sqrt() * noisy - (1 - alpha).sqrt() * v
        return (clean - rows["latent"]).square().mean().item()

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


def _timesteps(t: torch.Tensor) -> torch.IntTensor:
    """int64 timesteps under the type that diffusers annotates."""
    return cast(torch.IntTensor, t)


class Encoders:
    """The trained encoders of sound and picture. What they have encoded stays in the cache folder."""

    def __init__(self, config: AVLDMConfig) -> None:
        self.vae = MelVAE.from_pretrained(config.vae).eval()
        self.av_sim = AVSim.from_pretrained(config.av_sim).eval() if config.av_sim else None
        self.token_dim = self.av_sim.config.token_dim if self.av_sim else TOKEN_DIM
        self.denoised, self.cache = config.ablation.denoised, config.cache or config.out

    def encode(self, data: Path, pictures: bool = True) -> EncodedVideos:
        """Encode a data set. pictures: also its video tokens and detected cues, where there is an AV-Sim."""
        videos = LongVideos(data)
        folder = self.cache / ("latents-denoised" if self.denoised else "latents")
        latents = cache_latents(self.vae, videos, folder, self.denoised)
        if self.av_sim is None or not pictures:
            return EncodedVideos(videos, latents)
        starts = [arrays["starts"] for arrays in latents]
        tokens = cache_tokens(self.av_sim, videos, starts, self.cache / f"tokens-{weights_hash(self.av_sim)}")
        return EncodedVideos(videos, latents, tokens, [detected_cues(folder) for folder in videos.folders])


def _make_generator(config: AVLDMConfig, encoders: Encoders) -> Generator:
    if config.init:
        return Generator(
            UNet2DConditionModel.from_pretrained(config.init / "unet"),
            Conditioner.from_pretrained(config.init / "conditioner"),
        )
    ablation, latent_channels = config.ablation, encoders.vae.config.latent_channels
    conditioner = Conditioner(
        encoders.token_dim, latent_channels, aligned=ablation.aligned, cues=ablation.cues, ambience=ablation.neighbour
    )
    unet = make_unet(latent_channels, conditioner.grid_channels, conditioner.config.context_dim, config.channels)
    return Generator(unet, conditioner)
