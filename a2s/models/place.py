"""Location towers of AV-Sim: where a video was recorded, and what such a location sounds like, in one space."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from a2s.models.blocks import AudioEncoder, downsampling


class PlaceVideoTower(nn.Module):
    """keyframes (B, 4, 64, 64, 3) in [0, 1] -> (B, E), unit length: an average over keyframes, without actions."""

    def __init__(self, embedding: int, channels: tuple[int, ...] = (3, 24, 48, 96, 160)) -> None:
        super().__init__()
        self.body = downsampling(tuple(channels))
        self.project = nn.Sequential(nn.Linear(2 * channels[-1], channels[-1]), nn.SiLU())
        self.head = nn.Linear(channels[-1], embedding)

    def forward(self, keyframes: torch.Tensor) -> torch.Tensor:
        x = self.body(keyframes.flatten(0, 1).permute(0, 3, 1, 2) * 2 - 1)
        each = self.project(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)).unflatten(0, keyframes.shape[:2])
        return F.normalize(self.head(each.mean(1)), dim=-1)


class PlaceAudioTower(nn.Module):
    """mel (B, 128, T) in [0, 1] -> (B, E), unit length. Any T.

    Each feature enters with its mean, minimum and standard deviation over time: ambience is steady, actions are not.
    """

    def __init__(self, embedding: int, width: int = 96) -> None:
        super().__init__()
        self.body = AudioEncoder(width)
        self.head = nn.Linear(3 * width, embedding)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        x = self.body(mel)
        over_time = torch.cat([x.mean(-1), x.amin(-1), x.std(-1, correction=0)], 1)
        return F.normalize(self.head(over_time), dim=-1)
