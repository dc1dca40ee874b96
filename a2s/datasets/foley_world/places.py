"""The appearance of the fourteen places: a backdrop above the horizon and a floor below, random for each video."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from a2s.datasets.foley_world.litter import LITTER
from a2s.datasets.foley_world.props import PROPS
from a2s.datasets.foley_world.textures import clouds


@dataclass(frozen=True)
class Appearance:
    """The appearance of a place. Colours are RGB.

    rough: standard deviation of the brightness. props, litter: what may stand or lie there. table: materials of a
    table. light: factor on the brightness.
    """

    wall: tuple[tuple[int, int, int], ...]
    floor: tuple[tuple[int, int, int], ...]
    rough: float
    props: tuple[str, ...]
    litter: tuple[str, ...]
    table: tuple[str, ...] = ("wood", "wood", "plastic", "cloth")
    light: float = 1.0


APPEARANCES = {
    "kitchen": Appearance(
        ((225, 222, 205), (190, 205, 205), (235, 235, 235)),
        ((200, 190, 175), (170, 175, 178)),
        5,
        ("tiles", "steel", "cupboards", "pans"),
        ("grid", "bowls"),
        ("stone", "metal", "wood"),
    ),
    "living room": Appearance(
        ((205, 175, 140), (190, 150, 130), (215, 195, 165)),
        ((150, 95, 60), (165, 90, 80), (175, 140, 105)),
        10,
        ("sofa", "lamp", "frames", "curtains"),
        ("rug",),
        ("wood", "cloth"),
    ),
    "office": Appearance(
        ((205, 212, 220), (180, 190, 205)),
        ((110, 118, 130), (125, 130, 138)),
        6,
        ("screens", "blinds", "shelves"),
        ("papers", "keys"),
        ("plastic", "wood"),
    ),
    "workshop": Appearance(
        ((120, 95, 70), (105, 105, 100), (140, 120, 90)),
        ((125, 105, 80), (105, 100, 95)),
        20,
        ("pegboard", "shelves", "beams"),
        ("shavings", "tools"),
        ("wood", "metal"),
    ),
    "studio": Appearance(
        ((45, 45, 52), (60, 50, 58), (35, 40, 45)),
        ((50, 46, 50), (62, 58, 60)),
        4,
        ("foam", "spots"),
        ("cables",),
        ("cloth", "plastic"),
        0.85,
    ),
    "bathroom": Appearance(
        ((195, 228, 232), (220, 238, 240), (170, 215, 205)),
        ((205, 225, 228), (180, 210, 215)),
        3,
        ("tiles", "mirror", "basin"),
        ("grid",),
        ("ceramic", "stone"),
    ),
    "street": Appearance(
        ((135, 138, 142), (120, 122, 130), (150, 140, 132)),
        ((88, 90, 94), (105, 106, 108)),
        14,
        ("sky", "houses", "cars", "kerb"),
        ("stripes", "slabs"),
        ("stone", "metal"),
    ),
    "cafe": Appearance(
        ((110, 65, 45), (130, 80, 50), (95, 60, 55)),
        ((85, 55, 40), (105, 75, 55)),
        7,
        ("bulbs", "counter", "people"),
        ("cups", "boards"),
        ("wood", "wood", "stone"),
        0.92,
    ),
    "forest": Appearance(
        ((60, 95, 50), (45, 80, 45), (80, 110, 60)),
        ((78, 70, 42), (60, 75, 38), (90, 75, 50)),
        24,
        ("greens", "trunks"),
        ("leaves", "moss"),
        ("wood", "stone"),
    ),
    "garden": Appearance(
        ((120, 170, 85), (140, 185, 110)),
        ((85, 150, 55), (105, 165, 65)),
        18,
        ("sky", "hedge", "fence", "flowers"),
        ("flowers", "grass"),
        ("wood", "stone"),
    ),
    "porch": Appearance(
        ((140, 150, 155), (120, 132, 138)),
        ((120, 108, 95), (105, 100, 98)),
        8,
        ("rainsky", "greens", "rail"),
        ("boards", "wet"),
        ("wood",),
        0.82,
    ),
    "riverside": Appearance(
        ((95, 130, 85), (110, 145, 100)),
        ((120, 118, 108), (105, 110, 100)),
        20,
        ("sky", "greens", "stream"),
        ("pebbles", "bank"),
        ("stone", "wood"),
    ),
    "beach": Appearance(
        ((140, 190, 230), (165, 205, 235)),
        ((228, 205, 155), (215, 190, 140)),
        10,
        ("sky", "sea"),
        ("shells", "foam edge"),
        ("wood", "cloth", "stone"),
        1.08,
    ),
    "night field": Appearance(
        ((12, 16, 34), (18, 22, 38)),
        ((20, 28, 20), (28, 30, 22)),
        8,
        ("stars", "hills"),
        ("grass",),
        ("wood", "stone"),
        0.6,
    ),
}


ALWAYS = ("sky", "rainsky", "sea", "stream", "greens", "stars")
"""Props that a place never lacks."""


def paint_place(place: str, h: int, w: int, horizon: float, rng: np.random.Generator) -> np.ndarray:
    """An empty picture of `place`, uint8 (h, w, 3). horizon: 0..1 from the top."""
    style = APPEARANCES[place]
    line = max(6, int(h * horizon))
    wall, floor = (
        np.array(c[rng.integers(len(c))], float) * rng.uniform(0.85, 1.1) + rng.normal(0, 5, 3)
        for c in (style.wall, style.floor)
    )
    base = np.empty((h, w, 3), np.float32)
    base[:line], base[line:] = wall, floor
    rough = clouds(h, w, rng, (3, 7, 15, 40))[..., None] * style.rough
    if style.rough > 9:
        rough = rough + rng.standard_normal((h, w, 1)).astype(np.float32) * style.rough * 0.5
    rough[:line] *= 0.6
    img = np.clip(base + rough, 0, 255).astype(np.uint8)
    for name in style.props:
        if name in ALWAYS or rng.random() < 0.8:
            PROPS[name](img, line, rng)
    for name in style.litter:
        if rng.random() < 0.8:
            LITTER[name](img, line, rng)
    fall = np.clip(1 + 0.18 * clouds(h, w, rng, (2, 3)), 0.6, 1.3)[..., None] if rng.random() < 0.6 else 1.0
    if rng.random() < 0.5:
        img = cv2.GaussianBlur(img, (0, 0), rng.uniform(0.6, 1.6))
    return np.clip(img * fall, 0, 255).astype(np.uint8)
