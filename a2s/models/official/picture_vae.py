"""The released model's VAE: a mel picture as three equal colour channels of Stable Diffusion's autoencoder."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL
from diffusers.configuration_utils import register_to_config
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)


class PictureVAE(ConfiguredModel):
    """diffusers' AutoencoderKL on mel pictures in [0, 1], not [-1, 1]; the first of its colours is read back.

    frames: width of the picture, 196. Three halvings leave 24 columns, of which 192 frames are decoded.
    """

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 4,
        block_out_channels: tuple[int, ...] = (128, 256, 512, 512),
        layers_per_block: int = 2,
        norm_num_groups: int = 32,
        scaling_factor: float = 0.18215,
        frames: int = 196,
    ):
        super().__init__()
        self.autoencoder: Any = AutoencoderKL(  # diffusers declares none of its methods
            down_block_types=("DownEncoderBlock2D",) * len(block_out_channels),
            up_block_types=("UpDecoderBlock2D",) * len(block_out_channels),
            block_out_channels=tuple(block_out_channels),
            layers_per_block=layers_per_block,
            latent_channels=latent_channels,
            norm_num_groups=norm_num_groups,
            scaling_factor=scaling_factor,
            sample_size=256,
        )

    def posterior(self, mel: torch.Tensor):
        """mel (B, 128, T) in [0, 1], T up to `frames` (silence is appended) -> diagonal Gaussian (B, C, 16, 24)."""
        mel = F.pad(mel, (0, self.config.frames - mel.shape[-1]))
        return self.autoencoder.encode(mel[:, None].expand(-1, 3, -1, -1)).latent_dist

    @apply_forward_hook
    def encode(self, mel: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
        """mel (B, 128, T) in [0, 1] -> scaled latents (B, C, 16, 24).

        noise: (B, C, 16, 24) unit normal; the posterior is sampled with it, as the authors do. Without: its mode.
        """
        posterior = self.posterior(mel)
        raw = posterior.mode() if noise is None else posterior.mean + posterior.std * noise
        return raw * self.config.scaling_factor

    @apply_forward_hook
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Scaled latents (B, C, 16, T / 8) -> mel (B, 128, T). Not clipped, as the authors don't."""
        return self.autoencoder.decode(latents / self.config.scaling_factor).sample[:, 0]
