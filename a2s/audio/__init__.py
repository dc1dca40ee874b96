"""Sound as numbers: mel spectrograms, onsets, levels, loudness."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2s.audio.mel import compress, expand, griffin_lim, mel_spectrogram, pad_frames

__all__ = ["compress", "expand", "griffin_lim", "mel_spectrogram", "pad_frames"]


def __getattr__(name: str) -> Any:
    """Load torch only where a spectrogram is wanted; a process that decodes or writes sound needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("a2s.audio.mel"), name)
