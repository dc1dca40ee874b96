"""Motion that is unrelated to the action: passers-by, pets, cars, leaves, rain, waves, fans, screens, flies."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from a2s.datasets.foley_world.drawing import disc, line, poly
from a2s.datasets.foley_world.plan import Plan

OUTDOOR = ("street", "forest", "garden", "porch", "riverside", "beach", "night field")

SUGGESTED = {
    "wind": "leaves",
    "rain": "rain",
    "fan": "fan",
    "sea": "waves",
    "stream": "waves",
    "traffic": "car",
    "crowd": "people",
    "birds": "bird",
}
"""What a kind of ambience suggests."""


def choose_movers(plan: Plan, rng: np.random.Generator) -> list[str]:
    """Names of movers: what the ambience suggests, and in some videos a random one."""
    names = [SUGGESTED[plan.ambience]] if plan.ambience in SUGGESTED and rng.random() < 0.6 else []
    if rng.random() < 0.25:
        common = ("pet", "people", "fly") if plan.place in OUTDOOR else ("pet", "screen", "curtain", "people", "fan")
        names.append(str(rng.choice(common)))
    return names


class Mover:
    """One mover. It is positioned in canvas coordinates and drawn through the camera of each frame.

    canvas: (width, height) in pixels. horizon: 0..1 from the top.
    """

    def __init__(
        self, name: str, seconds: float, canvas: tuple[int, int], horizon: float, rng: np.random.Generator
    ) -> None:
        self.name, (self.w, self.h) = name, canvas
        self.horizon = max(8.0, horizon * self.h)
        self.colour, self.size = rng.uniform(20, 220, 3).tolist(), rng.uniform(0.7, 1.4)
        self.at = np.array([rng.uniform(0.1, 0.9) * self.w, rng.uniform(0.2, 0.9) * self.horizon])
        self.points = rng.uniform((0, 0), (self.w, self.h), (40, 2))
        self.rate, self.phase, self.sign = rng.uniform(0.4, 1.6), rng.uniform(0, 6), float(rng.choice([-1, 1]))
        self.starts = np.sort(rng.uniform(-2, seconds, max(1, int(seconds / rng.uniform(4, 12)))))
        self.speed = rng.uniform(25, 110) * (2 if name in ("car", "bird") else 1)

    def draw(self, img: np.ndarray, t: float, affine: np.ndarray) -> None:
        """Draw the mover at time t in s on a frame. affine: (2, 3), from canvas to frame."""
        x = self._crossing(t) if self.name in CROSSING else self.at[0]
        if x is not None:
            _PAINTERS[self.name](self, _Frame(img, t, affine, self), float(x))

    def _crossing(self, t: float) -> float | None:
        """Position in pixels of a mover that crosses the picture, or None between two crossings."""
        k = int(np.searchsorted(self.starts, t)) - 1
        if k < 0:
            return None
        x = (t - self.starts[k]) * self.speed - 30
        return None if x > self.w + 60 else (x if self.sign > 0 else self.w - x)


class _Frame:
    """A frame to draw a mover on. s: scale; beat: phase of its periodic motion in radians."""

    def __init__(self, img: np.ndarray, t: float, affine: np.ndarray, mover: Mover) -> None:
        self.img, self.t, self.affine = img, t, affine
        self.s = float(np.hypot(affine[0, 0], affine[1, 0])) * mover.size
        self.beat = 2 * np.pi * mover.rate * t + mover.phase

    def to(self, point: tuple[float, float] | np.ndarray) -> np.ndarray:
        """From canvas to frame, (2,)."""
        return self.affine[:, :2] @ np.asarray(point, float) + self.affine[:, 2]


def _people(m: Mover, f: _Frame, x: float) -> None:
    p, s = f.to((x, m.horizon * 0.45)), f.s
    line(f.img, p, p + (0, 40 * s), 16 * s, m.colour)
    disc(f.img, p - (0, 13 * s), 7 * s, (200, 150, 115))
    line(f.img, p + (0, 40 * s), p + (9 * s * np.sin(6 * f.beat), 75 * s), 7 * s, (40, 40, 50))


def _pet(m: Mover, f: _Frame, x: float) -> None:
    p, s = f.to((x, m.horizon + 6 + 2 * abs(np.sin(5 * f.beat)))), f.s
    line(f.img, p - (8 * s, 0), p + (8 * s, 0), 10 * s, m.colour)
    disc(f.img, p + (13 * s * m.sign, -5 * s), 5 * s, m.colour)
    line(f.img, p, p + (6 * s * np.sin(9 * f.beat), 10 * s), 3 * s, m.colour)


def _car(m: Mover, f: _Frame, x: float) -> None:
    p, s = f.to((x, m.horizon - 8)), f.s
    line(f.img, p - (20 * s, 0), p + (20 * s, 0), 12 * s, m.colour)
    line(f.img, p - (9 * s, 8 * s), p + (9 * s, 8 * s) - (0, 16 * s), 7 * s, (70, 80, 90))


def _bird(m: Mover, f: _Frame, x: float) -> None:
    p, s = f.to((x, m.horizon * 0.3 + 5 * np.sin(f.beat))), f.s
    for side in (-1, 1):
        line(f.img, p, p + (side * 5 * s, -4 * s * np.sin(8 * f.beat)), 1.5 * s, (40, 40, 45))


def _leaves(m: Mover, f: _Frame, x: float) -> None:
    s, beat = f.s, f.beat
    for k, p in enumerate(m.points[:16]):
        q = f.to((p[0] + 4 * np.sin(beat + k), p[1] * 0.25 + 2 * np.cos(1.3 * beat + 2 * k)))
        line(f.img, q, q + (4 * s * np.cos(k + 0.4 * np.sin(beat)), 3 * s), 3 * s, (60 + 3 * k, 110 + 2 * k, 45))


def _rain(m: Mover, f: _Frame, x: float) -> None:
    fall = (m.points[:, 1] + f.t * 420) % m.h
    for p, y in zip(m.points, fall, strict=True):
        q = f.to((p[0], y))
        line(f.img, q, q + (-1, 9 * f.s), 1, (190, 198, 205))


def _waves(m: Mover, f: _Frame, x: float) -> None:
    y = m.horizon * 0.8 + 0.15 * m.horizon * np.sin(0.25 * f.beat)
    for k in range(4):
        a = f.to((m.points[k, 0] - 40 + 6 * np.sin(f.beat + k), y + 5 * k))
        line(f.img, a, a + (70 * f.s, 1.5 * np.sin(2 * f.beat + k)), 1.6 * f.s, (225, 235, 238))


def _fan(m: Mover, f: _Frame, x: float) -> None:
    c, s = f.to(m.at), f.s
    for k in range(3):
        a = f.beat * 9 + k * 2.09
        line(f.img, c, c + np.array([np.cos(a), np.sin(a)]) * 14 * s, 5 * s, (185, 188, 192))
    cv2.circle(f.img, (int(c[0]), int(c[1])), int(17 * s), (90, 92, 96), 1, cv2.LINE_AA)


def _screen(m: Mover, f: _Frame, x: float) -> None:
    c, light = f.to(m.at), 90 + 80 * np.sin(3 * f.beat) * np.sin(7.3 * f.beat)
    corners = c + np.array([[-22, -13], [22, -13], [22, 13], [-22, 13]]) * f.s
    poly(f.img, corners, (light * 0.7, light * 0.9, light * 1.1))


def _curtain(m: Mover, f: _Frame, x: float) -> None:
    for k in range(6):
        sway = 4 * np.sin(0.7 * f.beat + 0.8 * k)
        foot = f.to((x + 8 * k + sway, m.horizon * 0.9))
        line(f.img, f.to((x + 8 * k, 0)), foot, 7 * f.s, [0.75 * c + 9 * (k % 2) + 50 for c in m.colour])


def _fly(m: Mover, f: _Frame, x: float) -> None:
    beat = f.beat
    path = 40 * np.array([np.sin(2.1 * beat) + np.sin(0.7 * beat), np.cos(1.7 * beat)])
    disc(f.img, f.to(m.at + path), 1.6 * f.s, (25, 25, 28))


CROSSING = ("people", "pet", "car", "bird")
"""Movers that cross the picture."""

_PAINTERS: dict[str, Callable[[Mover, _Frame, float], None]] = {
    "people": _people, "pet": _pet, "car": _car, "bird": _bird, "leaves": _leaves, "rain": _rain, "waves": _waves,
    "fan": _fan, "screen": _screen, "curtain": _curtain, "fly": _fly,
}  # fmt: skip
