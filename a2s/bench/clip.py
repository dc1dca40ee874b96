"""The test clip of all measurements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from a2s.media.encode import encode_frames

CLIP_FPS = 30
CLIP_SIZE = (1280, 720)


def draw_clip(path: Path, seconds: float) -> Path:
    """Write an h264 clip: a bar that strikes twice per second in front of a still, grainy background."""
    encode_frames(path, _frames(max(2, round(seconds * CLIP_FPS))), CLIP_FPS)
    return path


def _frames(count: int) -> Iterator[tuple[float, np.ndarray]]:
    """(time s, rgb (height, width, 3) uint8) pairs."""
    width, height = CLIP_SIZE
    background = np.random.default_rng(0).integers(70, 110, (height, width, 3), np.uint8)
    for index in range(count):
        picture = background.copy()
        top = int(height * (0.65 - abs((2 * index / CLIP_FPS) % 1 - 0.5)))
        picture[top : top + height // 5, width // 3 : width // 2] = (210, 170, 90)
        yield index / CLIP_FPS, picture
