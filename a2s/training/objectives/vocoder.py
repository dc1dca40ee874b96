"""Train the vocoder on worlds and real recordings, at last also on what the VAE makes of a mel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models.mel_vae import MelVAE
from a2s.models.vocoder import Vocoder
from a2s.settings import AUDIO
from a2s.training.data import LongVideos, Recordings, recordings_in, sound_batch
from a2s.training.objectives.vocoder_losses import (
    Discriminators,
    discriminator_loss,
    generator_loss,
    multi_resolution_stft,
)
from a2s.training.trainer import Schedule, Trainer

SILENCE = 0.005
"""Magnitude of a bin below which a sound counts as silent: about that of noise at -70 dBFS."""


def train(
    data: str | Path,
    out: str | Path,
    resume: bool = False,
    steps: int = 20_000,
    recordings: str | Path | None = None,
    vae: str | Path | None = None,
    init: str | Path | None = None,
    adversarial_from: int | None = None,
    batch: int = 8,
    frames: int = 64,
    learning_rate: float = 1e-3,
    channels: int = 256,
    layers: int = 8,
    rounds: int = 16,
    seed: int = 0,
) -> Path:
    """Fit the vocoder; writes a diffusers folder `out/vocoder`.

    vae: a trained VAE; half of the mels then pass through it, so that the vocoder learns to give its smooth noise
    its grain back. adversarial_from: the step at which the discriminators join; None leaves them out. init: start from
    these weights, which may have been trained with fewer `rounds` or none.
    """
    torch.manual_seed(seed)
    videos = LongVideos(data)
    real = Recordings(recordings_in(recordings)) if recordings else None
    coder = MelVAE.from_pretrained(vae).eval().requires_grad_(False) if vae else None
    model = _started(init, rounds) if init else Vocoder(channels, layers, rounds=rounds)
    schedule = Schedule(steps, learning_rate, betas=(0.8, 0.95), clip=5.0)
    trainer = Trainer(model, schedule, Path(out), resume, precision="bf16")
    judges = Judges() if adversarial_from is not None else None
    held = _held_out(data, recordings)
    samples = frames * AUDIO.hop_length
    length = AUDIO.window_samples if coder is not None else samples

    def loss(step: int):
        rng = np.random.default_rng([seed, step])
        true = sound_batch(videos, real, batch, length, rng, real=0.4)
        with torch.autocast("cpu", enabled=False), torch.no_grad():
            mel = mel_spectrogram(true)
            # The VAE is only true to whole windows: its group norms take in the whole picture.
            through = coder is not None and rng.random() < 0.5
            with torch.autocast("cpu", torch.bfloat16):
                seen = coder.decode(coder.encode(pad_frames(mel))).float() if through else mel
            first = int(rng.integers(0, length // AUDIO.hop_length - frames + 1))
            mel, seen = (x[..., first : first + frames] for x in (mel, seen))
            true = true[:, first * AUDIO.hop_length :][:, :samples]
        made = model(seen)
        with torch.autocast("cpu", enabled=False):
            spectral = multi_resolution_stft(made, true, SILENCE)
            mel_l1 = (mel_spectrogram(made)[..., : mel.shape[-1]] - mel).abs().mean()
            total = spectral + 8 * mel_l1
            figures = {"mrstft": spectral.item(), "mel_db": 100 * mel_l1.item()}
            if judges is not None and step >= adversarial_from:
                extra, more = judges(true, made)
                total, figures = total + extra, figures | more
        return total, figures

    trainer.fit(loss, lambda: held_out_distance(model, held), evaluate_every=2000)
    with trainer.averaged():
        model.save_pretrained(Path(out) / "vocoder", max_shard_size="8MB")
    return Path(out) / "vocoder"


def _started(init: str | Path, rounds: int) -> Vocoder:
    given = Vocoder.from_pretrained(init)
    model = Vocoder.from_config(given.config, rounds=rounds)
    weights = {k: v for k, v in given.state_dict().items() if k != "momentum" or len(v) == rounds}
    model.load_state_dict(weights, strict=False)
    return model


class Judges:
    """The discriminators and their own optimiser; a resumed run starts them afresh, which costs a few hundred steps."""

    def __init__(self):
        self.nets = Discriminators()
        self.optimiser = torch.optim.AdamW(self.nets.parameters(), 5e-4, betas=(0.8, 0.95))

    def __call__(self, true: torch.Tensor, made: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
        wrong = discriminator_loss(self.nets(true), self.nets(made.detach()))
        self.optimiser.zero_grad(set_to_none=True)
        wrong.backward()
        self.optimiser.step()
        self.nets.requires_grad_(False)
        adversarial, matching = generator_loss(self.nets(true), self.nets(made))
        self.nets.requires_grad_(True)
        return 0.1 * adversarial + matching, {"judge": wrong.item(), "matching": matching.item()}


def _held_out(data, recordings) -> torch.Tensor:
    """(32, 48000): held-out worlds, and held-out recordings where there are any."""
    beside = Path(str(data).rstrip("/") + "-held-out")
    videos = LongVideos(beside) if beside.is_dir() else LongVideos(data, slice(-8, None))
    rng = np.random.default_rng(2)
    waves = [videos.clip(k % len(videos), videos.random_start(k % len(videos), rng)).sum(0) for k in range(16)]
    if recordings:
        fold = Recordings(recordings_in(recordings, ("1-", "2-"))[::15])
        waves += [fold.clip(rng, AUDIO.window_samples) for _ in range(16)]
    return torch.from_numpy(np.stack(waves).clip(-1, 1))


def held_out_distance(model: Vocoder, held: torch.Tensor) -> dict[str, float]:
    with torch.inference_mode():
        made = model(mel_spectrogram(held))[:, : held.shape[-1]]
        return {
            f"mrstft_{k}": multi_resolution_stft(m, h).item()
            for k, (m, h) in enumerate(zip(made.split(16), held.split(16)))
        }
