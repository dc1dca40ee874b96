"""SpaceTimeTransformer: 16 images of 3 s to tokens, by attention over time and over space in turn.

The video encoder of Frozen in Time (Bain et al., ICCV 2021), which is frozen in Action2Sound. Its block differs from
TimeSformer's: the result of the attention over time is only an input of the attention over space.
"""

from __future__ import annotations

import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)


class DividedAttention(nn.Module):
    """Patches attend to CLS and the patches at their position (time) or in their frame (space); CLS to all."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: torch.Tensor, frames: int, over_time: bool) -> torch.Tensor:
        """x: (B, 1 + frames * patches, D), frame by frame -> the same shape."""
        # (B * heads, N, d) each, so that the groups can be the heads of a 4-d attention.
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).flatten(1, 2)

        def grouped(t: torch.Tensor) -> torch.Tensor:
            patches = t[:, 1:].unflatten(1, (frames, -1))
            return patches.transpose(1, 2) if over_time else patches

        def with_cls(t: torch.Tensor) -> torch.Tensor:
            patches = grouped(t)
            return torch.cat([t[:, None, :1].expand(-1, patches.shape[1], -1, -1), patches], 2)

        cls = F.scaled_dot_product_attention(q[:, None, :1], k[:, None], v[:, None])[:, 0]
        patches = F.scaled_dot_product_attention(grouped(q), with_cls(k), with_cls(v))
        patches = patches.transpose(1, 2) if over_time else patches
        joined = torch.cat([cls, patches.flatten(1, 2)], 1)
        return self.proj(joined.unflatten(0, (-1, self.heads)).transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """Two linear layers with an exact GELU between."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class SpaceTimeBlock(nn.Module):
    """Attention over time, over space, MLP; the second residual starts from the block's input."""

    def __init__(self, dim: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = DividedAttention(dim, heads)
        self.timeattn = DividedAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = MLP(dim, hidden)
        self.norm3 = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, x: torch.Tensor, frames: int) -> torch.Tensor:
        """(B, 1 + frames * patches, D) -> the same shape."""
        timed = x + self.timeattn(self.norm3(x), frames, over_time=True)
        x = x + self.attn(self.norm1(timed), frames, over_time=False)
        return x + self.mlp(self.norm2(x))


class PatchEmbedding(nn.Module):
    """(N, 3, H, W) -> (N, patches, D), row by row."""

    def __init__(self, dim: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, patch)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class SpaceTimeTransformer(ConfiguredModel):
    """Normalised images (B, T, 3, S, S), T up to `num_frames` -> tokens (B, 1 + T * patches, D), CLS first."""

    @register_to_config
    def __init__(
        self,
        img_size: int = 224,
        patch_size: int = 16,
        embed_dim: int = 768,
        depth: int = 12,
        num_heads: int = 12,
        num_frames: int = 16,
        mlp_ratio: float = 4.0,
    ) -> None:
        super().__init__()
        patches = (img_size // patch_size) ** 2
        self.patch_embed = PatchEmbedding(embed_dim, patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + patches, embed_dim))
        self.temporal_embed = nn.Parameter(torch.zeros(1, num_frames, embed_dim))
        hidden = round(mlp_ratio * embed_dim)
        self.blocks = nn.ModuleList([SpaceTimeBlock(embed_dim, num_heads, hidden) for _ in range(depth)])
        self.norm = nn.LayerNorm(embed_dim, eps=1e-6)

    def forward(self, video: torch.Tensor) -> torch.Tensor:
        batch, frames = video.shape[:2]
        patches = self.patch_embed(video.flatten(0, 1)).unflatten(0, (batch, frames))
        patches = patches + self.pos_embed[:, None, 1:] + self.temporal_embed[:, :frames, None]
        cls = (self.cls_token + self.pos_embed[:, :1]).expand(batch, -1, -1)
        x = torch.cat([cls, patches.flatten(1, 2)], 1)
        for block in self.blocks:
            x = block(x, frames)
        return self.norm(x)

    def features(self, video: torch.Tensor) -> torch.Tensor:
        """(B, T, 3, S, S) -> (B, 1 + T, D): the CLS token, then for each frame the maximum over its patches."""
        tokens = self(video)
        return torch.cat([tokens[:, :1], tokens[:, 1:].unflatten(1, (video.shape[1], -1)).amax(2)], 1)
