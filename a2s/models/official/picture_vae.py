"""The released model's VAE: Stable Diffusion's autoencoder, with the mel in three equal colour channels."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL
from diffusers.configuration_utils import register_to_config
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)


class PictureVAE(ConfiguredModel):
    """diffusers' AutoencoderKL on mels in [0, 1], not [-1, 1]. Its first colour channel is the decoded mel.

    frames: width of its input, 196. Three halvings make 24 columns, which decode to 192 frames.
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
    ) -> None:
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

    def posterior(self, mel: torch.Tensor) -> DiagonalGaussianDistribution:
        """Return the Gaussian (B, C, 16, 24) of mels (B, 128, T) in [0, 1]; up to `frames`, silence is appended."""
        mel = F.pad(mel, (0, self.config.frames - mel.shape[-1]))
        return self.autoencoder.encode(mel[:, None].expand(-1, 3, -1, -1)).latent_dist

    @apply_forward_hook
    def encode(self, mel: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
        """Encode mels (B, 128, T) in [0, 1] to scaled latents (B, C, 16, 24).

        noise: (B, C, 16, 24) unit normal, to sample the posterior as the authors do; None takes the mode.
        """
        posterior = self.posterior(mel)
        raw = posterior.mode() if noise is None else posterior.mean + posterior.std * noise
        return raw * self.config.scaling_factor

    @apply_forward_hook
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Decode scaled latents (B, C, 16, T / 8) to mels (B, 128, T), not clipped, as in the authors' code."""
        return self.autoencoder.decode(latents / self.config.scaling_factor).sample[:, 0]
