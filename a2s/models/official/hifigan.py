"""HiFi-GAN's generator (Kong et al. 2020), built from the JSON file beside its weights."""

from __future__ import annotations

import math

import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)

SLOPE, LAST_SLOPE = 0.1, 0.01
"""Slopes of the leaky ReLUs. The last one has torch's default, as in the original."""


class PairedBlock(nn.Module):
    """Type "1": a dilated and an undilated convolution make each residual. (B, C, T) -> (B, C, T)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList([_same(channels, kernel, d) for d in dilations])
        self.convs2 = nn.ModuleList([_same(channels, kernel, 1) for _ in dilations])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for wide, narrow in zip(self.convs1, self.convs2, strict=True):
            x = x + narrow(F.leaky_relu(wide(F.leaky_relu(x, SLOPE)), SLOPE))
        return x


class SingleBlock(nn.Module):
    """Type "2": one dilated convolution makes each residual. (B, C, T) -> (B, C, T)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs = nn.ModuleList([_same(channels, kernel, d) for d in dilations])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv in self.convs:
            x = x + conv(F.leaky_relu(x, SLOPE))
        return x


class HiFiGAN(ConfiguredModel):
    """mel (B, 128, T) in [0, 1] -> waveform (B, 256 T) at 16 kHz. Weight norm is folded into the weights."""

    @register_to_config
    def __init__(
        self,
        resblock: str = "1",
        upsample_rates: tuple[int, ...] = (8, 8, 2, 2),
        upsample_kernel_sizes: tuple[int, ...] = (16, 16, 4, 4),
        upsample_initial_channel: int = 512,
        resblock_kernel_sizes: tuple[int, ...] = (3, 7, 11),
        resblock_dilation_sizes: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5)),
        conv_pre_size: int = 128,
    ) -> None:
        super().__init__()
        block = PairedBlock if str(resblock) == "1" else SingleBlock
        width = upsample_initial_channel
        self.conv_pre = nn.Conv1d(conv_pre_size, width, 7, padding=3)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for rate, kernel in zip(upsample_rates, upsample_kernel_sizes, strict=True):
            self.ups.append(nn.ConvTranspose1d(width, width // 2, kernel, rate, (kernel - rate) // 2))
            width //= 2
            for size, dilations in zip(resblock_kernel_sizes, resblock_dilation_sizes, strict=True):
                self.resblocks.append(block(width, size, tuple(dilations)))
        self.conv_post = nn.Conv1d(width, 1, 7, padding=3)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, 128, T) in [0, 1] -> waveform (B, 256 T) in [-1, 1]."""
        return self.generate(math.log(10) * (5 * mel - 4))

    def generate(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Natural logarithm of the mel amplitude (B, 128, T) -> waveform (B, 256 T) in [-1, 1]."""
        x = self.conv_pre(log_mel)
        each = len(self.config.resblock_kernel_sizes)
        for stage, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, SLOPE))
            x = sum(block(x) for block in self.resblocks[stage * each : (stage + 1) * each]) / each
        return torch.tanh(self.conv_post(F.leaky_relu(x, LAST_SLOPE)))[:, 0]


def _same(channels: int, kernel: int, dilation: int) -> nn.Conv1d:
    return nn.Conv1d(channels, channels, kernel, padding=dilation * (kernel - 1) // 2, dilation=dilation)
