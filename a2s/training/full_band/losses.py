"""The loss of the mel VAE at 48 kHz, and the resolutions of the vocoder's."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from a2s.settings import AudioSpec

RESOLUTIONS = ((512, 128), (1024, 256), (2048, 512), (4096, 1024))
"""(n_fft, hop) pairs of the multi-resolution STFT distance, 11 to 85 ms at 48 kHz."""

DISCRIMINATOR_RESOLUTIONS = ((512, 192), (1024, 384), (2048, 512))
"""11 to 43 ms at 48 kHz."""

POOLS = ((1, 4), (1, 16), (4, 1), (4, 8), (8, 32))
"""(bands, frames) over which means are compared: the envelope of a noisy sound. Its grain cannot be coded."""

ENERGY_POOLS = ((1, 4), (1, 16))
"""(bands, frames) over which levels of the mean power are compared. A mean of dB alone leaves noise 2 dB too soft."""


def mel_loss(
    made: torch.Tensor, true: torch.Tensor, spec: AudioSpec
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """L1 and a little L2, steps in time and frequency, pooled means and levels; loud parts count more.

    made, true: (B, bands, frames) in [0, 1] or about. The loudest point of a window counts six times as much as one
    that is 40 dB below the loudest band of its frame and 60 dB below that of its window.
    Returns (loss, plain L1, weighted L1 of the pooled means); 0 means equal.
    """
    made, true = (x[..., : spec.window_frames] for x in (made, true))
    error, weight = made - true, _weight(true)
    l1 = error.abs().mean()
    weighted = (weight * error.abs()).mean() + 3 * (weight * error.square()).mean()
    steps = (weight[..., 1:] * error.diff(dim=-1).abs()).mean() + (weight[:, 1:] * error.diff(dim=-2).abs()).mean()
    pooled = torch.stack([(_pool(weight, p) * _pool(error, p).abs()).mean() for p in POOLS]).mean()
    moved = torch.stack([(_pool(weight, p) * (_level(made, p) - _level(true, p)).abs()).mean() for p in ENERGY_POOLS])
    return weighted + 0.3 * steps + 1.2 * pooled + 0.8 * moved.mean(), l1, pooled


def _pool(x: torch.Tensor, kernel: tuple[int, int]) -> torch.Tensor:
    return F.avg_pool2d(x[:, None], kernel)[:, 0]


def _level(mel: torch.Tensor, kernel: tuple[int, int]) -> torch.Tensor:
    """The mean power of each pool, on the scale of the mel: 1 is 100 dB."""
    return 0.1 * torch.log10(_pool(10 ** (10 * mel.clamp(-0.1, 1.1)), kernel))


def _weight(true: torch.Tensor) -> torch.Tensor:
    """(B, bands, frames), mean 1 in each window."""
    in_window = (true - true.amax((1, 2), keepdim=True)).mul(1 / 0.6).add(1).clamp(0, 1)
    in_frame = (true - true.amax(1, keepdim=True)).mul(1 / 0.4).add(1).clamp(0, 1)
    weight = 0.4 + in_window + in_frame
    return weight / weight.mean((1, 2), keepdim=True)
