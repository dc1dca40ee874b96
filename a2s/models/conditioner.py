"""Conditioner: video tokens, cue roll and ambient latent to the inputs of the UNet.

As in Action2Sound (section 3.3) the UNet cross-attends to video tokens and to the columns of the ambient clip's latent.
Cross-attention alone learns timing slowly. With `aligned`, the same conditions are also input channels on the latent's
time grid. The official model has no such channels.
"""

from __future__ import annotations

import math

import torch
from diffusers.configuration_utils import register_to_config
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import nn

from a2s.cues.cue_roll import ROLL_CHANNELS
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.blocks import ConvNeXtBlock
from a2s.models.video_encoder import SKETCH_BANDS, SKETCH_SLOTS
from a2s.settings import AUDIO, VIDEO


def sinusoids(length: int, channels: int) -> torch.Tensor:
    """Position table (length, channels): sines and cosines with 1 to 60 cycles in a window."""
    rates = torch.exp(torch.arange(channels // 2) / (channels // 2) * math.log(60.0))
    angles = 2 * math.pi * torch.arange(length)[:, None] / length * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


class Conditioner(ConfiguredModel):
    """(video tokens, cue roll, ambient latent) -> context (B, 96, C) to attend to, grid (B, G, 16, 24) as input.

    `keep_video` and `keep_cues`, (B,) of 0 or 1, mask a condition. The ambient condition is never masked; without video
    and cues it is the unconditional branch of guidance. cues, ambience: False for a model without that condition, as in
    an ablation.
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
    ) -> None:
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
            position = torch.stack([frequency, time, (math.pi * frequency).cos(), (math.pi * time).cos()])
            self.register_buffer("position", position, persistent=False)

    @property
    def uses_cues(self) -> bool:
        """Whether the cue roll shapes the sound."""
        return self.config.cues

    @property
    def grid_channels(self) -> int:
        """Channels of the grid: input channels of the UNet besides the latent's."""
        if not self.config.aligned:
            return 0
        return self._sketch_channels + self.config.aligned_channels + self.config.latent_channels + len(self.position)

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

        The sketch is a prediction of the coarse mel, in [0, 1], of the action alone. Training compares it with the true
        one, which teaches the conditioner timing directly.
        """
        video_mask, cue_mask = keep_video[:, None, None], keep_cues[:, None, None] * self.config.cues
        ambient = ambient * self.config.ambience
        video_tokens = (self.video_context(video) + self.video_position) * video_mask
        cue = self.cue_down(self.cue_body(self.cue_stem(cues))) * cue_mask
        hidden = self.mix(torch.cat([cue, self.video_down(video.transpose(1, 2)) * video_mask], 1)).transpose(1, 2)
        cue_tokens = self.cue_context(hidden) + self.cue_position
        ambient_tokens = self.ambient_context(ambient.permute(0, 3, 1, 2).flatten(2)) + self.ambient_position
        context = torch.cat([video_tokens, cue_tokens, ambient_tokens], 1)
        # (B, 24, 4 x 32): four sub-slots of 31 ms in each latent column, 32 bands.
        slots = self.sketch(hidden).unflatten(-1, (-1, SKETCH_BANDS))
        sketch = slots.flatten(1, 2).transpose(1, 2)
        return context, self._grid(hidden, slots, ambient) if self.config.aligned else None, sketch

    @apply_forward_hook
    def branches(
        self, video: torch.Tensor, cues: torch.Tensor, ambient: torch.Tensor, guided: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return context and grid of one UNet call; with guidance, the unconditional rows are first."""
        on = torch.ones(len(video), device=video.device)
        # Without a cue in a window only the ambience may sound, whatever the picture suggests.
        with_video = (cues.flatten(1).abs().sum(1) > 0).float() if self.uses_cues else on
        if not guided:
            return self(video, cues, ambient, with_video, on)[:2]
        keep_video, keep_cues = (torch.cat([torch.zeros_like(on), kept]) for kept in (with_video, on))
        twice = (torch.cat([x, x]) for x in (video, cues, ambient))
        return self(*twice, keep_video, keep_cues)[:2]

    def _grid(self, hidden: torch.Tensor, slots: torch.Tensor, ambient: torch.Tensor) -> torch.Tensor:
        columns, bands = AUDIO.latent_frames, AUDIO.latent_bands
        # Each latent row covers two bands of the sketch; they become channels, like the sub-slots.
        picture = slots.unflatten(-1, (bands, -1)).permute(0, 2, 4, 3, 1).flatten(1, 2) * 3
        along = self.along(hidden).transpose(1, 2)[:, :, None].expand(-1, -1, bands, -1)
        steady = ambient.mean(3, keepdim=True).expand(-1, -1, -1, columns)
        return torch.cat([picture, along, steady, self.position.expand(len(ambient), -1, -1, -1)], 1)
