"""Hugging Face's ZeroGPU lends a GPU for the length of one call; everywhere else nothing changes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator


def on_gpu(function: Callable[..., Iterator], seconds: Callable[..., int], prepare: Callable[..., object]) -> Callable:
    """`function`, a generator, under `spaces.GPU` where that package and a GPU are there, unchanged elsewhere.

    seconds, prepare: given the function's own arguments, how long it may hold the GPU, and what brings the model there
    first. ZeroGPU runs the call in a process of its own, so arguments and results must pickle, nothing that is changed
    here is seen there, and a generator is ended by closing it.
    """
    if importlib.util.find_spec("spaces") is None:
        return function
    import spaces  # before torch is asked: on ZeroGPU it is this package that says that there is one
    import torch

    if not torch.cuda.is_available():
        return function

    def lent(*args) -> Iterator:
        prepare(*args)
        yield from function(*args)

    return spaces.GPU(duration=seconds)(lent)
