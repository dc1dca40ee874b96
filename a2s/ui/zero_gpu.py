"""Hugging Face's ZeroGPU gives a GPU to a process for the length of one call. Elsewhere nothing changes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator
from typing import Any, TypeVar

Maker = TypeVar("Maker", bound=Callable[..., Generator])


def on_gpu(function: Maker, seconds: Callable[..., int], prepare: Callable[..., object]) -> Maker:
    """`function`, a generator, under `spaces.GPU` if that package and a GPU are there, else unchanged.

    seconds, prepare: called with the function's own arguments; how long it may hold the GPU, and what moves the model
    there first. ZeroGPU runs the call in another process, so arguments and results must pickle, changes made here are
    not seen there, and a generator is ended by closing it.
    """
    if importlib.util.find_spec("spaces") is None:
        return function
    import spaces  # before torch: on ZeroGPU this package makes torch report a GPU
    import torch

    if not torch.cuda.is_available():
        return function

    def on_spaces(*args: Any) -> Generator:
        prepare(*args)
        yield from function(*args)

    return spaces.GPU(duration=seconds)(on_spaces)
