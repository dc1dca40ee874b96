"""Blocks that several models share."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from a2s.settings import AUDIO


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then a pointwise MLP, as a residual. (B, C, T) -> (B, C, T)."""

    def __init__(self, channels: int, hidden: int, kernel: int = 7, dilation: int = 1) -> None:
        super().__init__()
        pad = dilation * (kernel - 1) // 2
        self.depthwise = nn.Conv1d(channels, channels, kernel, padding=pad, groups=channels, dilation=dilation)
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, hidden)
        self.contract = nn.Linear(hidden, channels)
        self.gain = nn.Parameter(torch.full((channels,), 0.3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(self.depthwise(x).transpose(1, 2))
        return x + (self.gain * self.contract(F.gelu(self.expand(y)))).transpose(1, 2)


class ShiftBlock(nn.Module):
    """3x3 convolution after a temporal shift (Lin et al. 2019). (B, T, C, H, W) -> (B, T, C', H', W').

    A quarter of the channels is taken from the previous time slot, a quarter from the next one. The norm is a batch
    norm, because a norm of each frame would remove the strength of the motion.
    """

    def __init__(self, channels: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(out)
        self.residual = channels == out and stride == 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        k = x.shape[2] // 4
        before = F.pad(x[:, :-1, :k], (0, 0, 0, 0, 0, 0, 1, 0))
        after = F.pad(x[:, 1:, k : 2 * k], (0, 0, 0, 0, 0, 0, 0, 1))
        shifted = torch.cat([before, after, x[:, :, 2 * k :]], 2)
        y = F.silu(self.norm(self.conv(shifted.flatten(0, 1)))).unflatten(0, x.shape[:2])
        return x + y if self.residual else y


def downsampling(channels: tuple[int, ...], kernel: int = 3) -> nn.Sequential:
    """Strided 2-d convolutions with group norm; each halves height and width."""
    layers: list[nn.Module] = []
    for a, b in zip(channels[:-1], channels[1:]):
        layers += [nn.Conv2d(a, b, kernel, 2, kernel // 2, bias=False), nn.GroupNorm(8, b), nn.SiLU()]
    return nn.Sequential(*layers)


class AudioEncoder(nn.Module):
    """mel (B, 128, T) in [0, 1] -> (B, E, T / 8)."""

    def __init__(self, embedding: int = 128, channels: tuple[int, ...] = (1, 24, 48, 96)) -> None:
        super().__init__()
        self.body = downsampling(tuple(channels))
        self.project = nn.Conv1d(channels[-1] * AUDIO.n_mels // 2 ** (len(channels) - 1), embedding, 1)
        self.time = nn.Sequential(
            ConvNeXtBlock(embedding, 2 * embedding, 5), ConvNeXtBlock(embedding, 2 * embedding, 5, 2)
        )

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        return self.time(self.project(self.body(mel[:, None] * 2 - 1).flatten(1, 2)))
