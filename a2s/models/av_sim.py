"""AV-Sim: a picture and a sound in one space, aligned by InfoNCE (Action2Sound, section 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.models.blocks import AudioEncoder
from a2s.models.place import PlaceAudioTower, PlaceVideoTower
from a2s.models.video_encoder import Reading, VideoEncoder, model_inputs

if TYPE_CHECKING:
    from a2s.vision import Motion


PLACE_SHARE = 0.5
"""How much of a similarity is about the place."""


class AVSim(ConfiguredModel):
    """A video encoder, an audio encoder, and a projection of each to a common unit sphere.

    The space has two parts. The first is about the moment, what is done and when; the second, of `place` dimensions,
    is about where one is, and learned apart (`a2s.training.objectives.place`).
    """

    @register_to_config
    def __init__(self, embedding: int = 128, token_dim: int = 192, place: int = 0):
        super().__init__()
        self.video_encoder = VideoEncoder(token_dim)
        self.audio_encoder = AudioEncoder(embedding)
        self.video_projection = nn.Linear(2 * token_dim, embedding)
        self.audio_projection = nn.Linear(2 * embedding, embedding)
        self.log_temperature = nn.Parameter(torch.tensor(2.3))
        self.place_eye, self.place_ear = (PlaceVideoTower(place), PlaceAudioTower(place)) if place else (None, None)

    def window(self, motion: Motion, start: float) -> tuple[torch.Tensor, torch.Tensor]:
        """What it looks at of the window that begins at `start` s: motion and keyframes, as `VideoEncoder` has them."""
        from a2s.vision import keyframes_in, motion_grid

        return model_inputs(motion_grid(motion, start), keyframes_in(motion, start))

    def encode(self, motion: torch.Tensor, keyframes: torch.Tensor) -> torch.Tensor:
        """A `window` -> what the generator is shown of it, (B, 48, D)."""
        return self.video_encoder(motion, keyframes)

    def read(self, tokens: torch.Tensor) -> Reading:
        """Tokens (B, 48, D) of `encode` -> what the heads say."""
        return self.video_encoder.read(tokens)

    def embed_video(self, tokens: torch.Tensor, keyframes: torch.Tensor) -> torch.Tensor:
        """tokens (B, 48, D), keyframes (B, 4, 64, 64, 3) in [0, 1] -> (B, E), unit length."""
        looks = self.video_encoder.looks(keyframes).mean(1)
        moment = F.normalize(self.video_projection(torch.cat([tokens.mean(1), looks], 1)), dim=-1)
        return self._joined(moment, self.place_eye, keyframes)

    def embed_window(self, tokens: torch.Tensor, motion: Motion, start: float) -> torch.Tensor:
        """tokens: (1, 48, D) of `encode` for the window that begins at `start` s -> (1, E), unit length."""
        return self.embed_video(tokens, self.window(motion, start)[1].to(tokens.device))

    def embed_audio(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, 128, T) in [0, 1] -> (B, E), unit length. Any T: mean and spread over time are taken."""
        x = self.audio_encoder(mel)
        moment = F.normalize(self.audio_projection(torch.cat([x.mean(-1), x.amin(-1)], 1)), dim=-1)
        return self._joined(moment, self.place_ear, mel)

    def _joined(self, moment: torch.Tensor, place: nn.Module | None, seen: torch.Tensor) -> torch.Tensor:
        if place is None:
            return moment
        return torch.cat([(1 - PLACE_SHARE) ** 0.5 * moment, PLACE_SHARE**0.5 * place(seen)], 1)

    def embed_sound(self, waveform: np.ndarray) -> torch.Tensor:
        """(n,) float32 at 16 kHz, 3 s or longer -> (1, E), unit length."""
        return self.embed_audio(mel_spectrogram(torch.from_numpy(waveform).to(self.device))[None])


def info_nce(
    video: torch.Tensor, audio: torch.Tensor, temperature: torch.Tensor, alike: torch.Tensor | None = None
) -> torch.Tensor:
    """Symmetric InfoNCE (van den Oord et al. 2018) of (B, E) unit vectors whose rows belong together.

    alike: (B, B) bool, symmetric; which other rows would do as well. Half the target is shared among them and the own
    row (Khosla et al., *Supervised Contrastive Learning*, 2020), the other half is the own row's.
    """
    logits = video @ audio.t() * temperature
    target = torch.eye(len(video), device=video.device)
    if alike is not None:
        shared = (alike | target.bool()).float()
        target = (target + shared / shared.sum(1, keepdim=True)) / 2
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2
