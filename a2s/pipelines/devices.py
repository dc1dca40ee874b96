"""Where a large model runs: on a GPU if there is one, else on the processor with its convolutions packed.

Small models stay as they are, on the processor: they need neither, and give the same bytes everywhere.
"""

from __future__ import annotations

import os

import torch

from a2s.models.packed import can_pack, pack

ROOM = 1.3
"""Memory that a model needs on a GPU to be there as a whole, as a multiple of its weights."""


def place(pipe):
    """The pipeline, put in place once after loading; from then on it makes sound and is not saved again.

    CUDA: the UNet in float16, the rest in float32; component by component where they don't fit together. A2S_COMPILE=1
    in the environment has the UNet compiled at its first step there, which pays for who dubs a lot. MPS: as it is.
    """
    if not pipe.is_large or os.environ.get("SPACES_ZERO_GPU"):  # ZeroGPU's is there only while it is lent
        return pipe
    if torch.cuda.is_available():
        pipe.unet.half()
        free, _ = torch.cuda.mem_get_info()
        if free <= ROOM * _bytes(pipe):
            pipe.enable_model_cpu_offload()
            return pipe
        pipe.to("cuda")
        if os.environ.get("A2S_COMPILE") == "1":
            pipe.unet.compile()
    elif torch.backends.mps.is_available():
        pipe.to("mps")
    elif can_pack():
        pack(pipe.unet)
    return pipe


def lend_gpu(pipe):
    """Bring a pipeline, large or small, to a GPU that is there for one call; as `place`, the UNet of a large one in
    float16. That the process of the call ends takes it back."""
    if pipe.is_large:
        pipe.unet.half()
    pipe.to("cuda")


def _bytes(pipe) -> int:
    parts = (part for part in pipe.components.values() if isinstance(part, torch.nn.Module))
    return sum(x.numel() * x.element_size() for part in parts for x in part.state_dict().values())
