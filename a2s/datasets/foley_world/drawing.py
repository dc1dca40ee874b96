"""Drawing primitives on uint8 RGB pictures (h, w, 3), on top of OpenCV.

Positions and lengths are pixels. Colours are three numbers of 0 to 255.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

Colour = Sequence[float] | np.ndarray
Palette = Sequence[Colour]


def line(img: np.ndarray, a: np.ndarray, b: np.ndarray, width: float, colour: Sequence[float]) -> None:
    """A line with round ends from a to b (x, y)."""
    p, q = (int(a[0] * 16), int(a[1] * 16)), (int(b[0] * 16), int(b[1] * 16))
    cv2.line(img, p, q, colour, max(1, round(width)), cv2.LINE_AA, 4)


def disc(img: np.ndarray, centre: np.ndarray, radius: float, colour: Sequence[float], width: int = -1) -> None:
    """A circle, filled or as a ring of `width`."""
    at = (int(centre[0] * 16), int(centre[1] * 16))
    cv2.circle(img, at, max(8, int(radius * 16)), colour, width, cv2.LINE_AA, 4)


def poly(img: np.ndarray, points: np.ndarray, colour: Sequence[float]) -> None:
    """A filled polygon (n, 2)."""
    cv2.fillPoly(img, [(points * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def tint(colour: Colour, light: float) -> tuple[float, float, float]:
    """A colour times a brightness."""
    r, g, b = np.clip(np.asarray(colour) * light, 0, 255)
    return float(r), float(g), float(b)


def box(img: np.ndarray, x0: float, y0: float, x1: float, y1: float, colour: Colour, width: int = -1) -> None:
    """A rectangle, filled or as a frame of `width`."""
    cv2.rectangle(img, (int(x0), int(y0)), (int(x1), int(y1)), tuple(float(c) for c in colour), width, cv2.LINE_AA)


def blobs(
    img: np.ndarray,
    rng: np.random.Generator,
    count: int,
    between: tuple[float, float],
    radii: tuple[float, float],
    colours: Palette,
    flat: float = 0.5,
    spread: float = 22,
) -> None:
    """`count` ellipses scattered between two heights. flat: smallest ratio of axes. spread: of their colours."""
    low, high = between
    w = img.shape[1]
    for _ in range(count):
        c = np.array(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.7, 1.2) + rng.normal(0, spread * 0.4, 3)
        r = rng.uniform(*radii)
        at = (int(rng.uniform(0, w)), int(rng.uniform(low, max(high, low + 1))))
        axes = (int(r) + 1, int(r * rng.uniform(flat, 1)) + 1)
        angle = float(rng.uniform(0, 180))
        cv2.ellipse(img, at, axes, angle, 0, 360, np.clip(c, 0, 255).tolist(), -1, cv2.LINE_AA)


def bars(
    img: np.ndarray,
    rng: np.random.Generator,
    between: tuple[float, float],
    step: float,
    width: float,
    colour: Colour,
    lean: float = 0.0,
) -> None:
    """Upright bars in a row between two heights, about `step` apart. lean: standard deviation of their tilt."""
    top, foot = between
    x = rng.uniform(0, step)
    while x < img.shape[1]:
        w = width * rng.uniform(0.7, 1.3)
        shift = rng.normal(0, lean)
        pts = np.array([[x, foot], [x + w, foot], [x + w + shift, top], [x + shift, top]], np.int32)
        cv2.fillPoly(img, [pts], np.clip(np.array(colour) * rng.uniform(0.75, 1.2), 0, 255).tolist(), cv2.LINE_AA)
        x += step * rng.uniform(0.75, 1.4)


def grid(img: np.ndarray, rng: np.random.Generator, between: tuple[float, float], step: float, colour: Colour) -> None:
    """A grid of thin lines between two heights."""
    top, foot = between
    first = rng.uniform(0, step)
    for x in np.arange(first, img.shape[1], step):
        box(img, x, top, x, foot, colour, 1)
    for y in np.arange(top, foot, step * rng.uniform(0.5, 1.0)):
        box(img, 0, y, img.shape[1], y, colour, 1)


def row(
    img: np.ndarray,
    rng: np.random.Generator,
    between: tuple[float, float],
    count: int,
    colours: Palette,
    fill: float = 0.8,
    lines: int = 0,
) -> None:
    """`count` boxes side by side, each with `lines` cross lines. fill: smallest share of their cell."""
    top_of_all, foot = between
    w = img.shape[1] / count
    for k in range(count):
        c = np.clip(np.array(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.8, 1.15), 0, 255)
        x, top = (k + rng.uniform(0, 0.2)) * w, foot - (foot - top_of_all) * rng.uniform(fill, 1)
        box(img, x, top, x + w * rng.uniform(fill, 1), foot, c)
        for q in range(1, lines + 1):
            y = top + (foot - top) * q / (lines + 1)
            box(img, x + 2, y, x + w * fill - 2, y, c * 0.6, 1)
