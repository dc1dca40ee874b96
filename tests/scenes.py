"""Small drawn films whose contacts are known, as (time, rgb) streams like `a2s.media.read_frames` gives."""

from __future__ import annotations

import cv2
import numpy as np

WIDTH, HEIGHT = 192, 108


def texture(seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """(height, width, 3) uint8 with structure of every size, so that flow has something to hold on to."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128.0)
    for grain in (2, 6, 20):
        coarse = rng.normal(0, 28, (height // grain + 2, width // grain + 2, 3))
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def disc_film(times, heights, noise: float = 1.5, radius: int = 22, side: int = WIDTH // 2, sideways: bool = False):
    """A textured disc over a textured ground, its centre at `heights` (in picture widths, from the top or the left)."""
    rng = np.random.default_rng(1)
    ground, skin = texture(0), texture(7)
    rows, columns = np.indices((HEIGHT, WIDTH), np.float32)
    for time, height in zip(times, heights, strict=True):
        x, y = (height * WIDTH, HEIGHT / 2) if sideways else (side, height * WIDTH)
        alpha = np.clip(radius + 0.5 - np.hypot(columns - x, rows - y), 0, 1)[..., None]
        shift = np.float32([[1, 0, x - side], [0, 1, y - HEIGHT / 2]])
        moved = cv2.warpAffine(skin, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_WRAP)
        frame = alpha * moved + (1 - alpha) * ground + rng.normal(0, noise, (HEIGHT, WIDTH, 1))
        yield float(time), np.clip(frame, 0, 255).astype(np.uint8)


def strokes(times, contacts, high: float = 0.12, low: float = 0.35, fall: float = 0.3, rise: float = 0.5):
    """(F,) height of a hand: down ever faster in `fall` s onto each contact, a dead stop, a soft lift over `rise` s."""
    height = np.full(len(times), high)
    for contact in contacts:
        down = np.clip((times - contact + fall) / fall, 0, 1) ** 2
        up = np.clip((times - contact - 0.1) / rise, 0, 1)
        height += (low - high) * np.where(times < contact, down, 1 - up * up * (3 - 2 * up)) * (times > contact - fall)
    return height


def clock(seconds: float, fps: float = 30.0) -> np.ndarray:
    return np.arange(round(seconds * fps)) / fps


def panned(times, path, noise: float = 1.5, seed: int = 3):
    """A large still wall seen by a camera whose corner is at `path` (F, 2) px."""
    rng = np.random.default_rng(2)
    wall = texture(seed, 900, 400)
    for time, (x, y) in zip(times, path, strict=True):
        matrix = np.float32([[1, 0, -x], [0, 1, -y]])
        frame = cv2.warpAffine(wall, matrix, (WIDTH, HEIGHT)) + rng.normal(0, noise, (HEIGHT, WIDTH, 1))
        yield float(time), np.clip(frame, 0, 255).astype(np.uint8)
