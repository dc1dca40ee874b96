"""The released AV-Sim: SpaceTimeTransformer and Audio Spectrogram Transformer (Gong et al. 2021) in one space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import nn
from torch.nn import functional as F

from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.official.fbank import BANDS, ROWS, fbank
from a2s.models.official.space_time import SpaceTimeTransformer

if TYPE_CHECKING:
    from a2s.models.video_encoder import Reading
    from a2s.vision import Motion

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's images in [0, 1], for the normalisation of the video."""


class OfficialAVSim(ConfiguredModel):
    """Images and sounds to a common space. The video tower also computes the video tokens of the generator.

    video: arguments of `SpaceTimeTransformer`. audio: embed_dim, depth and num_heads of the audio tower. labels_cues:
    whether `read` predicts the classes of cues; this network cannot.
    """

    @register_to_config
    def __init__(
        self,
        video: dict[str, Any] | None = None,
        audio: dict[str, Any] | None = None,
        embedding: int = 256,
        labels_cues: bool = False,
    ) -> None:
        super().__init__()
        if labels_cues:
            raise ValueError("OfficialAVSim predicts no classes of cues: labels_cues must be False")
        self.video_model = SpaceTimeTransformer(**(video or {}))
        self.audio_model = audio_spectrogram_transformer(**(audio or {}), embedding=embedding)
        self.vid_proj = nn.Sequential(nn.Linear(self.video_model.config.embed_dim, embedding))

    def window(self, motion: Motion, start: float) -> tuple[torch.Tensor]:
        """Return images (1, 16, S, S, 3) uint8 of the window from `start` s on; black without a video."""
        from a2s.vision import pictures_in

        config = self.video_model.config
        return (torch.from_numpy(pictures_in(motion, start, config.num_frames, config.img_size))[None],)

    @apply_forward_hook
    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Encode (B, 16, S, S, 3) uint8 RGB to (B, 17, D): CLS, then for each image the maximum over its patches."""
        return self.video_model.features(normalised(pictures))

    @apply_forward_hook
    def embed_window(self, tokens: torch.Tensor, motion: Motion | None = None, start: float = 0.0) -> torch.Tensor:
        """Embed tokens (B, 17, D) of `encode`. motion, start: not used. Returns (B, E), unit length."""
        return F.normalize(self.vid_proj(tokens[:, 0]), dim=-1)

    @apply_forward_hook
    def embed_sound(self, waveform: np.ndarray) -> torch.Tensor:
        """Embed (n,) float32 at 16 kHz, at least 3 s; only 1.0 to 2.5 s are used. Returns (1, E), unit length."""
        rows = fbank(waveform)[None].to(self.device)
        return F.normalize(self.audio_model(rows).logits, dim=-1)

    def read(self, tokens: torch.Tensor) -> Reading:
        """Raise NotImplementedError: this network predicts no classes of cues (`config.labels_cues` is False)."""
        raise NotImplementedError("OfficialAVSim predicts no classes of cues")


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """Return (B, T, S, S, 3) uint8 as (B, T, 3, S, S) float32, normalised with ImageNet's statistics."""
    mean, spread = (torch.tensor(x, device=pictures.device) for x in (MEAN, SPREAD))
    return ((pictures.float() / 255 - mean) / spread).permute(0, 1, 4, 2, 3)


def audio_spectrogram_transformer(
    embed_dim: int = 768, depth: int = 12, num_heads: int = 12, embedding: int = 256
) -> nn.Module:
    """Return transformers' AST: filter bank energies (B, 149, 128) -> logits (B, E)."""
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
    model.classifier.layernorm.eps = 1e-5  # the authors' head has torch's default, unlike the trunk
    return model
