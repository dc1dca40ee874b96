"""What lies on the floor of a place: each painter draws it below the horizon of a picture."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from a2s.datasets.foley_world.drawing import Colour, Palette, blobs, box, grid
from a2s.datasets.foley_world.props import BRIGHT, GREENS, Painter
from a2s.datasets.foley_world.textures import texture


def _mean_colour(img: np.ndarray, horizon: int) -> np.ndarray:
    """The mean colour (3,) of the floor."""
    return np.array(img[horizon:].reshape(-1, 3).mean(0))


def _slabs(img: np.ndarray, horizon: int, rng: np.random.Generator, size: float) -> None:
    dim = _mean_colour(img, horizon)
    grid(img, rng, (horizon, img.shape[0]), rng.uniform(20, 34) * size, dim * 0.8)


def _boards(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    h, w = img.shape[:2]
    dark = (_mean_colour(img, horizon) * 0.6).tolist()
    for x in np.arange(rng.uniform(0, 14), w, rng.uniform(12, 22)):
        cv2.line(img, (int(x), h), (int(w / 2 + (x - w / 2) * 0.6), horizon), dark, 1, cv2.LINE_AA)


def _scattered(
    img: np.ndarray,
    horizon: int,
    rng: np.random.Generator,
    count: int,
    radii: tuple[float, float],
    colours: Palette,
    flat: float,
    spread: float = 22,
) -> None:
    blobs(img, rng, count, (horizon, img.shape[0]), radii, colours, flat, spread)


def _rug(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    h, w = img.shape[:2]
    dim = _mean_colour(img, horizon)
    box(img, w * 0.1, horizon + (h - horizon) * 0.2, w * 0.9, h, rng.uniform(80, 190, 3) * (1, 0.6, 0.5))
    grid(img, rng, (int(horizon + (h - horizon) * 0.3), h), 17, dim * 0.7)


def _papers(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    h, w = img.shape[:2]
    for _ in range(5):
        centre = (float(rng.uniform(0, w)), float(rng.uniform(horizon, h)))
        corners = cv2.boxPoints((centre, (34.0, 24.0), float(rng.uniform(0, 90))))
        cv2.fillPoly(img, [corners.astype(np.int32)], (240, 240, 236), cv2.LINE_AA)


def _keys(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    h, w = img.shape[:2]
    x, y = rng.uniform(0, w - 60), rng.uniform(horizon, h - 24)
    box(img, x, y, x + 60, y + 22, (40, 42, 46))
    grid(img[int(y) : int(y) + 22, int(x) : int(x) + 60], rng, (0, 22), 5, (95, 98, 105))


def _rods(img: np.ndarray, horizon: int, rng: np.random.Generator, colour: Colour) -> None:
    h, w = img.shape[:2]
    for _ in range(8):
        a, b = rng.uniform((0, horizon), (w, h)), rng.normal(0, 30, 2)
        _segment(img, a, a + b, colour, int(rng.integers(1, 5)))


def _grass(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    h, w = img.shape[:2]
    dim = _mean_colour(img, horizon)
    for _ in range(150):
        a = rng.uniform((0, horizon), (w, h))
        b = a + (rng.normal(0, 3), -rng.uniform(4, 10))
        _segment(img, a, b, np.clip(dim * rng.uniform(0.6, 1.5), 0, 255), 1)


def _segment(img: np.ndarray, a: np.ndarray, b: np.ndarray, colour: Colour, width: int) -> None:
    p, q = (int(a[0]), int(a[1])), (int(b[0]), int(b[1]))
    cv2.line(img, p, q, tuple(float(c) for c in colour), width, cv2.LINE_AA)


def _stripes(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    h, w = img.shape[:2]
    for x in np.arange(rng.uniform(0, 30), w, 60):
        corners = np.array([[x, h], [x + 22, h], [x + 26, horizon + 8], [x + 14, horizon + 8]], np.int32)
        cv2.fillPoly(img, [corners], (205, 205, 200), cv2.LINE_AA)


def _shore(img: np.ndarray, horizon: int, rng: np.random.Generator, edge: Colour) -> None:
    h, w = img.shape[:2]
    y = int(horizon + (h - horizon) * rng.uniform(0.1, 0.25))
    img[horizon : y + 1] = texture("water", y - horizon + 1, w, rng)
    box(img, 0, y, w, y + 2, edge)


_PEBBLES = ((150, 145, 135), (110, 108, 105), (90, 95, 95), (175, 165, 150))

LITTER: dict[str, Painter] = {
    "grid": partial(_slabs, size=1.0),
    "slabs": partial(_slabs, size=1.6),
    "boards": _boards,
    "bowls": partial(
        _scattered, count=6, radii=(6, 11), colours=((245, 240, 230), (90, 50, 35), (200, 80, 50)), flat=0.6
    ),
    "cups": partial(
        _scattered, count=6, radii=(6, 11), colours=((245, 240, 230), (90, 50, 35), (200, 80, 50)), flat=0.6
    ),
    "rug": _rug,
    "papers": _papers,
    "keys": _keys,
    "shavings": partial(_scattered, count=60, radii=(1, 4), colours=((215, 180, 125), (190, 150, 95)), flat=0.4),
    "tools": partial(_rods, colour=(130, 135, 140)),
    "cables": partial(_rods, colour=(22, 22, 24)),
    "stripes": _stripes,
    "leaves": partial(
        _scattered, count=90, radii=(1, 6), colours=((150, 100, 40), (120, 70, 35), (85, 110, 45)), flat=0.4
    ),
    "moss": partial(_scattered, count=90, radii=(1, 6), colours=GREENS, flat=0.4),
    "flowers": partial(_scattered, count=30, radii=(1, 3), colours=BRIGHT, flat=0.8),
    "grass": _grass,
    "wet": partial(_scattered, count=8, radii=(8, 26), colours=((170, 182, 190),), flat=0.25, spread=8),
    "pebbles": partial(_scattered, count=150, radii=(2, 8), colours=_PEBBLES, flat=0.6),
    "bank": partial(_shore, edge=(80, 85, 75)),
    "foam edge": partial(_shore, edge=(235, 238, 236)),
    "shells": partial(_scattered, count=25, radii=(1, 3), colours=((250, 240, 225), (180, 150, 120)), flat=0.6),
}
