"""Griffin-Lim as a vocoder without training: the paper's ablation."""

from __future__ import annotations

import torch
from diffusers.configuration_utils import register_to_config
from torch.nn import functional as F

from a2s.audio.mel import griffin_lim
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)


class GriffinLim(ConfiguredModel):
    """mel (B, 128, T) in [0, 1] -> waveform (B, 256 T) at 16 kHz, on the CPU."""

    @register_to_config
    def __init__(self, iterations: int = 60) -> None:
        super().__init__()
        # diffusers neither saves nor loads a model without a tensor.
        self.register_buffer("none", torch.zeros(1))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        # T frames span 256 (T - 1) samples. One more frame gives 256 T, as an upsampling vocoder returns.
        padded = F.pad(mel, (0, 1), mode="replicate").cpu()
        return torch.stack([griffin_lim(one, self.config.iterations) for one in padded]).to(mel.device)
