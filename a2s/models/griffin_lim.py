"""Griffin-Lim as a vocoder without training: the paper's ablation."""

from __future__ import annotations

import torch
from diffusers.configuration_utils import register_to_config
from torch.nn import functional as F

from a2s.audio.mel import griffin_lim
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)
from a2s.settings import AUDIO, AudioSpec


class GriffinLim(ConfiguredModel):
    """mel (B, n_mels, T) in [0, 1] -> waveform (B, hop_length T), on the CPU.

    audio: the mel's specification, see `AudioSpec.to_config`; None is `AUDIO`, 16 kHz.
    """

    @register_to_config
    def __init__(self, iterations: int = 60, audio: dict[str, int | float] | None = None) -> None:
        super().__init__()
        self.spec = AudioSpec.from_config(audio) if audio else AUDIO
        # diffusers neither saves nor loads a model without a tensor.
        self.register_buffer("none", torch.zeros(1))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        # T frames span hop_length (T - 1) samples. One more frame gives hop_length T, as an upsampling vocoder returns.
        padded = F.pad(mel, (0, 1), mode="replicate").cpu()
        return torch.stack([griffin_lim(one, self.config.iterations, self.spec) for one in padded]).to(mel.device)
