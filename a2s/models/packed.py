"""Convolutions whose weights lie in the order that oneDNN computes in.

torch hands oneDNN a plain weight at each call, which is put in order each time. In a large network on a small picture
that costs more than the arithmetic.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn


class PackedConv2d(nn.Module):
    """An nn.Conv2d in float32 on the CPU, for inference only. Its weights are copies."""

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.bias = None if conv.bias is None else nn.Parameter(conv.bias.detach().clone(), requires_grad=False)
        self.options = list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups
        weight = conv.weight.detach().to_mkldnn()
        # Neither parameter nor buffer: an opaque tensor can be neither saved nor moved.
        self.packed = torch._C._nn.mkldnn_reorder_conv2d_weight(weight, *self.options)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        # What torch.compile calls when it freezes weights; torch.mkldnn_convolution would put them in order anew.
        return torch.ops.mkldnn._convolution_pointwise(x, self.packed, self.bias, *self.options, "none", [], "")

    def _save_to_state_dict(self, *_) -> None:
        raise RuntimeError("packed weights cannot be saved; save the model before packing it")


def pack(model: nn.Module) -> nn.Module:
    """The model with its convolutions packed in place, one after the other, so that memory stays level.

    Those of 1 x 1 are left: their best order depends on the size of the picture. What is left is copied too, so that no
    weight holds on to a mapped file, of which the packed ones have been read into memory as well.
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
    """Whether this torch on this processor packs, and right."""
    try:
        conv, x = nn.Conv2d(8, 8, 3, padding=1), torch.ones(1, 8, 4, 4)
        with torch.inference_mode():
            return bool(torch.allclose(PackedConv2d(conv)(x), conv(x), atol=1e-4))
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
