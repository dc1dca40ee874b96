"""Train the mel VAE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import PositiveInt

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models.mel_vae import MelVAE
from a2s.settings import AUDIO
from a2s.training.config import TrainingConfig
from a2s.training.data import LongVideos, Recordings, held_out_mixes, recordings_in, sound_batch
from a2s.training.trainer import Schedule, Trainer


class VAEConfig(TrainingConfig):
    """recordings: folder of real sounds, a fifth of every batch. channels, layers: of the VAE's levels. kl: weight of
    the KL divergence per latent value, times 100.
    """

    steps: PositiveInt = 20_000
    batch: PositiveInt = 8
    evaluation_clips: PositiveInt = 64
    recordings: Path | None = None
    learning_rate: float = 1e-3
    channels: tuple[int, ...] = (64, 128)
    layers: int = 1
    kl: float = 1e-6


def reconstruction_loss(made: torch.Tensor, true: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """L1 plus L2, and the L1 of the differences in time and in frequency, which keeps onsets and partials sharp.

    made, true: (B, 128, T). Returns (loss, plain L1 over the frames of the window without padding).
    """
    error = made - true
    differences = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    l1 = error[..., : AUDIO.window_frames].abs().mean()
    return l1 + 3 * error.square().mean() + 0.3 * differences, l1


def train(config: VAEConfig, resume: bool = False) -> Path:
    """Fit the VAE to the mixes of the data set and to real recordings; writes a diffusers folder `out/vae`."""
    torch.manual_seed(config.seed)
    videos, held = LongVideos(config.data), held_out_mels(config.data, config.evaluation_clips)
    real = Recordings(recordings_in(config.recordings)) if config.recordings else None
    model = MelVAE(block_out_channels=config.channels, layers_per_block=config.layers)
    schedule = Schedule(config.steps, config.learning_rate, weight_decay=0.0)
    trainer = Trainer(model, schedule, config.out, resume)

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng([config.seed, step])
        wave = sound_batch(videos, real, config.batch, AUDIO.window_samples, rng)
        with torch.autocast("cpu", enabled=False):
            mel = pad_frames(mel_spectrogram(wave))
        posterior = model.posterior(mel)
        total, l1 = reconstruction_loss(model.decode_raw(posterior.sample()).float(), mel)
        divergence = posterior.kl().float().mean() / posterior.mean[0].numel()
        return total + config.kl * 100 * divergence, {"l1_db": 100 * l1.item(), "kl": divergence.item()}

    trainer.fit(loss, lambda: evaluate(model, held))
    with trainer.averaged(), torch.inference_mode():
        _measure_latents(model, videos, config.seed)
        model.save_pretrained(config.out / "vae", max_shard_size="8MB")
    return config.out / "vae"


@torch.inference_mode()
def evaluate(model: MelVAE, held: torch.Tensor) -> dict[str, float]:
    """l1_db: mean error of reconstructed mels (clips, 128, 192) in dB."""
    made = model.decode_raw(model.posterior(held).mode()).clamp(0, 1)
    return {"l1_db": 100 * (made - held)[..., : AUDIO.window_frames].abs().mean().item()}


def held_out_mels(data: str | Path, clips: int) -> torch.Tensor:
    """Mels (clips, 128, 192) of videos that measure the model, see `a2s.training.data.held_out_videos`."""
    waves = held_out_mixes(data, clips, np.random.default_rng(1))
    return pad_frames(mel_spectrogram(torch.from_numpy(np.stack(waves))))


def _measure_latents(model: MelVAE, videos: LongVideos, seed: int) -> None:
    """Set the mean and standard deviation by which the VAE normalises its latents."""
    wave = sound_batch(videos, None, 256, AUDIO.window_samples, np.random.default_rng([seed, 9]))
    raw = torch.cat([model.posterior(pad_frames(mel_spectrogram(w))).mode() for w in wave.split(32)])
    model.latent_mean.copy_(raw.mean((0, 2, 3), keepdim=True))
    model.latent_std.copy_(raw.std((0, 2, 3), keepdim=True))
