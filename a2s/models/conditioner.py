"""Conditioner: video tokens, cue roll and ambient latent to what the UNet is shown.

As in Action2Sound (section 3.3) the UNet cross-attends to video tokens and to the ambient clip's latent, read column by
column. Cross-attention alone learns timing slowly, so with `aligned` the same conditions are also laid on the latent's
own time grid, as further input channels; official weights go without.
"""

from __future__ import annotations

import math

import torch
from diffusers.configuration_utils import register_to_config
from torch import nn

from a2s.cues.cue_roll import ROLL_CHANNELS
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.blocks import ConvNeXtBlock
from a2s.models.video_encoder import SKETCH_BANDS, SKETCH_SLOTS
from a2s.settings import AUDIO, VIDEO


def sinusoids(length: int, channels: int) -> torch.Tensor:
    """(length, channels) sine and cosine position table, times of one window from 1 to 60 cycles."""
    rates = torch.exp(torch.arange(channels // 2) / (channels // 2) * math.log(60.0))
    angles = 2 * math.pi * torch.arange(length)[:, None] / length * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


class Conditioner(ConfiguredModel):
    """(video tokens, cue roll, ambient latent) -> context (B, 96, C) to attend to, grid (B, G, 16, 24) as input.

    A condition is left out by its mask: `keep_video` and `keep_cues` are (B,) of 0 or 1; the ambient condition is never
    left out. Without video and cues, what remains is the unconditional branch of guidance.
    cues, ambience: False for a model that is not to know of them at all, as the rows of an ablation.
    """

    @register_to_config
    def __init__(
        self,
        token_dim: int = 192,
        latent_channels: int = 8,
        context_dim: int = 192,
        hidden: int = 128,
        aligned: bool = True,
        aligned_channels: int = 16,
        cues: bool = True,
        ambience: bool = True,
    ):
        super().__init__()
        columns, bands = AUDIO.latent_frames, AUDIO.latent_bands
        self.cue_stem = nn.Conv1d(ROLL_CHANNELS, 64, 5, padding=2)
        self.cue_body = nn.Sequential(
            ConvNeXtBlock(64, 128, 5), ConvNeXtBlock(64, 128, 5, 2), ConvNeXtBlock(64, 128, 5, 4)
        )
        self.cue_down = nn.Conv1d(64, hidden, AUDIO.latent_downsampling, AUDIO.latent_downsampling)
        self.video_down = nn.Conv1d(token_dim, hidden, VIDEO.tokens // columns, VIDEO.tokens // columns)
        self.mix = nn.Sequential(*[ConvNeXtBlock(2 * hidden, 4 * hidden, 5, d) for d in (1, 2)])
        self.sketch = nn.Linear(2 * hidden, SKETCH_SLOTS // columns * SKETCH_BANDS)
        self.video_context = nn.Linear(token_dim, context_dim)
        self.cue_context = nn.Linear(2 * hidden, context_dim)
        self.ambient_context = nn.Sequential(
            nn.Linear(latent_channels * bands, context_dim), nn.SiLU(), nn.Linear(context_dim, context_dim)
        )
        self.video_position = nn.Parameter(0.7 * sinusoids(VIDEO.tokens, context_dim))
        self.cue_position = nn.Parameter(0.7 * sinusoids(columns, context_dim))
        self.ambient_position = nn.Parameter(0.1 * torch.randn(columns, context_dim))
        if aligned:
            self.along = nn.Linear(2 * hidden, aligned_channels)
            frequency = torch.linspace(-1, 1, bands)[:, None].expand(bands, columns)
            time = torch.linspace(-1, 1, columns).expand(bands, columns)
            place = torch.stack([frequency, time, (math.pi * frequency).cos(), (math.pi * time).cos()])
            self.register_buffer("place", place, persistent=False)

    @property
    def uses_cues(self) -> bool:
        """Whether the cue roll shapes the sound."""
        return self.config.cues

    @property
    def grid_channels(self) -> int:
        """Channels that `forward` lays on the latent's grid: what the UNet takes beside the latent."""
        if not self.config.aligned:
            return 0
        return self._sketch_channels + self.config.aligned_channels + self.config.latent_channels + len(self.place)

    @property
    def _sketch_channels(self) -> int:
        return SKETCH_SLOTS // AUDIO.latent_frames * SKETCH_BANDS // AUDIO.latent_bands

    def forward(
        self,
        video: torch.Tensor,
        cues: torch.Tensor,
        ambient: torch.Tensor,
        keep_video: torch.Tensor,
        keep_cues: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """video (B, 48, D), cues (B, 20, 192), ambient (B, C, 16, 24) -> (context, grid or None, sketch (B, 32, 96)).

        The sketch is the coarse mel in [0, 1] of the action alone that the conditions lead to expect; training holds it
        against the true one, which is what teaches the conditioner timing at once.
        """
        seen, told = keep_video[:, None, None], keep_cues[:, None, None] * self.config.cues
        ambient = ambient * self.config.ambience
        video_tokens = (self.video_context(video) + self.video_position) * seen
        cue = self.cue_down(self.cue_body(self.cue_stem(cues))) * told
        hidden = self.mix(torch.cat([cue, self.video_down(video.transpose(1, 2)) * seen], 1)).transpose(1, 2)
        cue_tokens = self.cue_context(hidden) + self.cue_position
        ambient_tokens = self.ambient_context(ambient.permute(0, 3, 1, 2).flatten(2)) + self.ambient_position
        context = torch.cat([video_tokens, cue_tokens, ambient_tokens], 1)
        # (B, 24, 4 x 32): four sub-slots of 31 ms in each latent column, 32 bands.
        slots = self.sketch(hidden).unflatten(-1, (-1, SKETCH_BANDS))
        sketch = slots.flatten(1, 2).transpose(1, 2)
        return context, self._grid(hidden, slots, ambient) if self.config.aligned else None, sketch

    def branches(
        self, video: torch.Tensor, cues: torch.Tensor, ambient: torch.Tensor, guided: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Context and grid of one model call; with guidance the unconditional rows come first."""
        on = torch.ones(len(video), device=video.device)
        # Where the cues say nothing, nothing but the place is to be heard, whatever the picture may suggest.
        seen = (cues.flatten(1).abs().sum(1) > 0).float() if self.uses_cues else on
        if not guided:
            return self(video, cues, ambient, seen, on)[:2]
        keep_video, keep_cues = (torch.cat([torch.zeros_like(on), kept]) for kept in (seen, on))
        twice = (torch.cat([x, x]) for x in (video, cues, ambient))
        return self(*twice, keep_video, keep_cues)[:2]

    def _grid(self, hidden: torch.Tensor, slots: torch.Tensor, ambient: torch.Tensor) -> torch.Tensor:
        columns, bands = AUDIO.latent_frames, AUDIO.latent_bands
        # Two bands of the sketch fall into each latent row: they become channels, like the sub-slots.
        picture = slots.unflatten(-1, (bands, -1)).permute(0, 2, 4, 3, 1).flatten(1, 2) * 3
        along = self.along(hidden).transpose(1, 2)[:, :, None].expand(-1, -1, bands, -1)
        steady = ambient.mean(3, keepdim=True).expand(-1, -1, -1, columns)
        return torch.cat([picture, along, steady, self.place.expand(len(ambient), -1, -1, -1)], 1)
