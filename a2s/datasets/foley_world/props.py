"""The features of a backdrop: each painter draws one above the horizon of a picture.

A painter takes the picture (h, w, 3) uint8, the row of the horizon and a random generator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from a2s.datasets.foley_world.drawing import Colour, Palette, bars, blobs, box, grid, row
from a2s.datasets.foley_world.textures import clouds, texture

Painter = Callable[[np.ndarray, int, np.random.Generator], None]

GREENS = ((50, 95, 35), (75, 120, 45), (35, 70, 30), (100, 140, 60))
BRIGHT = ((220, 60, 60), (240, 200, 60), (230, 130, 180), (250, 250, 250), (150, 80, 190))


def _sky(img: np.ndarray, horizon: int, rng: np.random.Generator, blue: Colour) -> None:
    top, low = np.array(blue, float) * rng.uniform(0.85, 1.1), np.array((215, 225, 235), float)
    ramp = np.linspace(0, 1, horizon)[:, None, None]
    fog = clouds(horizon, img.shape[1], rng, (2, 5, 9))[..., None] * 14 if horizon > 8 else 0
    img[:horizon] = np.clip(top + (low - top) * ramp + fog, 0, 255)


def _tiles(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    grid(img, rng, (0, horizon), rng.uniform(9, 18), (160, 165, 165))


def _steel(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    row(img, rng, (horizon * 0.5, horizon), int(rng.integers(2, 4)), ((185, 188, 192), (150, 155, 160)), 0.85, 2)


def _cupboards(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    colours = ((235, 230, 220), (160, 110, 70), (120, 150, 150))
    row(img, rng, (0, horizon * 0.42), int(rng.integers(3, 6)), colours, 0.92, 0)


def _pans(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    colours = ((60, 60, 62), (190, 110, 70), (200, 200, 205))
    blobs(img, rng, 4, (horizon * 0.5, horizon * 0.7), (6, 12), colours, 0.8)


def _sofa(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    colour, w = rng.uniform(60, 190, 3), img.shape[1]
    x = rng.uniform(0, w * 0.4)
    box(img, x, horizon * 0.55, x + w * 0.5, horizon, colour)
    box(img, x + 6, horizon * 0.72, x + w * 0.5 - 6, horizon, colour * 1.2)


def _lights(img: np.ndarray, horizon: int, rng: np.random.Generator, count: int) -> None:
    blobs(img, rng, count, (horizon * 0.1, horizon * 0.5), (3, 9), ((255, 235, 170), (255, 215, 130)), 0.9, 5)


def _frames(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    for _ in range(3):
        x, y = rng.uniform(0, img.shape[1]), rng.uniform(0, horizon * 0.4)
        box(img, x, y, x + 26, y + 18, (80, 60, 45))
        box(img, x + 3, y + 3, x + 23, y + 15, rng.uniform(60, 220, 3))


def _curtains(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    bars(img, rng, (0, horizon), 7, 5, rng.uniform(120, 220, 3))


def _screens(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    for x in np.arange(rng.uniform(0, 40), img.shape[1], 75):
        box(img, x, horizon * 0.4, x + 52, horizon * 0.85, (25, 27, 32))
        colour = (90, 150, 220) if rng.random() < 0.6 else (215, 225, 235)
        box(img, x + 3, horizon * 0.44, x + 49, horizon * 0.8, colour)


def _blinds(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    for y in np.arange(0, horizon * 0.35, 4):
        box(img, 0, y, img.shape[1], y + 1, (235, 240, 245))


def _shelves(img: np.ndarray, horizon: int, rng: np.random.Generator, colours: Palette) -> None:
    for share in (0.3, 0.6):
        row(img, rng, (horizon * (share - 0.2), horizon * share), int(rng.integers(10, 18)), colours, 0.4)
        box(img, 0, horizon * share, img.shape[1], horizon * share + 2, (70, 55, 40))


def _counter(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    row(img, rng, (horizon * 0.6, horizon), 2, ((70, 42, 28), (50, 32, 25)), 0.95)


def _beams(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    bars(img, rng, (0, horizon), 90, 8, (85, 62, 42))


def _foam(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    grid(img, rng, (0, horizon), rng.uniform(6, 12), (22, 22, 26))
    if rng.random() < 0.5:
        w = img.shape[1]
        box(img, w * 0.6, horizon * 0.2, w * 0.62, horizon, (15, 15, 15))


def _mirror(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    w = img.shape[1]
    x = rng.uniform(0, w * 0.6)
    box(img, x, horizon * 0.1, x + w * 0.3, horizon * 0.6, (215, 225, 235))


def _basin(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    blobs(img, rng, 2, (horizon * 0.8, horizon), (20, 40), ((250, 250, 250),), 0.4, 4)


def _houses(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    w = img.shape[1]
    for k in range(5):
        x, top, colour = k * w / 5, rng.uniform(0, horizon * 0.45), rng.uniform(95, 165) * rng.uniform(0.9, 1.1, 3)
        box(img, x, top, x + w / 5, horizon, np.clip(colour, 0, 255))
        for wy in np.arange(top + 4, horizon - 8, 11):
            for wx in np.arange(x + 4, x + w / 5 - 6, 11):
                box(img, wx, wy, wx + 5, wy + 6, (60, 75, 95) if rng.random() < 0.7 else (235, 215, 150))


def _cars(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    for _ in range(3):
        x, colour = rng.uniform(0, img.shape[1]), rng.uniform(20, 230, 3)
        box(img, x, horizon - 14, x + 44, horizon - 3, colour)
        box(img, x + 9, horizon - 21, x + 34, horizon - 13, (60, 70, 80))
        for wheel in (9, 35):
            cv2.circle(img, (int(x + wheel), horizon - 3), 4, (20, 20, 20), -1, cv2.LINE_AA)


def _kerb(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    box(img, 0, horizon - 2, img.shape[1], horizon + 3, (170, 170, 168))


def _people(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    for _ in range(4):
        x = int(rng.uniform(0, img.shape[1]))
        box(img, x - 9, horizon * 0.5, x + 9, horizon, rng.uniform(20, 160, 3))
        cv2.circle(img, (x, int(horizon * 0.4)), 7, (195, 145, 110), -1, cv2.LINE_AA)


def _leaves(img: np.ndarray, horizon: int, rng: np.random.Generator, top: float) -> None:
    blobs(img, rng, 90, (horizon * top, horizon), (4, 16), GREENS, 0.5)


def _trunks(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    bars(img, rng, (0, horizon + 6), 34, 9, (70, 52, 38), 5)


def _fence(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    colour = (230, 228, 220) if rng.random() < 0.5 else (125, 90, 60)
    bars(img, rng, (horizon * 0.55, horizon), 13, 5, colour)
    box(img, 0, horizon * 0.66, img.shape[1], horizon * 0.66 + 3, colour)


def _flowers(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    blobs(img, rng, 40, (horizon * 0.75, horizon + 8), (1, 3), BRIGHT, 0.8)


def _water(img: np.ndarray, horizon: int, rng: np.random.Generator, share: float) -> None:
    top, w = horizon * share, img.shape[1]
    if horizon - top > 4:
        tex = texture("water", int(horizon - top), w, rng)
        img[horizon - tex.shape[0] : horizon] = tex
        for _ in range(6):
            y = rng.uniform(top, horizon)
            box(img, rng.uniform(0, w), y, rng.uniform(0, w), y, (225, 235, 240), 1)


def _stars(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    blobs(img, rng, 25, (0, horizon), (0.2, 0.9), ((200, 205, 220),), 0.9, 5)
    if rng.random() < 0.5:
        moon = (int(rng.uniform(0, img.shape[1])), int(horizon * 0.25))
        cv2.circle(img, moon, 8, (215, 215, 195), -1, cv2.LINE_AA)


def _hills(img: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    w = img.shape[1]
    xs = np.arange(0, w + 8, 8)
    ys = horizon * 0.8 - 8 * clouds(2, len(xs), rng, (3, 7))[0]
    outline = np.concatenate([np.stack([xs, ys], 1), [[w, horizon], [0, horizon]]]).astype(np.int32)
    cv2.fillPoly(img, [outline], (6, 9, 12), cv2.LINE_AA)


PROPS: dict[str, Painter] = {
    "sky": partial(_sky, blue=(120, 170, 225)),
    "rainsky": partial(_sky, blue=(165, 172, 178)),
    "tiles": _tiles,
    "steel": _steel,
    "cupboards": _cupboards,
    "pans": _pans,
    "sofa": _sofa,
    "lamp": partial(_lights, count=1),
    "bulbs": partial(_lights, count=8),
    "spots": partial(_lights, count=2),
    "frames": _frames,
    "curtains": _curtains,
    "screens": _screens,
    "blinds": _blinds,
    "shelves": partial(_shelves, colours=((150, 60, 50), (50, 80, 120), (190, 170, 120))),
    "pegboard": partial(_shelves, colours=((190, 60, 40), (60, 60, 65), (170, 170, 175), (210, 160, 40))),
    "counter": _counter,
    "beams": _beams,
    "foam": _foam,
    "mirror": _mirror,
    "basin": _basin,
    "houses": _houses,
    "cars": _cars,
    "kerb": _kerb,
    "people": _people,
    "greens": partial(_leaves, top=0.1),
    "hedge": partial(_leaves, top=0.55),
    "trunks": _trunks,
    "fence": _fence,
    "rail": _fence,
    "flowers": _flowers,
    "stream": partial(_water, share=0.62),
    "sea": partial(_water, share=0.4),
    "stars": _stars,
    "hills": _hills,
}
