"""The scene of one activity: its set, object and actor, drawn frame by frame."""

from __future__ import annotations

import copy

import cv2
import numpy as np

from a2s.datasets.foley_world.actors import Actor
from a2s.datasets.foley_world.camera import walk
from a2s.datasets.foley_world.flight import move
from a2s.datasets.foley_world.ground import Ground
from a2s.datasets.foley_world.motion import Limb
from a2s.datasets.foley_world.plan import Activity
from a2s.datasets.foley_world.sketch import draw_arm, draw_foot, draw_object, draw_vessel
from a2s.datasets.foley_world.stage import Stage
from a2s.datasets.foley_world.water import Water

SHUTTERS = np.linspace(-0.5, 0.5, 5)
"""Times within the exposure at which a frame may be sampled, as shares of it."""

SAMPLES = {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
"""Indices into SHUTTERS by the number of samples: fast motion needs more for its blur."""


class Scene:
    """An activity on a stage. `prepare` computes everything that can be computed for all frames at once."""

    def __init__(self, activity: Activity, stage: Stage, shift: float, rng: np.random.Generator) -> None:
        self.activity, self.stage, self.view = activity, stage, stage.view
        self.actor = Actor.draw(activity.action, self.view.azimuth, rng)
        self.actor.home = self.actor.home + np.array([shift, 0.0, 0.0])
        self._bare = stage.canvas.copy()
        self.shade = (60.0, 55.0, 50.0)
        self._ground: Ground | None = None
        if activity.action == "step":
            self._ground = Ground(activity.material, stage, self.actor, rng)
        else:
            self.shade = stage.add_object(activity.action, activity.material, np.array([shift, 0.0, 0.0]), rng)
        self.canvas = stage.canvas
        self.limbs, self._passed = move(activity, self._hands(rng), self.actor.kind == "stone", rng)
        self._draw_habits(rng)
        self._rng = rng

    def _hands(self, rng: np.random.Generator) -> int:
        """How many hands act: one for heavy tools and for actions that need one, else one or two."""
        single = self.actor.kind in ("knife", "cleaver", "hammer", "stone")
        if single or self.activity.action in ("pour", "scrape", "bounce"):
            return 1
        return 1 + int(rng.random() < 0.3)

    def _draw_habits(self, rng: np.random.Generator) -> None:
        action = self.activity.action
        single = action in ("chop", "hit", "scrape", "pour") and len(self.limbs) == 1
        self._has_second_hand = single and rng.random() < 0.4
        fixed = action == "step" or self.view.name == "wall"
        self._vibration = 0.0 if fixed else float(rng.choice([0.0, 1.2, 3.0], p=[0.45, 0.35, 0.2]))
        self._shutter, self._vibration_hz = rng.uniform(0.35, 1.0), rng.uniform(9, 18)

    def continued(self, activity: Activity, number: int) -> Scene:
        """The same stage, actor and object for a later activity with the same action."""
        other = copy.copy(self)
        other.activity, other._rng = activity, np.random.default_rng([number, int(1e6 * activity.start)])
        other.limbs, other._passed = move(activity, len(self.limbs), self.actor.kind == "stone", other._rng)
        return other

    def prepare(self, times: np.ndarray, affine: np.ndarray, scale: np.ndarray, period: float) -> None:
        """Compute all positions in the n frames of this scene.

        times: (n,) in s. affine: (n, 2, 3), from canvas to frame. scale: (n,) of the frame. period: of the frames in s.
        """
        n, rng = len(times), self._rng
        when = (times[:, None] + SHUTTERS * self._shutter * period).ravel()
        span = max(times[-1] - times[0], 1.0)
        wobble = np.stack([walk(len(when), span, 1.2, rng), walk(len(when), span, 1.2, rng)], axis=1)
        wobble = wobble * rng.uniform(0.3, 2.0)
        self._affine, self._times, self._scale = affine, times, scale * self.view.scale
        views = np.repeat(affine, len(SHUTTERS), axis=0)
        self._points = []
        for k, limb in enumerate(self.limbs):
            positions = self._project(self._positions(limb, when, wobble, k), views)
            self._points.append(positions.reshape(n, len(SHUTTERS), -1, 2))
        speed = np.max([np.hypot(*(p[:, -1, :2] - p[:, 0, :2]).max(1).T) for p in self._points], axis=0)
        self._samples = np.clip(np.ceil(speed / 2.2), 1, 5).astype(int)
        self._turn, self._held = self.limbs[0].turn.at(times), self.limbs[0].held.at(times)
        self._height = self.limbs[0].height.at(times)
        self._ground_at = self._passed.at(times)
        self._contacts = [c for g in self.activity.gestures for c in g.contacts]
        self._shake = self._vibrations(times)
        if self._has_second_hand:
            self._other = self._second_hand(when, views, n)
        if self.activity.action in ("splash", "pour"):
            self._water = self._make_water(rng)

    def _vibrations(self, times: np.ndarray) -> np.ndarray:
        """(n,): vertical displacement of the object after contacts."""
        shake = np.zeros(len(times))
        for c in self._contacts if self._vibration else []:
            late = times - c.time
            decay = c.strength * np.exp(-np.maximum(late, 0) / 0.06)
            shake += np.where(late >= 0, decay * np.cos(2 * np.pi * self._vibration_hz * late), 0)
        return shake * self._vibration

    def _make_water(self, rng: np.random.Generator) -> Water:
        contacts = self._contacts
        times = np.array([c.time for c in contacts])
        at_rest = np.zeros((len(contacts), 2))
        positions = self.actor.strike_point(self.limbs[0], times, at_rest) if contacts else np.zeros((0, 3))
        return Water(self.view, contacts, positions, self.actor.home, rng)

    def _positions(self, limb: Limb, when: np.ndarray, wobble: np.ndarray, k: int) -> np.ndarray:
        """(len(when), points, 3): the points of limb number k in space."""
        action, actor = self.activity.action, self.actor
        if action == "pour":
            return actor.vessel(limb, when)
        if self._ground is not None:
            return actor.leg(limb, when, k == 0, self._ground.stride, self._ground.first_person)
        if action == "bounce" or actor.kind == "stone":
            return actor.dropped_object(limb, when)
        points = actor.arm(limb, when, wobble)
        if len(self.limbs) > 1:
            across = np.array([-actor.side[1], actor.side[0], 0.0])
            points = points + across * (k - 0.5) * 22 * actor.size
        return points

    def _second_hand(self, when: np.ndarray, views: np.ndarray, n: int) -> np.ndarray:
        """(n, 5, 5, 2): a hand that holds the object and hardly moves."""
        a, rng = self.actor, self._rng
        across = np.array([-a.side[1], a.side[0], 0.0]) * rng.choice([-1, 1])
        course = np.stack([walk(len(when), 20, 0.6, rng), walk(len(when), 20, 0.6, rng), 0 * when], axis=1)
        drift = course * rng.uniform(0.3, 2)
        tip = a.home + across * rng.uniform(20, 40) + drift
        grip = tip + a.side * 10 * a.size + (0, 0, 6)
        elbow = grip + a.side * 60 + across * 10 + (0, 0, 14)
        points = np.stack([tip, grip, elbow, elbow + a.side * 150 + (0, 0, 40), tip], axis=1)
        return self._project(points, views).reshape(n, len(SHUTTERS), 5, 2)

    def _project(self, space: np.ndarray, views: np.ndarray) -> np.ndarray:
        """Points (m, k, 3) in space -> (m, k, 2) in frames. views: (m, 2, 3)."""
        flat = self.view.project(space)
        return np.clip(np.einsum("nij,nkj->nki", views[:, :, :2], flat) + views[:, None, :, 2], -2000, 2000)

    def background(self, i: int, size: tuple[int, int]) -> np.ndarray:
        """The stage without actors in frame i, uint8 (h, w, 3). size: (width, height)."""
        canvas, affine = self.canvas, self._affine[i]
        if self._ground is not None:
            canvas = self._ground.scrolled(self._bare, self._ground_at[i])
        img = cv2.warpAffine(canvas, affine, size, borderMode=cv2.BORDER_REFLECT)
        if abs(self._shake[i]) > 0.15:
            moved = affine.copy()
            moved[1, 2] += self._shake[i] * self._scale[i]
            x0, y0, x1, y1 = self._object_area(affine, size)
            shaken = cv2.warpAffine(canvas, moved, size, borderMode=cv2.BORDER_REFLECT)
            img[y0:y1, x0:x1] = shaken[y0:y1, x0:x1]
        return img

    def _object_area(self, affine: np.ndarray, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(x0, y0, x1, y1) around the object in a frame."""
        x, y = affine[:, :2] @ self.view.project(self.actor.home) + affine[:, 2]
        r = 60 * self.view.scale
        left, top = int(max(0, x - r)), int(max(0, y - r * 0.6))
        return left, top, int(min(size[0], x + r)), int(min(size[1], y + r * 0.7))

    def draw(self, i: int, background: np.ndarray) -> np.ndarray:
        """Frame i with actors and water; fast motion is blurred."""
        affine = self._affine[i]
        if self.activity.action in ("splash", "pour"):
            self._water.ripples(background, self._times[i], affine)
        samples = SAMPLES[int(self._samples[i])]
        total = background.copy() if len(samples) > 1 else background
        self._draw_actors(total, i, samples[0])
        for k, q in enumerate(samples[1:], 1):
            img = background.copy()
            self._draw_actors(img, i, q)
            total = cv2.addWeighted(total, k / (k + 1), img, 1 / (k + 1), 0)
        if self.activity.action == "splash":
            self._water.droplets(total, self._times[i], affine, float(self._scale[i]))
        return total

    def _draw_actors(self, img: np.ndarray, i: int, q: int) -> None:
        """Draw everything that acts in frame i, at sample q of the exposure."""
        s, action, actor = float(self._scale[i]), self.activity.action, self.actor
        if self._has_second_hand:
            kind, actor.kind = actor.kind, "palm"
            draw_arm(img, self._other[i, q] + (0, self._shake[i] * s), actor, s, self.shade)
            actor.kind = kind
        for points in self._points:
            p = points[i, q]
            if action == "pour":
                draw_vessel(img, p, actor, s, self._stream(self._times[i]), 23.0 * self._times[i])
            elif action == "step":
                draw_foot(img, p, actor, s, self.shade, self._toe_direction(i))
            elif action == "bounce" or actor.kind == "stone":
                if actor.kind != "stone" or self._height[i] > -0.2:  # a stone is invisible under water
                    held = bool(action == "bounce" and self._held[i] > 0.02)
                    draw_object(img, p, actor, s, self.shade, float(self._turn[i]), held)
            else:
                draw_arm(img, p, actor, s, self.shade)

    def _toe_direction(self, i: int) -> np.ndarray:
        """(2,): unit vector of the walking direction in frame i."""
        flat = self.view.project(np.stack([self.actor.home, self.actor.home + self.actor.along]))
        d = self._affine[i][:, :2] @ (flat[1] - flat[0])
        return d / (np.hypot(*d) + 1e-6)

    def _stream(self, t: float) -> tuple[float, float] | None:
        """End and front of the stream at t in s, 0 at the lip, 1 at the landing; None without a stream."""
        for c in self._contacts:
            end, front = (t - (c.time + c.duration - 0.05)) / 0.08, (t - (c.time - 0.06)) / 0.06
            if front > 0 and end < 1:
                return max(0.0, end), min(1.0, front)
        return None
