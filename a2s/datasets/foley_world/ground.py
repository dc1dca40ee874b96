"""The ground that a walker crosses: a texture that scrolls under the camera."""

from __future__ import annotations

import cv2
import numpy as np

from a2s.datasets.foley_world.actors import Actor
from a2s.datasets.foley_world.places import APPEARANCES
from a2s.datasets.foley_world.stage import Stage
from a2s.datasets.foley_world.textures import texture


class Ground:
    """The ground of a walk. It also sets the walking direction of the actor.

    stride: length of a step in 192nds of the picture's width. first_person: the camera is worn by the walker.
    """

    def __init__(self, material: str, stage: Stage, actor: Actor, rng: np.random.Generator) -> None:
        h, w = stage.canvas.shape[:2]
        self._scale, self.first_person = stage.view.scale, stage.view.name == "first"
        sideways = stage.view.name == "side"
        self._horizon = int(h * (stage.view.horizon if sideways else rng.uniform(0.05, 0.35)))
        self._texture = self._paint(material, stage.place, 2 * (h - self._horizon), 2 * w, rng)
        if sideways:
            stage.canvas[self._horizon :] = self._texture[: h - self._horizon, :w]
        forward = np.array([0.0, 1.0, 0.0])
        actor.along = forward if self.first_person else np.array([rng.choice([-1.0, 1.0]), 0.0, 0.0])
        self._rightward = actor.along[0] > 0
        self.stride = rng.uniform(22, 48)
        self._camera_follows = self.first_person or rng.random() < 0.7

    @staticmethod
    def _paint(material: str, place: str, h: int, w: int, rng: np.random.Generator) -> np.ndarray:
        """uint8 (h, w, 3): the material with spots, tinted by the floor of the place."""
        tall = texture(material, h, w, rng)
        floor = np.full_like(tall, np.array(APPEARANCES[place].floor[0], np.uint8))
        ground = cv2.addWeighted(tall, 0.8, floor, 0.2, 0)
        for _ in range(int(rng.integers(4, 14))):
            x, y = int(rng.uniform(0, w)), int(rng.uniform(0, h))
            shade = ground[min(y, h - 1), min(x, w - 1)] * rng.uniform(0.5, 1.4)
            axes = (int(rng.uniform(2, 12)), int(rng.uniform(1, 6)))
            cv2.ellipse(ground, (x, y), axes, 0, 0, 360, np.clip(shade, 0, 255).tolist(), -1, cv2.LINE_AA)
        return ground

    def scrolled(self, canvas: np.ndarray, strides: float) -> np.ndarray:
        """A copy of the canvas with the ground after that many strides."""
        h, w = canvas.shape[:2]
        rows, out = h - self._horizon, canvas.copy()
        far = int(strides * self.stride * self._scale) if self._camera_follows else 0
        if self.first_person:
            mirrored = (far // rows) % 2 == 1
            top = rows - far % rows
            tall = self._texture[:, ::-1] if mirrored else self._texture
            out[self._horizon :] = tall[top : top + rows, :w]
        else:
            left = far % w if self._rightward else w - 1 - far % w
            out[self._horizon :] = self._texture[:rows, left : left + w]
        return out
