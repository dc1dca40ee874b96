"""What moves and is not the action: passers-by, pets, cars, leaves, rain, waves, fans, screens, a second hand."""

from __future__ import annotations

import cv2
import numpy as np

from a2s.datasets.foley_world.actors import disc, line, poly
from a2s.datasets.foley_world.plan import Plan

OUTDOOR = ("street", "forest", "garden", "porch", "riverside", "beach", "night field")


def choose(plan: Plan, rng: np.random.Generator) -> list[str]:
    """Names of what else moves: what the ambience suggests, and at times something at random."""
    hints = {
        "wind": "leaves",
        "rain": "rain",
        "fan": "fan",
        "sea": "waves",
        "stream": "waves",
        "traffic": "car",
        "crowd": "people",
        "birds": "bird",
    }
    names = [hints[plan.ambience]] if plan.ambience in hints and rng.random() < 0.6 else []
    if rng.random() < 0.25:
        common = ("pet", "people", "fly") if plan.place in OUTDOOR else ("pet", "screen", "curtain", "people", "fan")
        names.append(str(rng.choice(common)))
    return names


class Mover:
    """One such thing, drawn in canvas coordinates through each frame's camera."""

    def __init__(
        self, name: str, seconds: float, canvas: tuple[int, int], horizon: float, rng: np.random.Generator
    ) -> None:
        self.name, (self.w, self.h) = name, canvas
        self.hz = max(8.0, horizon * self.h)
        self.colour, self.size = rng.uniform(20, 220, 3).tolist(), rng.uniform(0.7, 1.4)
        self.at = np.array([rng.uniform(0.1, 0.9) * self.w, rng.uniform(0.2, 0.9) * self.hz])
        self.points = rng.uniform((0, 0), (self.w, self.h), (40, 2))
        self.rate, self.phase, self.sign = rng.uniform(0.4, 1.6), rng.uniform(0, 6), float(rng.choice([-1, 1]))
        self.starts = np.sort(rng.uniform(-2, seconds, max(1, int(seconds / rng.uniform(4, 12)))))
        self.pace = rng.uniform(25, 110) * (2 if name in ("car", "bird") else 1)

    def _crossing(self, t: float) -> float | None:
        """How far (px) something that crosses the picture has come, or None while there is none."""
        k = int(np.searchsorted(self.starts, t)) - 1
        if k < 0:
            return None
        x = (t - self.starts[k]) * self.pace - 30
        return None if x > self.w + 60 else (x if self.sign > 0 else self.w - x)

    def draw(self, img: np.ndarray, t: float, affine: np.ndarray) -> None:
        """Paint it at time t (s) onto a frame."""
        s = float(np.hypot(affine[0, 0], affine[1, 0])) * self.size

        def to(p):
            return affine[:, :2] @ np.asarray(p, float) + affine[:, 2]

        beat = 2 * np.pi * self.rate * t + self.phase
        if self.name in ("people", "pet", "car", "bird"):
            x = self._crossing(t)
            if x is None:
                return
            if self.name == "people":
                p = to((x, self.hz * 0.45))
                line(img, p, p + (0, 40 * s), 16 * s, self.colour)
                disc(img, p - (0, 13 * s), 7 * s, (200, 150, 115))
                line(img, p + (0, 40 * s), p + (9 * s * np.sin(6 * beat), 75 * s), 7 * s, (40, 40, 50))
            elif self.name == "pet":
                p = to((x, self.hz + 6 + 2 * abs(np.sin(5 * beat))))
                line(img, p - (8 * s, 0), p + (8 * s, 0), 10 * s, self.colour)
                disc(img, p + (13 * s * self.sign, -5 * s), 5 * s, self.colour)
                line(img, p, p + (6 * s * np.sin(9 * beat), 10 * s), 3 * s, self.colour)
            elif self.name == "car":
                p = to((x, self.hz - 8))
                line(img, p - (20 * s, 0), p + (20 * s, 0), 12 * s, self.colour)
                line(img, p - (9 * s, 8 * s), p + (9 * s, 8 * s) - (0, 16 * s), 7 * s, (70, 80, 90))
            else:
                p = to((x, self.hz * 0.3 + 5 * np.sin(beat)))
                for side in (-1, 1):
                    line(img, p, p + (side * 5 * s, -4 * s * np.sin(8 * beat)), 1.5 * s, (40, 40, 45))
        elif self.name == "leaves":
            for k, p in enumerate(self.points[:16]):
                q = to((p[0] + 4 * np.sin(beat + k), p[1] * 0.25 + 2 * np.cos(1.3 * beat + 2 * k)))
                line(img, q, q + (4 * s * np.cos(k + 0.4 * np.sin(beat)), 3 * s), 3 * s, (60 + 3 * k, 110 + 2 * k, 45))
        elif self.name == "rain":
            fall = (self.points[:, 1] + t * 420) % self.h
            for p, y in zip(self.points, fall, strict=True):
                q = to((p[0], y))
                line(img, q, q + (-1, 9 * s), 1, (190, 198, 205))
        elif self.name == "waves":
            y = self.hz * 0.8 + 0.15 * self.hz * np.sin(0.25 * beat)
            for k in range(4):
                a = to((self.points[k, 0] - 40 + 6 * np.sin(beat + k), y + 5 * k))
                line(img, a, a + (70 * s, 1.5 * np.sin(2 * beat + k)), 1.6 * s, (225, 235, 238))
        elif self.name == "fan":
            c = to(self.at)
            for k in range(3):
                a = beat * 9 + k * 2.09
                line(img, c, c + np.array([np.cos(a), np.sin(a)]) * 14 * s, 5 * s, (185, 188, 192))
            cv2.circle(img, (int(c[0]), int(c[1])), int(17 * s), (90, 92, 96), 1, cv2.LINE_AA)
        elif self.name == "screen":
            c, light = to(self.at), 90 + 80 * np.sin(3 * beat) * np.sin(7.3 * beat)
            poly(
                img,
                c + np.array([[-22, -13], [22, -13], [22, 13], [-22, 13]]) * s,
                (light * 0.7, light * 0.9, light * 1.1),
            )
        elif self.name == "curtain":
            x = self.at[0]
            for k in range(6):
                sway = 4 * np.sin(0.7 * beat + 0.8 * k)
                line(
                    img,
                    to((x + 8 * k, 0)),
                    to((x + 8 * k + sway, self.hz * 0.9)),
                    7 * s,
                    [0.75 * c + 9 * (k % 2) + 50 for c in self.colour],
                )
        else:  # a fly
            disc(
                img,
                to(self.at + 40 * np.array([np.sin(2.1 * beat) + np.sin(0.7 * beat), np.cos(1.7 * beat)])),
                1.6 * s,
                (25, 25, 28),
            )
