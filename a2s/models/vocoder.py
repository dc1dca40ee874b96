"""Vocoder: a mel spectrogram to a waveform, by predicting a short-time spectrum and inverting it.

A ConvNeXt backbone at the mel's own frame rate with an inverse-STFT head (Siuzdak 2023, "Vocos"; Kaneko et al. 2022,
"iSTFTNet"), some iterations of the fast Griffin-Lim algorithm (Perraudin et al. 2013) through which gradients flow
(Masuyama et al. 2019, "Deep Griffin-Lim Iteration"), and the losses of HiFi-GAN (Kong et al. 2020).
"""

from __future__ import annotations

import math

import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import expand, mel_pseudo_inverse
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.blocks import ConvNeXtBlock
from a2s.settings import AUDIO, AudioSpec


class Vocoder(ConfiguredModel):
    """mel (B, n_mels, T) in [0, 1] -> waveform (B, hop_length T) at `spec.sample_rate`, by default 16 kHz.

    The initial magnitude is the pseudo-inverse of the mel basis, the initial phase a sine at each bin's centre; the
    network predicts a correction of both. Without them, training takes several times as long for the same error.

    rounds: Griffin-Lim iterations that make the spectrum consistent, that is, the spectrum of a waveform. Frames
    overlap by three quarters, so neighbours determine each other's phase.
    """

    @register_to_config
    def __init__(
        self,
        channels: int = 256,
        layers: int = 8,
        expansion: int = 3,
        n_fft: int = 1024,
        hop_length: int = 256,
        rounds: int = 0,
        sample_rate: int = AUDIO.sample_rate,
        n_mels: int = AUDIO.n_mels,
        fmin: float = AUDIO.fmin,
        fmax: float = AUDIO.fmax,
    ) -> None:
        super().__init__()
        self.spec = AudioSpec(sample_rate, n_fft, hop_length, n_mels, fmin, fmax)
        bins = n_fft // 2 + 1
        self.stem = nn.Conv1d(n_mels, channels, 7, padding=3)
        self.stem_norm = nn.LayerNorm(channels)
        self.blocks = nn.Sequential(*[ConvNeXtBlock(channels, expansion * channels) for _ in range(layers)])
        self.head_norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, 2 * bins)
        self.momentum = nn.Parameter(torch.full((rounds,), 0.8)) if rounds else None
        pinv = mel_pseudo_inverse(self.spec) / self.spec.magnitude_scale
        self.register_buffer("pinv", pinv.clone(), persistent=False)
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        self.register_buffer("advance", hop_length * torch.arange(bins)[None, :, None], persistent=False)

    def spectrum(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, n_mels, T) -> complex spectrum (B, n_fft / 2 + 1, T)."""
        x = self.stem_norm(self.stem(mel * 4 - 1).transpose(1, 2)).transpose(1, 2)
        x = self.head(self.head_norm(self.blocks(x).transpose(1, 2))).transpose(1, 2).float()
        gain, phase = x.chunk(2, dim=1)
        prior = (self.pinv @ expand(mel.float())).clamp(min=1e-5)
        # Whole turns are removed as integers. In float32 radians they would cost a long sound its phase precision.
        n_fft = self.config.n_fft
        turn = (self.advance * torch.arange(mel.shape[-1], device=mel.device)) % n_fft
        return torch.polar(prior * torch.exp(gain.clamp(-6, 3)), phase + turn * (2 * math.pi / n_fft))

    def consistent(self, spectrum: torch.Tensor) -> torch.Tensor:
        """Return (B, n_fft / 2 + 1, T) complex with the same magnitude and more consistent phases."""
        magnitude = spectrum.abs()
        before: torch.Tensor | None = None
        for momentum in () if self.momentum is None else self.momentum.float():
            projected = self._stft(self._istft(spectrum))
            ahead = projected if before is None else projected + momentum * (projected - before)
            before = projected
            # Where the power is near zero, the phase is arbitrary and its gradient unbounded; the offset limits both.
            power = ahead.real.square() + ahead.imag.square()
            spectrum = ahead * (magnitude * (power + 0.01 * magnitude.square() + 1e-12).rsqrt())
        return spectrum

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        # A VAE that does not clip may leave the range of the training data.
        mel = mel.clamp(0, 1)
        # T frames span hop_length (T - 1) samples. One more frame gives hop_length T, as an upsampling vocoder returns.
        return self._istft(self.consistent(self.spectrum(F.pad(mel, (0, 1), mode="replicate"))))

    def _stft(self, waveform: torch.Tensor) -> torch.Tensor:
        n_fft, hop = self.config.n_fft, self.config.hop_length
        return torch.stft(waveform, n_fft, hop, window=self.window, return_complex=True)

    def _istft(self, spectrum: torch.Tensor) -> torch.Tensor:
        n_fft, hop = self.config.n_fft, self.config.hop_length
        return torch.istft(spectrum, n_fft, hop, window=self.window)
