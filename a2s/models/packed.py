"""Convolutions whose weights are stored in oneDNN's own layout.

torch passes a plain weight to oneDNN at each call, which reorders it each time. In a large network on a small latent
that takes longer than the arithmetic. `torch.utils.mkldnn.to_mkldnn`, the public way, converts activations as well.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn


class PackedConv2d(nn.Module):
    """An nn.Conv2d in float32 on the CPU, for inference only. Its weights are copies."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.bias = None if conv.bias is None else nn.Parameter(conv.bias.detach().clone(), requires_grad=False)
        self.options = list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups
        weight = conv.weight.detach().to_mkldnn()
        # Not a parameter or buffer, because an opaque tensor cannot be saved or moved.
        self.packed = torch._C._nn.mkldnn_reorder_conv2d_weight(weight, *self.options)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        # torch.compile calls this for frozen weights. torch.mkldnn_convolution would reorder them again.
        return torch.ops.mkldnn._convolution_pointwise(x, self.packed, self.bias, *self.options, "none", [], "")

    def _save_to_state_dict(self, *_: object) -> None:
        raise RuntimeError("packed weights cannot be saved; save the model before packing it")


def pack(model: nn.Module) -> nn.Module:
    """Pack a model's convolutions in place, one after the other, so that memory does not grow. Returns the model.

    1x1 convolutions stay: their best layout depends on the size of the input. All other weights are copied, because a
    weight that is mapped from a file would keep the whole file in memory.
    """
    for weight in model.parameters(recurse=False):
        weight.data = weight.data.clone()
    for name, child in model.named_children():
        if type(child) is nn.Conv2d and child.kernel_size != (1, 1) and child.padding_mode == "zeros":
            setattr(model, name, PackedConv2d(child))
        else:
            pack(child)
    return model


@lru_cache(maxsize=1)
def can_pack() -> bool:
    """Return whether packing works, with correct results, in this torch on this processor."""
    try:
        conv, x = nn.Conv2d(8, 8, 3, padding=1), torch.ones(1, 8, 4, 4)
        with torch.inference_mode():
            return bool(torch.allclose(PackedConv2d(conv)(x), conv(x), atol=1e-4))
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
