"""Griffin-Lim as a vocoder without weights: the paper's ablation, and what is left where no vocoder was trained."""

from __future__ import annotations

import torch
from diffusers.configuration_utils import register_to_config

from a2s.audio.mel import griffin_lim
from a2s.models.base import ConfiguredModel, ModelMixin  # noqa: F401  (diffusers' loader needs it in the module)


class GriffinLim(ConfiguredModel):
    """mel (B, 128, T) in [0, 1] -> waveform (B, 256 (T - 1)) at 16 kHz, on the CPU."""

    @register_to_config
    def __init__(self, iterations: int = 60):
        super().__init__()
        # diffusers saves and loads no model without a single number.
        self.register_buffer("none", torch.zeros(1))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        return torch.stack([griffin_lim(one.cpu(), self.config.iterations) for one in mel]).to(mel.device)
