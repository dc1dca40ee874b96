"""Small pictures of sounds: a mel spectrogram without axes, for cards and lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (144, 40)
"""Width and height in pixels; shown at half of that on a dense screen."""


def thumbnail(waveform: np.ndarray, path: Path, size: tuple[int, int] = SIZE) -> Path:
    """Draw (n,) float32 at 16 kHz, time across, high frequencies on top; writes a PNG."""
    import torch

    from a2s.audio.mel import mel_spectrogram
    from a2s.ui.plots import mel_picture

    with torch.inference_mode():
        mel = mel_spectrogram(torch.from_numpy(np.ascontiguousarray(waveform, np.float32)))
    mel_picture(mel.numpy()).resize(size, Image.Resampling.BOX).save(path, format="PNG", optimize=True)
    return path
