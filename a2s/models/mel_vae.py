"""Mel VAE: a mel spectrogram to a small latent and back (Action2Sound, section 3.3; Rombach et al. 2022)."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL
from diffusers.configuration_utils import register_to_config
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)


class MelVAE(ConfiguredModel):
    """diffusers' AutoencoderKL behind a pixel-unshuffle stem, for mels in [0, 1].

    patch: side of the squares that become channels. With 4 the convolutions run on 32x48 instead of 128x192, fast
    enough for a CPU. Latents are normalised for each channel, to zero mean and unit variance.
    """

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 8,
        patch: int = 4,
        block_out_channels: tuple[int, ...] = (64, 128),
        layers_per_block: int = 1,
        norm_num_groups: int = 8,
    ) -> None:
        super().__init__()
        self.autoencoder: Any = AutoencoderKL(  # diffusers declares none of its methods
            in_channels=patch * patch,
            out_channels=patch * patch,
            down_block_types=("DownEncoderBlock2D",) * len(block_out_channels),
            up_block_types=("UpDecoderBlock2D",) * len(block_out_channels),
            block_out_channels=tuple(block_out_channels),
            layers_per_block=layers_per_block,
            latent_channels=latent_channels,
            norm_num_groups=norm_num_groups,
            sample_size=64,
            mid_block_add_attention=False,
        )
        self.register_buffer("latent_mean", torch.zeros(1, latent_channels, 1, 1))
        self.register_buffer("latent_std", torch.ones(1, latent_channels, 1, 1))

    def posterior(self, mel: torch.Tensor) -> DiagonalGaussianDistribution:
        """Return the Gaussian over raw latents (B, C, 16, T / 8) of mels (B, 128, T) in [0, 1], T a multiple of 8."""
        return self.autoencoder.encode(F.pixel_unshuffle(mel[:, None] * 2 - 1, self.config.patch)).latent_dist

    def decode_raw(self, raw: torch.Tensor) -> torch.Tensor:
        """Decode raw latents (B, C, 16, T / 8) to mels (B, 128, T), not clipped."""
        return (F.pixel_shuffle(self.autoencoder.decode(raw).sample, self.config.patch)[:, 0] + 1) / 2

    @apply_forward_hook
    def encode(self, mel: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
        """Encode mels (B, 128, T) in [0, 1] to normalised latents (B, C, 16, T / 8), the mode of the posterior.

        noise: not used; other VAEs sample the posterior with it.
        """
        return (self.posterior(mel).mode() - self.latent_mean) / self.latent_std

    @apply_forward_hook
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Decode normalised latents (B, C, 16, T / 8) to mels (B, 128, T) in [0, 1]."""
        return self.decode_raw(latents * self.latent_std + self.latent_mean).clamp(0, 1)
