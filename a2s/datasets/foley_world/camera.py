"""The view of a scene, the motion of the camera, and the degradations of its sensor."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from a2s.datasets.foley_world.plan import Plan

VIEWS = ("first", "front", "side", "over", "top", "wall")
DISTANCE = 420.0
"""Distance of the camera in 192nds of the picture's width."""


def walk(n: int, seconds: float, rate: float, rng: np.random.Generator) -> np.ndarray:
    """(n,): a smooth random curve of about unit size that changes direction about `rate` times per second."""
    knots = rng.standard_normal((1, max(4, int(seconds * rate) + 5))).astype(np.float32)
    return cv2.resize(knots, (n, 1), interpolation=cv2.INTER_CUBIC)[0]


@dataclass(frozen=True)
class View:
    """A projection from the surface that is acted on (x along, y away, z normal) onto a canvas in pixels.

    axes: (3, 3), right, down and towards the camera. centre: position of the origin. azimuth: from where arms reach in.
    """

    name: str
    axes: np.ndarray
    centre: tuple[float, float]
    scale: float
    azimuth: float

    @classmethod
    def draw(cls, name: str, centre: tuple[float, float], rng: np.random.Generator) -> View:
        """A random view of that name, one of `VIEWS`."""
        pitch = {
            "first": (35, 65),
            "front": (12, 40),
            "side": (4, 25),
            "over": (25, 52),
            "top": (68, 88),
            "wall": (0, 18),
        }[name]
        pitch, yaw, roll = (np.radians(v) for v in (rng.uniform(*pitch), rng.normal(0, 14), rng.normal(0, 5)))
        azimuth = {
            "first": np.radians(-90 + rng.normal(0, 22)),
            "front": np.radians(90 + rng.normal(0, 22)),
            "side": np.radians(rng.choice([0, 180]) + rng.normal(0, 15)),
            "over": np.radians(-90 + rng.choice([-40, 40]) + rng.normal(0, 12)),
            "top": rng.uniform(-np.pi, np.pi),
            "wall": np.radians(-90 + rng.normal(0, 35)),
        }[name]
        sp, cp, sy, cy = np.sin(pitch), np.cos(pitch), np.sin(yaw), np.cos(yaw)
        axes = np.array([[cy, sy, 0.0], [sy * sp, -cy * sp, -cp], [sy * cp, -cy * cp, sp]])
        if name == "wall":  # y of the surface points up; its normal points towards the camera and to one side
            turn = np.radians(rng.uniform(15, 75) * rng.choice([-1, 1]))
            axes = np.array(
                [
                    [np.cos(turn), 0, np.sin(turn)],
                    [-sp * np.sin(turn), -cp, sp * np.cos(turn)],
                    [-np.sin(turn), sp, np.cos(turn)],
                ]
            )
        spin = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        return cls(name, spin @ axes, centre, rng.uniform(0.85, 1.5), float(azimuth))

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) in space -> (..., 2) in canvas pixels, in weak perspective."""
        rotated = points @ self.axes.T
        near = np.clip(DISTANCE / (DISTANCE - np.clip(rotated[..., 2:], -500, 250)), 0.5, 2.0)
        return rotated[..., :2] * near * self.scale + np.array(self.centre)

    @property
    def horizon(self) -> float:
        """0..1: share of the picture's height above the horizon: small from above, large from the side."""
        return float(np.clip(0.52 - 0.55 * abs(self.axes[2, 2]), 0.1, 0.5)) if self.name != "wall" else 0.75


def idle_spells(plan: Plan, least: float) -> list[tuple[float, float]]:
    """Intervals (start, end) in s of at least `least` s without a gesture."""
    marks = sorted(
        (g.start, max([g.end, *(c.time + c.duration + 0.1 for c in g.contacts)]))
        for a in plan.activities
        for g in a.gestures
    )
    spells, last = [], 0.0
    for start, end in [*marks, (plan.seconds, plan.seconds)]:
        if start - last >= least:
            spells.append((last, start))
        last = max(last, end)
    return spells


