"""Train the mel VAE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models.mel_vae import MelVAE
from a2s.settings import AUDIO
from a2s.training.data import LongVideos, Recordings, recordings_in, sound_batch
from a2s.training.trainer import Schedule, Trainer


def reconstruction_loss(made: torch.Tensor, true: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """L1 with a little L2, and the L1 of the steps in time and frequency, which keeps onsets and partials sharp.

    made, true: (B, 128, T). Returns (loss, plain L1 over the frames that are sound).
    """
    error = made - true
    steps = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    l1 = error[..., : AUDIO.window_frames].abs().mean()
    return l1 + 3 * error.square().mean() + 0.3 * steps, l1


def train(
    data: str | Path,
    out: str | Path,
    resume: bool = False,
    steps: int = 20_000,
    recordings: str | Path | None = None,
    batch: int = 8,
    channels: tuple[int, ...] = (64, 128),
    layers: int = 1,
    kl: float = 1e-6,
    seed: int = 0,
) -> Path:
    """Fit the VAE to the mixes of `data` (and real `recordings`); writes a diffusers folder `out/vae`."""
    torch.manual_seed(seed)
    videos = LongVideos(data)
    held = videos_held_out(data)
    real = Recordings(recordings_in(recordings)) if recordings else None
    model = MelVAE(block_out_channels=channels, layers_per_block=layers)
    trainer = Trainer(model, Schedule(steps, 1e-3, weight_decay=0.0), Path(out), resume)

    def loss(step: int):
        rng = np.random.default_rng([seed, step])
        wave = sound_batch(videos, real, batch, AUDIO.window_samples, rng)
        with torch.autocast("cpu", enabled=False):
            mel = pad_frames(mel_spectrogram(wave))
        posterior = model.posterior(mel)
        total, l1 = reconstruction_loss(model.decode_raw(posterior.sample()).float(), mel)
        divergence = posterior.kl().float().mean() / posterior.mean[0].numel()
        return total + kl * 100 * divergence, {"l1_db": 100 * l1.item(), "kl": divergence.item()}

    def evaluate():
        with torch.inference_mode():
            raw = model.posterior(held).mode()
            made = model.decode_raw(raw).clamp(0, 1)
        return {"l1_db": 100 * (made - held)[..., : AUDIO.window_frames].abs().mean().item()}

    trainer.fit(loss, evaluate)
    with trainer.averaged(), torch.inference_mode():
        _normalise(model, videos, seed)
        model.save_pretrained(Path(out) / "vae", max_shard_size="8MB")
    return Path(out) / "vae"


def videos_held_out(data: str | Path, clips: int = 64) -> torch.Tensor:
    """Mels (clips, 128, 192) of the videos in `DATA-held-out`, or of the last videos where there is no such folder."""
    beside = Path(str(data).rstrip("/") + "-held-out")
    videos = LongVideos(beside) if beside.is_dir() else LongVideos(data, slice(-8, None))
    rng = np.random.default_rng(1)
    waves = []
    for k in range(clips):
        video = k % len(videos)
        waves.append(videos.clip(video, videos.random_start(video, rng)).sum(0))
    return pad_frames(mel_spectrogram(torch.from_numpy(np.stack(waves).clip(-1, 1))))


def _normalise(model: MelVAE, videos: LongVideos, seed: int) -> None:
    wave = sound_batch(videos, None, 256, AUDIO.window_samples, np.random.default_rng([seed, 9]))
    raw = torch.cat([model.posterior(pad_frames(mel_spectrogram(w))).mode() for w in wave.split(32)])
    model.latent_mean.copy_(raw.mean((0, 2, 3), keepdim=True))
    model.latent_std.copy_(raw.std((0, 2, 3), keepdim=True))
