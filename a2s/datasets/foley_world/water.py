"""Water that is struck or poured into: rings that spread and drops that fly."""

from __future__ import annotations

import cv2
import numpy as np

from a2s.datasets.foley_world.camera import View
from a2s.datasets.foley_world.drawing import disc
from a2s.datasets.foley_world.plan import Contact

GRAVITY = 260.0
"""In 192nds of the picture's width per s^2."""

RING_PERIOD = 0.22
"""Time in s between two rings of a stream."""


class Water:
    """Rings and drops of all contacts of an activity.

    positions: (n, 3) of the contacts. home: (3,), where a stream lands.
    """

    def __init__(
        self, view: View, contacts: list[Contact], positions: np.ndarray, home: np.ndarray, rng: np.random.Generator
    ) -> None:
        self._view, self._hits = view, []
        for contact, position in zip(contacts, positions, strict=True):
            spot = home if contact.duration else position * (1, 1, 0)
            up = np.array([0.0, 0.0, 40 + 70 * contact.strength])
            speeds = rng.normal(0, 1, (int(5 + 14 * contact.strength), 3)) * (26, 26, 20) + up
            self._hits.append((contact, spot, speeds))

    def ripples(self, img: np.ndarray, t: float, affine: np.ndarray) -> None:
        """Draw the rings at t in s. affine: (2, 3), from canvas to frame."""
        turn = np.linspace(0, 2 * np.pi, 20)
        for contact, spot, _ in self._hits:
            for start in np.arange(0.0, contact.duration + 1e-6, RING_PERIOD):
                age = t - contact.time - start
                if 0 <= age < 0.9:
                    r = (4 + 38 * age) * (0.5 + 0.5 * contact.strength) * (0.6 if contact.duration else 1.0)
                    at = spot + np.stack([r * np.cos(turn), r * np.sin(turn), 0 * turn], axis=1)
                    flat = self._view.project(at) @ affine[:, :2].T + affine[:, 2]
                    light = 235 - 90 * age
                    colour = (light * 0.9, light, light)
                    cv2.polylines(img, [(flat * 16).astype(np.int32)], True, colour, 1, cv2.LINE_AA, 4)

    def droplets(self, img: np.ndarray, t: float, affine: np.ndarray, scale: float) -> None:
        """Draw the flying drops at t in s. scale: of the frame."""
        for contact, spot, speeds in self._hits:
            age = t - contact.time
            if 0 <= age < 0.7:
                at = spot + speeds * age - (0, 0, 0.5 * GRAVITY * age * age)
                for p in self._view.project(at[at[:, 2] > 0]) @ affine[:, :2].T + affine[:, 2]:
                    disc(img, p, 1.3 * scale, (225, 238, 245))
