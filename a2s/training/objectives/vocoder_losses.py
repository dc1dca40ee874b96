"""The losses of the vocoder: spectral distances and multi-resolution discriminators."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

RESOLUTIONS = ((512, 128), (1024, 256), (2048, 512), (256, 64))
"""(n_fft, hop) pairs of the multi-resolution STFT distance."""

DISCRIMINATOR_RESOLUTIONS = ((512, 128), (1024, 256), (256, 64))

Resolutions = tuple[tuple[int, int], ...]
"""(n_fft, hop) pairs."""

Judgement = tuple[torch.Tensor, list[torch.Tensor]]
"""(scores, features of each layer) of one discriminator."""


def magnitude(waveform: torch.Tensor, n_fft: int, hop: int) -> torch.Tensor:
    """(B, N) -> (B, n_fft / 2 + 1, T)."""
    window = torch.hann_window(n_fft, device=waveform.device)
    spectrum = torch.stft(waveform, n_fft, hop, window=window, return_complex=True)
    return (spectrum.real.square() + spectrum.imag.square() + 1e-12).sqrt()


def multi_resolution_stft(
    made: torch.Tensor,
    true: torch.Tensor,
    floor: float = 0.0,
    resolutions: Resolutions = RESOLUTIONS,
    offset: float = 1e-4,
) -> torch.Tensor:
    """Spectral convergence plus L1 of log10 magnitude, mean over the resolutions (Yamamoto et al. 2020).

    made, true: (B, N). 0 means equal. Convergence is computed per sound, so that quiet sounds count as much as loud
    ones. floor: smallest RMS magnitude of a bin in the denominator, so that silent sounds do not dominate.
    offset: magnitude that is added before the logarithm.
    """
    total = made.new_zeros(())
    for n_fft, hop in resolutions:
        a, b = magnitude(made, n_fft, hop), magnitude(true, n_fft, hop)
        least = max(1e-3, floor * b[0].numel() ** 0.5)
        convergence = ((a - b).norm(dim=(1, 2)) / b.norm(dim=(1, 2)).clamp(min=least)).mean()
        total = total + convergence + (torch.log10(a + offset) - torch.log10(b + offset)).abs().mean()
    return total / len(resolutions)


class SpectrumDiscriminator(nn.Module):
    """Convolutions over the compressed magnitude of one STFT (UnivNet, Jang et al. 2021)."""

    def __init__(self, n_fft: int, hop: int, channels: int = 24) -> None:
        super().__init__()
        self.n_fft, self.hop = n_fft, hop
        norm = nn.utils.parametrizations.weight_norm
        c = channels
        self.layers = nn.ModuleList(
            [
                norm(nn.Conv2d(1, c, (7, 5), stride=(2, 2), padding=(3, 2))),
                norm(nn.Conv2d(c, c, (5, 3), stride=(2, 1), padding=(2, 1))),
                norm(nn.Conv2d(c, 2 * c, (5, 3), stride=(2, 2), padding=(2, 1))),
                norm(nn.Conv2d(2 * c, 2 * c, 3, padding=1)),
            ]
        )
        self.score = norm(nn.Conv2d(2 * c, 1, 3, padding=1))

    def forward(self, waveform: torch.Tensor) -> Judgement:
        """waveform: (B, N)."""
        x = torch.log10(magnitude(waveform, self.n_fft, self.hop) + 1e-4)[:, None] + 2
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.score(x), features


class Discriminators(nn.Module):
    """One `SpectrumDiscriminator` per resolution."""

    def __init__(self, resolutions: Resolutions = DISCRIMINATOR_RESOLUTIONS, channels: int = 24) -> None:
        super().__init__()
        self.each = nn.ModuleList([SpectrumDiscriminator(n_fft, hop, channels) for n_fft, hop in resolutions])

    def forward(self, waveform: torch.Tensor) -> list[Judgement]:
        """waveform: (B, N)."""
        return [d(waveform) for d in self.each]


def discriminator_loss(true: list[Judgement], made: list[Judgement]) -> torch.Tensor:
    """Hinge loss, mean over all resolutions (Lim and Ye 2017)."""
    pairs = zip(true, made, strict=True)
    return torch.stack([F.relu(1 - t).mean() + F.relu(1 + m).mean() for (t, _), (m, _) in pairs]).mean()


def generator_loss(true: list[Judgement], made: list[Judgement]) -> tuple[torch.Tensor, torch.Tensor]:
    """(adversarial loss, feature matching loss), means over all resolutions."""
    adversarial = -torch.stack([scores.mean() for scores, _ in made]).mean()
    distances = [
        F.l1_loss(b, a.detach())
        for (_, features), (_, fakes) in zip(true, made, strict=True)
        for a, b in zip(features, fakes, strict=True)
    ]
    return adversarial, torch.stack(distances).mean()
