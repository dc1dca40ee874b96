"""The released AV-Sim: SpaceTimeTransformer and Audio Spectrogram Transformer (Gong et al. 2021) in one space."""

from __future__ import annotations

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import nn
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.official.fbank import BANDS, ROWS, fbank
from a2s.models.official.space_time import SpaceTimeTransformer

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures in [0, 1], which the video tower's are normalised with."""


class OfficialAVSim(ConfiguredModel):
    """Pictures and sound to a common space; the video tower also makes what the generator is shown.

    video: arguments of `SpaceTimeTransformer`; audio: embed_dim, depth and num_heads of the audio tower.
    """

    @register_to_config
    def __init__(self, video: dict | None = None, audio: dict | None = None, embedding: int = 256):
        super().__init__()
        self.video_model = SpaceTimeTransformer(**(video or {}))
        self.audio_model = audio_spectrogram_transformer(**(audio or {}), embedding=embedding)
        self.vid_proj = nn.Sequential(nn.Linear(self.video_model.config.embed_dim, embedding))

    def window(self, motion, start: float) -> tuple[torch.Tensor]:
        """The pictures (1, 16, S, S, 3) uint8 of the window that begins at `start` s; black without a film."""
        from a2s.vision import pictures_in

        config = self.video_model.config
        return (torch.from_numpy(pictures_in(motion, start, config.num_frames, config.img_size))[None],)

    @apply_forward_hook
    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """(B, 16, S, S, 3) uint8 RGB -> (B, 17, D): CLS, then a token a picture, the largest over its patches."""
        return self.video_model.features(normalised(pictures))

    @apply_forward_hook
    def embed_window(self, tokens: torch.Tensor, motion=None, start: float = 0.0) -> torch.Tensor:
        """tokens: (B, 17, D) of `encode`, which say it all -> (B, E), unit length."""
        return F.normalize(self.vid_proj(tokens[:, 0]), dim=-1)

    @apply_forward_hook
    def embed_sound(self, waveform: np.ndarray) -> torch.Tensor:
        """(n,) float32 at 16 kHz, 3 s or longer; 1.0 to 2.5 s are heard -> (1, E), unit length."""
        rows = fbank(waveform)[None].to(self.device)
        return F.normalize(self.audio_model(rows).logits, dim=-1)

    def read(self, tokens: torch.Tensor) -> None:
        """It names neither actions nor materials."""


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """(B, T, S, S, 3) uint8 -> (B, T, 3, S, S) float32 with ImageNet's mean and spread."""
    mean, spread = (torch.tensor(x, device=pictures.device) for x in (MEAN, SPREAD))
    return ((pictures.float() / 255 - mean) / spread).permute(0, 1, 4, 2, 3)


def audio_spectrogram_transformer(
    embed_dim: int = 768, depth: int = 12, num_heads: int = 12, embedding: int = 256
) -> nn.Module:
    """transformers' AST for (B, 149, 128) filter bank energies -> logits (B, E)."""
    from transformers import ASTConfig, ASTForAudioClassification

    config = ASTConfig(
        hidden_size=embed_dim,
        num_hidden_layers=depth,
        num_attention_heads=num_heads,
        intermediate_size=4 * embed_dim,
        layer_norm_eps=1e-6,
        max_length=ROWS,
        num_mel_bins=BANDS,
        num_labels=embedding,  # type: ignore[call-arg]  # of the base class
    )
    model = ASTForAudioClassification(config)
    model.classifier.layernorm.eps = 1e-5  # torch's default there, unlike in the trunk
    return model
