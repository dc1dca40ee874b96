"""Small pictures of sounds: a mel spectrogram without axes, for cards and lists."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (144, 40)
"""Width and height in pixels; shown at half of that on a dense screen."""


def thumbnail(waveform: np.ndarray, path: Path, size: tuple[int, int] = SIZE) -> Path:
    """Draw (n,) float32 at 16 kHz, time across, low to high, over 80 dB below full scale; writes a PNG."""
    import torch

    from a2s.audio.mel import mel_spectrogram

    with torch.inference_mode():
        mel = mel_spectrogram(torch.from_numpy(np.ascontiguousarray(waveform, np.float32)))
    picture = Image.fromarray(coloured(mel.numpy())).resize(size, Image.Resampling.BOX)
    picture.save(path, format="PNG", optimize=True)
    return path


def coloured(mel: np.ndarray) -> np.ndarray:
    """(128, T) in [0, 1] -> (128, T, 3) uint8, high frequencies on top."""
    level = np.clip((np.asarray(mel, np.float32)[::-1] - 0.05) / 0.85, 0, 1)
    return _colours()[(level * 255).astype(np.uint8)]


@cache
def _colours() -> np.ndarray:
    """(256, 3) uint8: the colour map of all our spectrograms."""
    from matplotlib import colormaps

    return (colormaps["magma"](np.arange(256))[:, :3] * 255).astype(np.uint8)
