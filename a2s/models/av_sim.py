"""AV-Sim: a picture and a sound in one space, aligned by InfoNCE (Action2Sound, section 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.models.blocks import ConvNeXtBlock, downsampling
from a2s.models.video_encoder import Reading, VideoEncoder, model_inputs
from a2s.settings import AUDIO

if TYPE_CHECKING:
    from a2s.cues import Motion


class AudioEncoder(nn.Module):
    """mel (B, 128, T) in [0, 1] -> (B, E, T / 8)."""

    def __init__(self, embedding: int = 128, channels: tuple[int, ...] = (1, 24, 48, 96)):
        super().__init__()
        self.body = downsampling(tuple(channels))
        self.project = nn.Conv1d(channels[-1] * AUDIO.n_mels // 2 ** (len(channels) - 1), embedding, 1)
        self.time = nn.Sequential(
            ConvNeXtBlock(embedding, 2 * embedding, 5), ConvNeXtBlock(embedding, 2 * embedding, 5, 2)
        )

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        return self.time(self.project(self.body(mel[:, None] * 2 - 1).flatten(1, 2)))


class AVSim(ModelMixin, ConfigMixin):
    """A video encoder, an audio encoder, and a projection of each to a common unit sphere.

    The video embedding takes the scene's looks beside the tokens' mean: an ambience is guessed from where one
    is more than from what the hand does.
    """

    @register_to_config
    def __init__(self, embedding: int = 128, token_dim: int = 192):
        super().__init__()
        self.video_encoder = VideoEncoder(token_dim)
        self.audio_encoder = AudioEncoder(embedding)
        self.video_projection = nn.Linear(2 * token_dim, embedding)
        self.audio_projection = nn.Linear(2 * embedding, embedding)
        self.log_temperature = nn.Parameter(torch.tensor(2.3))

    def window(self, motion: Motion, start: float) -> tuple[torch.Tensor, torch.Tensor]:
        """What it looks at of the window that begins at `start` s: motion and keyframes, as `VideoEncoder` has them."""
        from a2s.cues import keyframes_in, motion_grid

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
        return F.normalize(self.video_projection(torch.cat([tokens.mean(1), looks], 1)), dim=-1)

    def embed_window(self, tokens: torch.Tensor, motion: Motion, start: float) -> torch.Tensor:
        """tokens: (1, 48, D) of `encode` for the window that begins at `start` s -> (1, E), unit length."""
        return self.embed_video(tokens, self.window(motion, start)[1].to(tokens.device))

    def embed_audio(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, 128, T) in [0, 1] -> (B, E), unit length. Any T: mean and spread over time are taken."""
        x = self.audio_encoder(mel)
        return F.normalize(self.audio_projection(torch.cat([x.mean(-1), x.amin(-1)], 1)), dim=-1)

    def embed_sound(self, waveform: np.ndarray) -> torch.Tensor:
        """(n,) float32 at 16 kHz, 3 s or longer -> (1, E), unit length."""
        return self.embed_audio(mel_spectrogram(torch.from_numpy(waveform).to(self.device))[None])


def info_nce(video: torch.Tensor, audio: torch.Tensor, temperature: torch.Tensor) -> torch.Tensor:
    """Symmetric InfoNCE (van den Oord et al. 2018) of (B, E) unit vectors whose rows belong together."""
    logits = video @ audio.t() * temperature
    target = torch.arange(len(video), device=video.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2
