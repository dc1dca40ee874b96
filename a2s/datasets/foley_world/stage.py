"""The stage of a scene: a place seen from a viewpoint, with a table and the object of the action."""

from __future__ import annotations

import cv2
import numpy as np

from a2s.datasets.foley_world.camera import View
from a2s.datasets.foley_world.drawing import disc
from a2s.datasets.foley_world.places import APPEARANCES, paint_place
from a2s.datasets.foley_world.textures import Slab, lay, texture

VIEW_ODDS = {
    "hit": {"first": 0.3, "front": 0.25, "side": 0.15, "over": 0.15, "top": 0.15},
    "knock": {"wall": 0.6, "first": 0.2, "side": 0.1, "top": 0.1},
    "chop": {"first": 0.4, "front": 0.2, "side": 0.2, "over": 0.1, "top": 0.1},
    "scrape": {"first": 0.35, "front": 0.2, "top": 0.25, "over": 0.1, "wall": 0.1},
    "pour": {"side": 0.4, "front": 0.4, "over": 0.2},
    "step": {"first": 0.55, "side": 0.45},
    "bounce": {"side": 0.35, "front": 0.35, "first": 0.15, "over": 0.15},
    "splash": {"first": 0.3, "front": 0.2, "side": 0.3, "top": 0.2},
}
"""Probabilities of the views of an action."""

VEGETABLES = ((230, 120, 30), (90, 160, 50), (200, 40, 40), (235, 225, 180), (230, 190, 60))


class Stage:
    """A place from a random viewpoint. Several activities may share it. size: (width, height) of the picture."""

    def __init__(self, place: str, action: str, size: tuple[int, int], rng: np.random.Generator) -> None:
        w, h = int(size[0] * 1.3), int(size[1] * 1.3)
        odds = VIEW_ODDS[action]
        name = str(rng.choice(list(odds), p=np.array(list(odds.values()))))
        low = 0.6 if name != "top" else 0.5
        centre = (w * rng.uniform(0.42, 0.58), h * (low + rng.uniform(-0.06, 0.1)))
        self.view = View.draw(name, centre, rng)
        self.canvas = paint_place(place, h, w, self.view.horizon, rng)
        self.place = place
        if action != "step" and name != "wall" and rng.random() < 0.7:
            self._add_table(rng)

    def _add_table(self, rng: np.random.Generator) -> None:
        style = APPEARANCES[self.place]
        tex = texture(str(rng.choice(style.table)), 96, 160, rng)
        tex = cv2.addWeighted(tex, 0.7, np.full_like(tex, np.array(style.floor[0], np.uint8)), 0.3, 0)
        is_round, long, wide = rng.random() < 0.2, rng.uniform(65, 120), rng.uniform(32, 60)
        deep, centre = rng.uniform(4, 25), np.array([0.0, 0.0, -rng.uniform(1, 8)])
        lay(self.canvas, self.view, Slab(tex, is_round, long, wide, deep, centre))

    def add_object(
        self, action: str, material: str, at: np.ndarray, rng: np.random.Generator
    ) -> tuple[float, float, float]:
        """Draw the object of an action at (3,). Returns the colour of a shadow on it."""
        tex = texture(material, 110, 150, rng)
        long, wide = rng.uniform(24, 62), rng.uniform(16, 36)
        deep, is_round = rng.choice([rng.uniform(2, 6), rng.uniform(8, 26)]), rng.random() < 0.45
        if self.view.name == "wall":
            long, wide = rng.uniform(35, 70), rng.uniform(40, 75)
            deep, is_round = rng.uniform(1, 5), rng.random() < 0.1
        elif action == "chop":
            long, wide = rng.uniform(40, 62), rng.uniform(20, 32)
            deep, is_round = rng.uniform(3, 7), rng.random() < 0.15
        elif action == "splash":
            long, wide, deep = rng.uniform(40, 110), rng.uniform(28, 70), rng.uniform(2, 12)
            if rng.random() < 0.7:
                rim = texture(str(rng.choice(["ceramic", "plastic", "metal", "stone"])), 64, 64, rng)
                lay(self.canvas, self.view, Slab(rim, is_round, long * 1.1, wide * 1.12, deep + 6, at - (0, 0, 0.5)))
        elif action == "pour":
            long = rng.uniform(18, 34)
            wide, deep, is_round = long, rng.uniform(8, 24), True
            rim = texture(str(rng.choice(["ceramic", "glass", "metal", "plastic"])), 64, 64, rng)
            lay(self.canvas, self.view, Slab(rim, True, long * 1.15, wide * 1.15, deep + 2, at + (0, 0, 1.0)))
        slab = Slab(tex, is_round, long, wide, float(deep), at, 0.45 if material == "glass" else 0.0)
        lay(self.canvas, self.view, slab)
        if action == "chop" and rng.random() < 0.8:
            self._add_food(slab, rng)
        r, g, b = tex.reshape(-1, 3).mean(0) * 0.55
        return float(r), float(g), float(b)

    def _add_food(self, board: Slab, rng: np.random.Generator) -> None:
        for _ in range(int(rng.integers(2, 9))):
            offset = (rng.uniform(-0.8, 0.8) * board.long, rng.uniform(-0.7, 0.7) * board.wide, 2)
            position = self.view.project(board.centre + offset)
            colour = np.array(VEGETABLES[rng.integers(len(VEGETABLES))]) * rng.uniform(0.8, 1.1)
            disc(self.canvas, position, rng.uniform(2, 6) * self.view.scale, colour.tolist())
