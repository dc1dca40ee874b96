"""Train the vocoder on rendered videos and real recordings, in a later stage also on mels that passed the VAE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import Field, PositiveInt

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models.mel_vae import MelVAE
from a2s.models.vocoder import Vocoder
from a2s.settings import AUDIO
from a2s.training.config import TrainingConfig
from a2s.training.data import LongVideos, Recordings, held_out_mixes, recordings_in, sound_batch
from a2s.training.objectives.vocoder_losses import (
    Discriminators,
    discriminator_loss,
    generator_loss,
    multi_resolution_stft,
)
from a2s.training.trainer import Schedule, Trainer

SILENCE = 0.005
"""Magnitude of a bin below which a sound counts as silent: about that of noise at -70 dBFS."""


class VocoderConfig(TrainingConfig):
    """recordings: folder of real sounds, two fifths of every batch. vae: a trained VAE; half of the mels then pass
    through it. init: a trained vocoder to start from; it may have fewer `rounds` or none. adversarial_from: step at
    which the discriminators start; None trains without them. frames: mel frames of a training clip. channels, layers:
    of the backbone. rounds: of fast Griffin-Lim behind it.
    """

    steps: PositiveInt = 20_000
    batch: PositiveInt = 8
    evaluation_clips: PositiveInt = 16
    recordings: Path | None = None
    vae: Path | None = None
    init: Path | None = None
    adversarial_from: int | None = None
    frames: int = Field(default=64, gt=0)
    learning_rate: float = 1e-3
    channels: int = 256
    layers: int = 8
    rounds: int = Field(default=16, ge=0)


class VocoderObjective:
    """Draws a batch of mels and waveforms, and computes the vocoder's loss."""

    def __init__(self, config: VocoderConfig, model: Vocoder) -> None:
        self.config, self.model = config, model
        self.videos = LongVideos(config.data)
        self.recordings = Recordings(recordings_in(config.recordings)) if config.recordings else None
        self.vae = MelVAE.from_pretrained(config.vae).eval().requires_grad_(False) if config.vae else None
        self.adversary = Adversary(Discriminators()) if config.adversarial_from is not None else None

    def __call__(self, step: int) -> tuple[torch.Tensor, dict[str, float]]:
        given, mel, true = self.draw(np.random.default_rng([self.config.seed, step]))
        made = self.model(given)
        with torch.autocast("cpu", enabled=False):
            spectral = multi_resolution_stft(made, true, SILENCE)
            mel_l1 = (mel_spectrogram(made)[..., : mel.shape[-1]] - mel).abs().mean()
            total = spectral + 8 * mel_l1
            figures = {"mrstft": spectral.item(), "mel_db": 100 * mel_l1.item()}
            if self.adversary is not None and step >= (self.config.adversarial_from or 0):
                extra, more = self.adversary(true, made)
                total, figures = total + extra, figures | more
        return total, figures

    @torch.no_grad()
    def draw(self, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(mel that the vocoder is given, true mel, true waveform (B, frames * hop)) of a random part of each clip."""
        frames, hop = self.config.frames, AUDIO.hop_length
        # The VAE needs whole windows: its group norms span the whole mel.
        length = AUDIO.window_samples if self.vae is not None else frames * hop
        true = sound_batch(self.videos, self.recordings, self.config.batch, length, rng, real=0.4)
        with torch.autocast("cpu", enabled=False):
            mel = given = mel_spectrogram(true)
            if self.vae is not None and rng.random() < 0.5:
                with torch.autocast("cpu", torch.bfloat16):
                    given = self.vae.decode(self.vae.encode(pad_frames(mel))).float()
        first = int(rng.integers(0, length // hop - frames + 1))
        cut = slice(first, first + frames)
        return given[..., cut], mel[..., cut], true[:, first * hop :][:, : frames * hop]


def train(config: VocoderConfig, resume: bool = False) -> Path:
    """Fit the vocoder; writes a diffusers folder `out/vocoder`."""
    torch.manual_seed(config.seed)
    if config.init:
        model = with_rounds(Vocoder.from_pretrained(config.init), config.rounds)
    else:
        model = Vocoder(config.channels, config.layers, rounds=config.rounds)
    schedule = Schedule(config.steps, config.learning_rate, betas=(0.8, 0.95), clip=5.0)
    trainer = Trainer(model, schedule, config.out, resume, precision="bf16")
    held = held_out_waves(config)
    trainer.fit(
        VocoderObjective(config, model), lambda: evaluate(model, held, config.evaluation_clips), evaluate_every=2000
    )
    with trainer.averaged():
        model.save_pretrained(config.out / "vocoder", max_shard_size="8MB")
    return config.out / "vocoder"


def with_rounds(given: Vocoder, rounds: int) -> Vocoder:
    """A vocoder with `rounds` and the weights of another."""
    model = Vocoder.from_config(given.config, rounds=rounds)
    weights = {k: v for k, v in given.state_dict().items() if k != "momentum" or len(v) == rounds}
    model.load_state_dict(weights, strict=False)
    return model


class Adversary:
    """The discriminators and their optimiser. A resumed run restarts them, which costs a few hundred steps."""

    def __init__(self, nets: Discriminators) -> None:
        self.nets = nets
        self.optimiser = torch.optim.AdamW(self.nets.parameters(), 5e-4, betas=(0.8, 0.95))

    def __call__(self, true: torch.Tensor, made: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
        """Train the discriminators by a step; returns (loss of the vocoder, figures)."""
        wrong = discriminator_loss(self.nets(true), self.nets(made.detach()))
        self.optimiser.zero_grad(set_to_none=True)
        wrong.backward()
        self.optimiser.step()
        self.nets.requires_grad_(False)
        adversarial, matching = generator_loss(self.nets(true), self.nets(made))
        self.nets.requires_grad_(True)
        return 0.1 * adversarial + matching, {"discriminator": wrong.item(), "matching": matching.item()}


def held_out_waves(config: VocoderConfig) -> torch.Tensor:
    """(evaluation_clips, 48000) of held-out videos, then as many of held-out recordings where there are any."""
    rng = np.random.default_rng(2)
    waves = held_out_mixes(config.data, config.evaluation_clips, rng)
    if config.recordings:
        fold = Recordings(recordings_in(config.recordings, ("1-", "2-"))[::15])
        waves += [fold.clip(rng, AUDIO.window_samples) for _ in range(config.evaluation_clips)]
    return torch.from_numpy(np.stack(waves).clip(-1, 1))


@torch.inference_mode()
def evaluate(model: Vocoder, held: torch.Tensor, clips: int) -> dict[str, float]:
    """mrstft_0 and mrstft_1: spectral distance on videos and on recordings, `clips` of each."""
    made = model(mel_spectrogram(held))[:, : held.shape[-1]]
    pairs = zip(made.split(clips), held.split(clips), strict=True)
    return {f"mrstft_{k}": multi_resolution_stft(m, h).item() for k, (m, h) in enumerate(pairs)}
