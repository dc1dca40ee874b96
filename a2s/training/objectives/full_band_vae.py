"""Train the mel VAE at 48 kHz, from the weights of one at another rate: a mel has the same shape at every rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import PositiveInt

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models.mel_vae import MelVAE
from a2s.resources import checkpoint_folder
from a2s.settings import FULL_BAND
from a2s.training.config import TrainingConfig
from a2s.training.full_band.corpus import Mels, held_out_waves
from a2s.training.full_band.losses import mel_loss
from a2s.training.trainer import Schedule, Trainer


class FullBandVAEConfig(TrainingConfig):
    """data: folder of scenes (`a2s world render-scenes`). init: a trained VAE to start from; by default that of the
    compact model. kl: weight of the KL divergence per latent value.
    """

    steps: PositiveInt = 1800
    batch: PositiveInt = 8
    evaluation_clips: PositiveInt = 24
    init: Path | None = None
    learning_rate: float = 5e-4
    kl: float = 1e-4


def train(config: FullBandVAEConfig, resume: bool = False) -> Path:
    """Fit the VAE to mels of the scenes; writes a diffusers folder `out/vae`."""
    torch.manual_seed(config.seed)
    mels = Mels(config.data, FULL_BAND)
    held = pad_frames(mel_spectrogram(held_out_waves(config.data, FULL_BAND, config.evaluation_clips, 5), FULL_BAND))
    model = MelVAE.from_pretrained(config.init or checkpoint_folder("compact") / "vae")
    schedule = Schedule(config.steps, config.learning_rate, weight_decay=0.0, decay=0.45, ema=0.995)
    trainer = Trainer(model, schedule, config.out, resume)

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        with torch.autocast("cpu", enabled=False):
            mel = mels.draw(config.batch, np.random.default_rng([config.seed, step]))
        posterior = model.posterior(mel)
        total, l1, pooled = mel_loss(model.decode_raw(posterior.sample()).float(), mel, FULL_BAND)
        divergence = posterior.kl().float().mean() / posterior.mean[0].numel()
        figures = {"l1_db": 100 * l1.item(), "pooled_db": 100 * pooled.item(), "kl": divergence.item()}
        return total + config.kl * divergence, figures

    trainer.fit(loss, lambda: evaluate(model, held), evaluate_every=600)
    with trainer.averaged(), torch.inference_mode():
        draws = (mels.draw(32, np.random.default_rng([config.seed, 9, part])) for part in range(8))
        raw = torch.cat([model.posterior(mel).mode() for mel in draws])
        model.latent_mean.copy_(raw.mean((0, 2, 3), keepdim=True))
        model.latent_std.copy_(raw.std((0, 2, 3), keepdim=True))
        model.save_pretrained(config.out / "vae", max_shard_size="8MB")
    return config.out / "vae"


@torch.inference_mode()
def evaluate(model: MelVAE, held: torch.Tensor) -> dict[str, float]:
    """l1_db, pooled_db: mean errors of reconstructed mels (clips, 128, 192) in dB, see `mel_loss`."""
    made = torch.cat([model.decode_raw(model.posterior(mel).mode()) for mel in held.split(8)]).clamp(0, 1)
    _, l1, pooled = mel_loss(made, held, FULL_BAND)
    return {"l1_db": 100 * l1.item(), "pooled_db": 100 * pooled.item()}
