"""Thumbnails of sounds: mel spectrograms without axes, for cards and lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from a2s.settings import AUDIO, AudioSpec

SIZE = (144, 40)
"""Width and height in pixels, twice that of the page for dense screens."""


def save_thumbnail(waveform: np.ndarray, path: Path, spec: AudioSpec = AUDIO, size: tuple[int, int] = SIZE) -> Path:
    """Write a PNG of (n,) float32 at `spec.sample_rate`: time from left to right, high frequencies on top."""
    from a2s.ui.plots import mel_picture, waveform_mel

    mel = waveform_mel(np.ascontiguousarray(waveform, np.float32), spec)
    mel_picture(mel).resize(size, Image.Resampling.BOX).save(path, format="PNG", optimize=True)
    return path