@dataclass(frozen=True)
class Camera:
    """The camera in each of n frames: affine (n, 2, 3) from canvas to picture, its scale (n,), exposure gain (n,)."""

    affine: np.ndarray
    scale: np.ndarray
    gain: np.ndarray

    @classmethod
    def draw(
        cls, plan: Plan, times: np.ndarray, canvas: tuple[int, int], size: tuple[int, int], rng: np.random.Generator
    ) -> Camera:
        """A camera on a tripod, in a hand or on a head. canvas, size: (width, height) of canvas and picture."""
        n, seconds = len(times), plan.seconds
        shake = float(
            rng.choice(
                [0.0, rng.uniform(0.2, 0.7), rng.uniform(0.7, 1.6), rng.uniform(1.6, 3.5)], p=[0.42, 0.3, 0.2, 0.08]
            )
        )
        rate = rng.uniform(0.5, 2.2)
        x, y = shake * walk(n, seconds, rate, rng), shake * walk(n, seconds, rate, rng)
        roll = np.radians(0.35 * shake) * walk(n, seconds, rate, rng)
        zoom = 1 + 0.006 * shake * walk(n, seconds, 0.5, rng)
        if shake and rng.random() < 0.5:
            x, y = x + 0.12 * shake * walk(n, seconds, 6, rng), y + 0.12 * shake * walk(n, seconds, 6, rng)
        if rng.random() < 0.15:
            zoom = zoom + np.clip(0.08 * walk(n, seconds, 0.15, rng), -0.1, 0.25)
        y = y + cls._jolts(plan, times, rng)
        turns = rng.random() < 0.2
        for start, end in idle_spells(plan, 0.7) if turns else []:
            if rng.random() < 0.6:
                out, back = (
                    np.clip((times - start) / (0.45 * (end - start)), 0, 1),
                    np.clip((times - start) / (end - start) * 2 - 1, 0, 1),
                )
                course = out * out * (3 - 2 * out) - back * back * (3 - 2 * back)
                x, y = x + course * rng.normal(0, 26), y + course * rng.normal(0, 14)
        base, mirror, dx, dy = cls._framings(plan, times, rng)
        zoom, roll = zoom * base * rng.uniform(0.95, 1.15), roll
        cos, sin = np.cos(roll) * zoom, np.sin(roll) * zoom
        affine = np.zeros((n, 2, 3))
        affine[:, 0, 0], affine[:, 0, 1], affine[:, 1, 0], affine[:, 1, 1] = cos * mirror, -sin * mirror, sin, cos
        cx, cy = canvas[0] / 2 - x - dx, canvas[1] / 2 - y - dy
        affine[:, 0, 2] = size[0] / 2 - mirror * (cos * cx - sin * cy)
        affine[:, 1, 2] = size[1] / 2 - (sin * cx + cos * cy)
        drift = rng.choice([0.0, 0.03, 0.12], p=[0.4, 0.4, 0.2]) * walk(n, seconds, rng.uniform(0.1, 0.6), rng)
        hum = rng.choice([0.0, 0.02, 0.06], p=[0.8, 0.1, 0.1]) * np.sin(2 * np.pi * rng.uniform(1, 11) * times)
        return cls(affine, zoom, np.clip(rng.uniform(0.8, 1.15) * (1 + drift + hum), 0.4, 1.6))

    @staticmethod
    def _jolts(plan: Plan, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n,).

        Vertical shake from contacts, if the camera stands on the same table, and from the steps of its wearer.
        """
        out, share = np.zeros(len(times)), float(rng.choice([0.0, 0.5, 1.6], p=[0.65, 0.2, 0.15]))
        wobble = rng.uniform(6, 12)
        for event in plan.events:
            size = max(share, rng.uniform(0.5, 1.5)) if event.action == "step" else share
            if size and event.duration == 0 and event.action != "splash":
                late = times - event.time
                out += np.where(
                    late >= 0,
                    size * event.strength * np.exp(-np.maximum(late, 0) / 0.08) * np.sin(2 * np.pi * wobble * late),
                    0,
                )
        return out

    @staticmethod
    def _framings(plan: Plan, times: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Cuts to another framing in idle moments: zoom, mirror sign and shifts in x and y, each (n,)."""
        zoom, mirror, dx, dy = (
            np.ones(len(times)),
            np.full(len(times), rng.choice([-1.0, 1.0])),
            np.zeros(len(times)),
            np.zeros(len(times)),
        )
        if rng.random() < 0.2:
            for start, end in idle_spells(plan, 0.3):
                if rng.random() < 0.35:
                    later = times >= 0.5 * (start + end)
                    zoom[later], mirror[later] = rng.uniform(0.9, 1.5), rng.choice([-1.0, 1.0])
                    dx[later], dy[later] = rng.normal(0, 8), rng.normal(0, 6)
        return zoom, mirror, dx, dy


class Sensor:
    """The degradations of a recording.

    Gain, gamma, white balance, noise, compression. dark: factor on the brightness.
    """

    def __init__(self, size: tuple[int, int], dark: float, rng: np.random.Generator) -> None:
        self._gamma, self._dark = rng.uniform(0.75, 1.3), dark
        self._quality = int(rng.uniform(15, 60)) if rng.random() < 0.3 else 0
        noise = rng.choice([0.0, rng.uniform(0.5, 2.5), rng.uniform(2.5, 7)], p=[0.3, 0.5, 0.2])
        grain = rng.standard_normal((size[1] + 24, size[0] + 24, 3)) * noise
        self._up, self._down = np.clip(grain, 0, 60).astype(np.uint8), np.clip(-grain, 0, 60).astype(np.uint8)
        self._noisy, self._size = noise > 0, size
        self._warmth = np.clip(rng.normal(1, 0.05, 3), 0.85, 1.15)
        self._soft = rng.random() < 0.15
        self._ramp = np.linspace(0, 1, 256)[:, None]

    def __call__(self, img: np.ndarray, gain: float, frame: int) -> np.ndarray:
        """uint8 (h, w, 3) -> the same, recorded. frame: its number, which selects the noise."""
        table = np.clip(255 * (self._ramp * gain * self._warmth * self._dark) ** self._gamma, 0, 255).astype(np.uint8)
        out = cv2.LUT(img, table[None])
        if self._soft:
            out = cv2.blur(out, (3, 3))
        if self._noisy:
            (w, h), dy, dx = self._size, frame * 7 % 24, frame * 11 % 23
            out = cv2.subtract(cv2.add(out, self._up[dy : dy + h, dx : dx + w]), self._down[dy : dy + h, dx : dx + w])
        if self._quality:  # OpenCV swaps red and blue twice, so their order does not matter
            out = cv2.imdecode(
                cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, self._quality])[1], cv2.IMREAD_COLOR
            )
        return out
