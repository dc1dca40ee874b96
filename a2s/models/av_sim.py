"""AV-Sim: an embedding space of videos and sounds, trained with InfoNCE (Action2Sound, section 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.blocks import AudioEncoder
from a2s.models.place import PlaceAudioTower, PlaceVideoTower
from a2s.models.video_encoder import Reading, VideoEncoder, model_inputs

if TYPE_CHECKING:
    from a2s.vision import Motion


class AVSim(ConfiguredModel):
    """A video encoder, an audio encoder, and a projection of each to a common unit sphere.

    The embedding has two parts: `embedding` dimensions for the moment (which action, when) and `place` dimensions for
    the location, which are trained separately (`a2s.training.objectives.place`). place_share: weight of the location in
    a similarity, 0 to 1. labels_cues: whether `read` predicts the classes of cues.
    """

    @register_to_config
    def __init__(
        self,
        embedding: int = 128,
        token_dim: int = 192,
        place: int = 0,
        place_share: float = 0.5,
        labels_cues: bool = True,
    ) -> None:
        super().__init__()
        self.video_encoder = VideoEncoder(token_dim)
        self.audio_encoder = AudioEncoder(embedding)
        self.video_projection = nn.Linear(2 * token_dim, embedding)
        self.audio_projection = nn.Linear(2 * embedding, embedding)
        self.log_temperature = nn.Parameter(torch.tensor(2.3))
        # The weights of shipped models have these two names.
        self.place_eye = PlaceVideoTower(place) if place else None
        self.place_ear = PlaceAudioTower(place) if place else None

    def window(self, motion: Motion, start: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the inputs of `encode` for the window from `start` s on: motion and keyframes, see `VideoEncoder`."""
        from a2s.vision import keyframes_in, motion_grid

        return model_inputs(motion_grid(motion, start), keyframes_in(motion, start))

    @apply_forward_hook
    def encode(self, motion: torch.Tensor, keyframes: torch.Tensor) -> torch.Tensor:
        """Return the video tokens of a `window`, (B, 48, D)."""
        return self.video_encoder(motion, keyframes)

    @apply_forward_hook
    def read(self, tokens: torch.Tensor) -> Reading:
        """Return the predictions of the heads for tokens (B, 48, D) of `encode`."""
        return self.video_encoder.read(tokens)

    def embed_video(self, tokens: torch.Tensor, keyframes: torch.Tensor) -> torch.Tensor:
        """Embed tokens (B, 48, D) and keyframes (B, 4, 64, 64, 3) in [0, 1]. Returns (B, E), unit length."""
        looks = self.video_encoder.looks(keyframes).mean(1)
        moment = F.normalize(self.video_projection(torch.cat([tokens.mean(1), looks], 1)), dim=-1)
        return self._joined(moment, self.place_eye, keyframes)

    @apply_forward_hook
    def embed_window(self, tokens: torch.Tensor, motion: Motion, start: float) -> torch.Tensor:
        """Embed tokens (1, 48, D) of `encode` for the window from `start` s on. Returns (1, E), unit length."""
        return self.embed_video(tokens, self.window(motion, start)[1].to(tokens.device))

    def embed_audio(self, mel: torch.Tensor) -> torch.Tensor:
        """Embed mels (B, 128, T) in [0, 1] of any length T. Returns (B, E), unit length."""
        x = self.audio_encoder(mel)
        moment = F.normalize(self.audio_projection(torch.cat([x.mean(-1), x.amin(-1)], 1)), dim=-1)
        return self._joined(moment, self.place_ear, mel)

    def _joined(self, moment: torch.Tensor, place: nn.Module | None, inputs: torch.Tensor) -> torch.Tensor:
        if place is None:
            return moment
        share = self.config.place_share
        return torch.cat([(1 - share) ** 0.5 * moment, share**0.5 * place(inputs)], 1)

    @apply_forward_hook
    def embed_sound(self, waveform: np.ndarray) -> torch.Tensor:
        """Embed (n,) float32 at 16 kHz, at least 3 s. Returns (1, E), unit length."""
        return self.embed_audio(mel_spectrogram(torch.from_numpy(waveform).to(self.device))[None])


def info_nce(
    video: torch.Tensor, audio: torch.Tensor, temperature: torch.Tensor, alike: torch.Tensor | None = None
) -> torch.Tensor:
    """Symmetric InfoNCE (van den Oord et al. 2018) of (B, E) unit vectors; equal rows of both are pairs.

    alike: (B, B) bool, symmetric; pairs of rows that match as well. Half the target is shared among a row and those
    that match it (Khosla et al., *Supervised Contrastive Learning*, 2020), the other half belongs to the row itself.
    """
    logits = video @ audio.t() * temperature
    target = torch.eye(len(video), device=video.device)
    if alike is not None:
        shared = (alike | target.bool()).float()
        target = (target + shared / shared.sum(1, keepdim=True)) / 2
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2
