"""A small network that corrects what physics says of when something strikes."""

from __future__ import annotations

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn

from a2s.cues.curves import CHANNELS
from a2s.models.blocks import ConvNeXtBlock


class CueNet(ModelMixin, ConfigMixin):
    """Curves of a video's motion (B, T, CHANNELS), `a2s.cues.curves.RATE` a second -> log-odds to add (B, T).

    They are added to physics' log-odds that something strikes at that moment. Convolutions over time only, so any T will
    do; the curves know neither place nor looks, so that little of the world that it was trained in can be learned by heart.
    bias: added to what the network says, so that the sum is 0 where a moment is just worth a cue; set after training.
    """

    @register_to_config
    def __init__(
        self, channels: int = 48, dilations: tuple[int, ...] = (1, 2, 4, 8), dropout: float = 0.1, bias: float = 0.0
    ):
        super().__init__()
        self.enter = nn.Conv1d(CHANNELS, channels, 1)
        self.time = nn.Sequential(*[ConvNeXtBlock(channels, 2 * channels, 7, d) for d in dilations])
        self.drop = nn.Dropout1d(dropout)
        self.norm = nn.LayerNorm(channels)
        self.leave = nn.Linear(channels, 1)
        nn.init.zeros_(self.leave.weight)  # it starts from physics
        nn.init.zeros_(self.leave.bias)

    def forward(self, curves: torch.Tensor) -> torch.Tensor:
        x = self.drop(self.time(self.enter(curves.transpose(1, 2))))
        return self.leave(self.norm(x.transpose(1, 2)))[..., 0] + self.config.bias
