"""The context of the released UNet: 16 video tokens and the 24 columns of the ambient clip's latent."""

from __future__ import annotations

import torch
from diffusers.configuration_utils import register_to_config
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import nn

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.settings import AUDIO


class VideoTokens(nn.Module):
    """(B, T, D) -> (B, T, C): a linear layer and a position table."""

    def __init__(self, video_dim: int, context_dim: int, frames: int) -> None:
        super().__init__()
        self.embedder = nn.Sequential(nn.Linear(video_dim, context_dim))
        self.pos_emb = nn.Embedding(frames, context_dim)

    def forward(self, video: torch.Tensor) -> torch.Tensor:
        return self.embedder(video) + self.pos_emb.weight


class AudioTokens(nn.Module):
    """Latent (B, C, 16, 24) -> (B, 24, D), one token for each column: a random projection that was not trained."""

    def __init__(self, latent_dim: int, hidden: int, context_dim: int, columns: int) -> None:
        super().__init__()
        self.linear = nn.Sequential(nn.Linear(latent_dim, hidden), nn.GELU(), nn.Linear(hidden, context_dim))
        self.pos_emb = nn.Embedding(columns, context_dim)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        columns = latent.flatten(1, 2).transpose(1, 2)  # channel-major: index = channel * 16 + band
        return self.linear(columns) + self.pos_emb.weight


class OfficialConditioner(ConfiguredModel):
    """Context (B, 40, C) = [video tokens, audio tokens]. It has no grid.

    cues: whether the cue roll is an input; this network has none.
    """

    grid_channels = 0

    @register_to_config
    def __init__(
        self,
        video_dim: int = 768,
        context_dim: int = 768,
        latent_channels: int = 4,
        hidden: int = 512,
        num_frames: int = 16,
        cues: bool = False,
    ) -> None:
        super().__init__()
        if cues:
            raise ValueError("OfficialConditioner has no input for cues: cues must be False")
        bands, columns = AUDIO.latent_bands, AUDIO.latent_frames
        self.cond_stage_model = VideoTokens(video_dim, context_dim, num_frames)
        self.audio_cond_encoder = AudioTokens(latent_channels * bands, hidden, context_dim, columns)
        self.audio_zero_embed = nn.Parameter(torch.zeros(1, columns, context_dim))

    @property
    def uses_cues(self) -> bool:
        """Whether the cue roll shapes the sound: never."""
        return self.config.cues

    def forward(self, video: torch.Tensor, ambient: torch.Tensor | None) -> torch.Tensor:
        """video (B, 16, D), ambient (B, C, 16, 24), or None for the learned "no condition" -> context (B, 40, C)."""
        if ambient is None:
            audio = self.audio_zero_embed.expand(len(video), -1, -1)
        else:
            audio = self.audio_cond_encoder(ambient)
        return torch.cat([self.cond_stage_model(video), audio], 1)

    @apply_forward_hook
    def branches(
        self, video: torch.Tensor, cues: torch.Tensor, ambient: torch.Tensor, guided: bool
    ) -> tuple[torch.Tensor, None]:
        """Return the context of one UNet call; with guidance, the unconditional rows are first: zeros, as the authors'.

        video: (B, 17, D) of `OfficialAVSim.encode`; CLS is dropped. cues: not used.
        """
        context = self(video[:, 1:], ambient)
        return (torch.cat([torch.zeros_like(context), context]) if guided else context), None
