"""Train the vocoder at 48 kHz: first on true mels, then also on mels that passed the VAE, with discriminators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import Field, PositiveInt

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models.mel_vae import MelVAE
from a2s.models.vocoder import Vocoder
from a2s.resources import checkpoint_folder
from a2s.settings import FULL_BAND
from a2s.training.config import TrainingConfig
from a2s.training.full_band.corpus import Corpus, held_out_waves
from a2s.training.full_band.losses import DISCRIMINATOR_RESOLUTIONS, RESOLUTIONS
from a2s.training.full_band.widening import widened
from a2s.training.objectives.vocoder import SILENCE, Adversary, with_rounds
from a2s.training.objectives.vocoder_losses import Discriminators, multi_resolution_stft
from a2s.training.trainer import Schedule, Trainer

EDGE = 4
"""Frames at each end of a training clip that the discriminators do not see: their windows are cut."""


class FullBandVocoderConfig(TrainingConfig):
    """data: folder of scenes (`a2s world render-scenes`). init: a trained vocoder to start from, at 48 kHz or at a
    lower rate; by default that of the compact model. vae: a trained VAE; half of the mels then pass through it.
    adversarial_from: step at which the discriminators start; None trains without them. frames: mel frames of a
    training clip. rounds: of fast Griffin-Lim.
    """

    steps: PositiveInt = 3300
    batch: PositiveInt = 8
    evaluation_clips: PositiveInt = 24
    init: Path | None = None
    vae: Path | None = None
    adversarial_from: int | None = None
    frames: int = Field(default=48, gt=2 * EDGE, le=FULL_BAND.window_frames - 1)
    learning_rate: float = 4e-4
    rounds: int = Field(default=4, ge=0)


class FullBandVocoderObjective:
    """Draws a batch of mels and waveforms, and computes the vocoder's loss."""

    def __init__(self, config: FullBandVocoderConfig, model: Vocoder) -> None:
        self.config, self.model = config, model
        self.corpus = Corpus(config.data, FULL_BAND)
        self.vae = MelVAE.from_pretrained(config.vae).eval().requires_grad_(False) if config.vae else None
        self.adversary: Adversary | None = None
        if config.adversarial_from is not None:
            self.adversary = Adversary(Discriminators(DISCRIMINATOR_RESOLUTIONS, channels=16))

    def __call__(self, step: int) -> tuple[torch.Tensor, dict[str, float]]:
        given, mel, true = self.draw(np.random.default_rng([self.config.seed, step]))
        made = self.model(given)
        with torch.autocast("cpu", enabled=False):
            spectral = distance(made, true)
            back = mel_spectrogram(made, FULL_BAND)[..., : mel.shape[-1]]
            mel_l1 = (back - mel).abs()[..., 2:-2].mean()
            total = spectral + 8 * mel_l1
            figures = {"mrstft": spectral.item(), "mel_db": 100 * mel_l1.item()}
            if self.adversary is not None and step >= (self.config.adversarial_from or 0):
                inner = slice(EDGE * FULL_BAND.hop_length, -EDGE * FULL_BAND.hop_length)
                extra, more = self.adversary(true[:, inner], made[:, inner])
                total, figures = total + extra, figures | more
        return total, figures

    @torch.no_grad()
    def draw(self, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(mel that the vocoder is given, true mel, true waveform (B, frames * hop)) of a random part of each clip."""
        frames, hop = self.config.frames, FULL_BAND.hop_length
        coder = self.vae if rng.random() < 0.5 else None
        # The VAE needs whole windows: its group norms span the whole mel.
        length = FULL_BAND.window_samples if coder is not None else frames * hop + FULL_BAND.n_fft
        true = self.corpus.batch(self.config.batch, rng, length)
        with torch.autocast("cpu", enabled=False):
            mel = given = mel_spectrogram(true, FULL_BAND)
        if coder is not None:
            with torch.autocast("cpu", torch.bfloat16):
                given = coder.decode(coder.encode(pad_frames(mel, FULL_BAND))).float()
        first = int(rng.integers(0, length // hop - frames + 1))
        cut = slice(first, first + frames)
        return given[..., cut], mel[..., cut], true[:, first * hop :][:, : frames * hop]


def train(config: FullBandVocoderConfig, resume: bool = False) -> Path:
    """Fit the vocoder; writes a diffusers folder `out/vocoder`."""
    torch.manual_seed(config.seed)
    given = Vocoder.from_pretrained(config.init or checkpoint_folder("compact") / "vocoder")
    start = widened(given, FULL_BAND, config.rounds) if given.spec != FULL_BAND else given
    model = with_rounds(start, config.rounds)
    schedule = Schedule(
        config.steps, config.learning_rate, warmup=60, decay=0.4, betas=(0.8, 0.95), ema=0.995, clip=5.0
    )
    trainer = Trainer(model, schedule, config.out, resume)
    objective = FullBandVocoderObjective(config, model)
    held = held_out_waves(config.data, FULL_BAND, config.evaluation_clips, 11)
    trainer.fit(objective, lambda: evaluate(model, held, objective.vae), evaluate_every=1000)
    with trainer.averaged():
        model.save_pretrained(config.out / "vocoder", max_shard_size="8MB")
    return config.out / "vocoder"


def distance(made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """The spectral distance of waveforms (B, N) at 48 kHz, see `multi_resolution_stft`; 0 means equal."""
    return multi_resolution_stft(made, true, SILENCE, RESOLUTIONS, offset=1e-3)


@torch.inference_mode()
def evaluate(model: Vocoder, held: torch.Tensor, vae: MelVAE | None = None) -> dict[str, float]:
    """mrstft_mel: distance of sounds made from true mels; mrstft_coded: from mels that passed the VAE, if given.

    held: (clips, window_samples).
    """
    figures: dict[str, list[torch.Tensor]] = {}
    for true in held.split(1):
        mel = mel_spectrogram(true, FULL_BAND)
        inputs = {"mrstft_mel": mel}
        if vae is not None:
            inputs["mrstft_coded"] = vae.decode(vae.encode(pad_frames(mel, FULL_BAND)))[..., : mel.shape[-1]]
        for name, given in inputs.items():
            figures.setdefault(name, []).append(distance(model(given)[:, : true.shape[-1]], true))
    return {name: torch.stack(values).mean().item() for name, values in figures.items()}
