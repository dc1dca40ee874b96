"""Where a large model runs: on a GPU if there is one, else on the CPU with packed convolutions.

Small models stay on the CPU: they need neither, and give the same bytes on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from a2s.models.packed import can_pack, pack

if TYPE_CHECKING:
    from a2s.pipelines.avldm import AVLDMPipeline

ROOM = 1.3
"""GPU memory that a model needs to be loaded as a whole, as a multiple of its weights."""


def place(pipe: AVLDMPipeline) -> AVLDMPipeline:
    """The pipeline, moved to its device once after loading. From then on it generates and is not saved again.

    CUDA: the UNet in float16, the rest in float32; component by component where they do not fit together. With
    A2S_COMPILE=1 in the environment the UNet is compiled at its first step, which pays for many dubs. MPS: as it is.
    """
    if not pipe.is_large or os.environ.get("SPACES_ZERO_GPU"):  # ZeroGPU lends its GPU only for a call
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


def lend_gpu(pipe: AVLDMPipeline) -> None:
    """Move a pipeline to a GPU that is available for one call; the UNet of a large one runs in float16, as in `place`.

    The end of the call's process releases the GPU.
    """
    if pipe.is_large:
        pipe.unet.half()
    pipe.to("cuda")


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Inference mode with this many threads. The count belongs to the process, so it is restored."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def _bytes(pipe: AVLDMPipeline) -> int:
    parts = (part for part in pipe.components.values() if isinstance(part, torch.nn.Module))
    return sum(x.numel() * x.element_size() for part in parts for x in part.state_dict().values())
