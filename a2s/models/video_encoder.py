"""Compact video encoder: motion grids and colour keyframes to video tokens, and heads that predict cues from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.blocks import ConvNeXtBlock, ShiftBlock, downsampling
from a2s.settings import ACTIONS, MATERIALS, VIDEO

SKETCH_BANDS, SKETCH_SLOTS = 32, 2 * VIDEO.tokens
"""Size of the coarse mel that is predicted for a window."""


@dataclass
class Reading:
    """Predictions of the heads for one window.

    onset: (B, 96) logits, in slots of 1/32 s. action, material: (B, 48, 8) logits for each token. strength: (B, 48) in
    [0, 1]. sketch: (B, 32, 96), coarse mel in [0, 1] of the action alone.
    """

    onset: torch.Tensor
    action: torch.Tensor
    material: torch.Tensor
    strength: torch.Tensor
    sketch: torch.Tensor


class VideoEncoder(ConfiguredModel):
    """Motion (B, 48, 12, 12, 6) and keyframes (B, 4, 64, 64, 3) in [0, 1] -> tokens (B, 48, D).

    Motion determines when and how, keyframes what and where. The grids are those of `a2s.vision.motion_grid`.
    """

    @register_to_config
    def __init__(
        self,
        token_dim: int = 192,
        motion_channels: tuple[int, ...] = (32, 64, 96),
        look_channels: tuple[int, ...] = (3, 24, 48, 96, 128),
        dilations: tuple[int, ...] = (1, 2, 4, 8, 1),
    ) -> None:
        super().__init__()
        a, b, c = motion_channels
        self.motion = nn.Sequential(ShiftBlock(6, a), ShiftBlock(a, b, 2), ShiftBlock(b, b), ShiftBlock(b, c, 2))
        self.attention = nn.Conv2d(c, 1, 1)
        self.project = nn.Conv1d(3 * c, token_dim, 1)
        self.look = downsampling(tuple(look_channels))
        self.look_project = nn.Linear(2 * look_channels[-1], token_dim)
        self.time = nn.Sequential(*[ConvNeXtBlock(token_dim, 2 * token_dim, 5, d) for d in dilations])
        self.norm = nn.LayerNorm(token_dim)
        self.onset = nn.Linear(token_dim, 2)
        self.action = nn.Linear(token_dim, len(ACTIONS))
        self.material = nn.Linear(token_dim, len(MATERIALS))
        self.strength = nn.Linear(token_dim, 1)
        self.sketch = nn.Linear(token_dim, 2 * SKETCH_BANDS)

    def looks(self, keyframes: torch.Tensor) -> torch.Tensor:
        """(B, 4, 64, 64, 3) in [0, 1] -> (B, 4, D)."""
        x = self.look(keyframes.flatten(0, 1).permute(0, 3, 1, 2) * 2 - 1)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        return self.look_project(pooled).unflatten(0, keyframes.shape[:2])

    def forward(self, motion: torch.Tensor, keyframes: torch.Tensor) -> torch.Tensor:
        # Velocities span three decades. The logarithm brings slow hands and fast hammers to one scale.
        x = motion.permute(0, 1, 4, 2, 3)
        x = self.motion(x.sign() * torch.log1p(8 * x.abs()))
        weights = self.attention(x.flatten(0, 1)).flatten(2).softmax(-1).unflatten(0, x.shape[:2])[:, :, 0]
        cells = x.flatten(3)
        pooled = torch.cat([cells.mean(-1), cells.amax(-1), (cells * weights[:, :, None]).sum(-1)], 2)
        tokens = self.project(pooled.transpose(1, 2))
        looks = self.looks(keyframes).transpose(1, 2)
        tokens = tokens + F.interpolate(looks, size=tokens.shape[-1], mode="nearest")
        return self.norm(self.time(tokens).transpose(1, 2))

    def read(self, tokens: torch.Tensor) -> Reading:
        """Return the predictions of the heads for tokens (B, 48, D)."""
        sketch = self.sketch(tokens).unflatten(-1, (2, SKETCH_BANDS)).flatten(1, 2).transpose(1, 2)
        return Reading(
            onset=self.onset(tokens).flatten(1),
            action=self.action(tokens),
            material=self.material(tokens),
            strength=self.strength(tokens)[..., 0].sigmoid(),
            sketch=sketch,
        )


def model_inputs(
    motion: np.ndarray | torch.Tensor, keyframes: np.ndarray | torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return motion (48, 12, 12, 6) and keyframes (4, 64, 64, 3) uint8, with or without batch axis, as tensors."""
    grid, look = torch.as_tensor(motion).float(), torch.as_tensor(keyframes).float() / 255
    return (grid[None], look[None]) if grid.ndim == 4 else (grid, look)
