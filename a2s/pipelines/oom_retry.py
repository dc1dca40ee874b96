"""What a machine refuses while a model runs: less at once where memory is short, else one clear sentence."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from a2s.errors import DeviceLost, OutOfMemory

_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed", "cannot allocate memory")
_DEVICE = ("cuda", "cudnn", "cublas", "hip error", "rocm", "mps backend", "nvrtc")
"""What the messages of torch's RuntimeErrors say; most of them have no class of their own."""


@contextmanager
def translate_device_errors() -> Iterator[None]:
    """Raises OutOfMemory or DeviceLost for what torch and numpy say when memory or a GPU fails them."""
    try:
        yield
    except (RuntimeError, MemoryError) as fault:
        if is_out_of_memory(fault):
            raise OutOfMemory(
                "There is not enough memory for this dub: close other programs, make fewer takes, or take a smaller"
                " model (--model compact)."
            ) from fault
        if is_device_lost(fault):
            raise DeviceLost(
                "The graphics card stopped answering while the sound was made; start again, on the processor"
                " (CUDA_VISIBLE_DEVICES= in front of the command) if it happens anew."
            ) from fault
        raise


def is_out_of_memory(fault: BaseException) -> bool:
    """Whether there was no room, on a GPU or in the machine."""
    return isinstance(fault, MemoryError) or (isinstance(fault, RuntimeError) and _says(fault, _MEMORY))


def is_device_lost(fault: BaseException) -> bool:
    """Whether a GPU, not the program, is at fault."""
    return isinstance(fault, RuntimeError) and not is_out_of_memory(fault) and _says(fault, _DEVICE)


def _says(fault: BaseException, words: tuple[str, ...]) -> bool:
    return any(word in str(fault).lower() for word in words)


class Batches:
    """Rows computed all at once, or in ever smaller parts where memory runs out.

    rows: how many there are. What fitted once is kept for the runs that follow. A row is the same in any batch, up to
    rounding.
    """

    def __init__(self, rows: int):
        self.rows = self.size = rows

    def run(self, work: Callable[[slice], tuple]) -> tuple:
        """work(rows) -> tensors (B, ...); returns them for all rows. Raises what `work` does when one row is too much.

        A part that runs out of memory is begun anew.
        """
        import torch

        while True:
            try:
                parts = [work(slice(first, first + self.size)) for first in range(0, self.rows, self.size)]
                return tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))
            except (RuntimeError, MemoryError) as fault:
                if self.size == 1 or not is_out_of_memory(fault):
                    raise
            self.size = (self.size + 1) // 2  # out here, where the fault no longer holds on to what it computed
            parts = []
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
