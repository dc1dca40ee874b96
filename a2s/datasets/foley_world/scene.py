"""One activity as seen: its view, canvas, object and actor, drawn a frame at a time."""

from __future__ import annotations

import copy

import cv2
import numpy as np

from a2s.datasets.foley_world.actors import Actor, disc
from a2s.datasets.foley_world.camera import View, walk
from a2s.datasets.foley_world.flight import move
from a2s.datasets.foley_world.places import LOOKS, paint
from a2s.datasets.foley_world.plan import Activity
from a2s.datasets.foley_world.sketch import draw_arm, draw_foot, draw_thing, draw_vessel
from a2s.datasets.foley_world.textures import lay, texture
from a2s.datasets.foley_world.water import Water

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
SHUTTERS = np.linspace(-0.5, 0.5, 5)
"""When within the shutter's time a frame is sampled; a still thing needs the middle one only."""

_SAMPLES = {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}


class Set:
    """A place seen from somewhere, with what stands in it; several activities may share it."""

    def __init__(self, place: str, action: str, size: tuple[int, int], rng: np.random.Generator) -> None:
        w, h = int(size[0] * 1.3), int(size[1] * 1.3)
        odds = VIEW_ODDS[action]
        name = str(rng.choice(list(odds), p=np.array(list(odds.values()))))
        low = 0.6 if name != "top" else 0.5
        centre = (w * rng.uniform(0.42, 0.58), h * (low + rng.uniform(-0.06, 0.1)))
        self.view = View.draw(name, centre, rng)
        self.canvas = paint(place, h, w, self.view.horizon, rng)
        self.place, self.name = place, name
        if action != "step" and name != "wall" and rng.random() < 0.7:
            self._table(rng)

    def _table(self, rng: np.random.Generator) -> None:
        look = LOOKS[self.place]
        material = str(rng.choice(look.table))
        tex = texture(material, 96, 160, rng)
        tex = cv2.addWeighted(tex, 0.7, np.full_like(tex, np.array(look.floor[0], np.uint8)), 0.3, 0)
        lay(
            self.canvas,
            self.view,
            tex,
            rng.random() < 0.2,
            rng.uniform(65, 120),
            rng.uniform(32, 60),
            rng.uniform(4, 25),
            np.array([0.0, 0.0, -rng.uniform(1, 8)]),
        )

    def prop(self, action: str, material: str, at: np.ndarray, rng: np.random.Generator) -> tuple[float, ...]:
        """Stand the object of an action on the set; returns the colour of a shadow on it."""
        tex = texture(material, 110, 150, rng)
        long, wide = rng.uniform(24, 62), rng.uniform(16, 36)
        deep, round_ = rng.choice([rng.uniform(2, 6), rng.uniform(8, 26)]), rng.random() < 0.45
        if self.name == "wall":
            long, wide, deep, round_ = rng.uniform(35, 70), rng.uniform(40, 75), rng.uniform(1, 5), rng.random() < 0.1
        elif action == "chop":
            long, wide, deep, round_ = rng.uniform(40, 62), rng.uniform(20, 32), rng.uniform(3, 7), rng.random() < 0.15
        elif action == "splash":
            long, wide, deep = rng.uniform(40, 110), rng.uniform(28, 70), rng.uniform(2, 12)
            if rng.random() < 0.7:
                rim = texture(str(rng.choice(["ceramic", "plastic", "metal", "stone"])), 64, 64, rng)
                lay(self.canvas, self.view, rim, round_, long * 1.1, wide * 1.12, deep + 6, at - (0, 0, 0.5))
        elif action == "pour":
            long = rng.uniform(18, 34)
            wide, deep, round_ = long, rng.uniform(8, 24), True
            rim = texture(str(rng.choice(["ceramic", "glass", "metal", "plastic"])), 64, 64, rng)
            lay(self.canvas, self.view, rim, True, long * 1.15, wide * 1.15, deep + 2, at + (0, 0, 1.0))
        lay(self.canvas, self.view, tex, round_, long, wide, deep, at, 0.45 if material == "glass" else 0.0)
        if action == "chop" and rng.random() < 0.8:
            self._food(at, long, wide, rng)
        return tuple((tex.reshape(-1, 3).mean(0) * 0.55).tolist())

    def _food(self, at: np.ndarray, long: float, wide: float, rng: np.random.Generator) -> None:
        for _ in range(int(rng.integers(2, 9))):
            spot = self.view.project(at + (rng.uniform(-0.8, 0.8) * long, rng.uniform(-0.7, 0.7) * wide, 2))
            colour = np.array(
                ((230, 120, 30), (90, 160, 50), (200, 40, 40), (235, 225, 180), (230, 190, 60))[rng.integers(5)]
            ) * rng.uniform(0.8, 1.1)
            disc(self.canvas, spot, rng.uniform(2, 6) * self.view.scale, colour.tolist())


class Scene:
    """An activity on a set. Everything that can be computed for all frames at once is computed by `prepare`."""

    def __init__(self, activity: Activity, stage: Set, shift: float, rng: np.random.Generator) -> None:
        self.activity, self.set, self.view = activity, stage, stage.view
        self.actor = Actor.draw(activity.action, self.view.azimuth, rng)
        self.actor.home = self.actor.home + np.array([shift, 0.0, 0.0])
        step = activity.action == "step"
        self.bare = stage.canvas.copy()
        self.shade = (60.0, 55.0, 50.0)
        self._ground = None
        if step:
            self._walkable(rng)
        else:
            self.shade = stage.prop(activity.action, activity.material, np.array([shift, 0.0, 0.0]), rng)
        self.full = stage.canvas
        stoned = self.actor.kind == "stone"
        hands = (
            1
            if self.actor.kind in ("knife", "cleaver", "hammer")
            or stoned
            or activity.action in ("pour", "scrape", "bounce")
            else 1 + int(rng.random() < 0.3)
        )
        self.limbs, self._passed = move(activity, hands, stoned, rng)
        self._holder = (
            activity.action in ("chop", "hit", "scrape", "pour") and len(self.limbs) == 1 and rng.random() < 0.4
        )
        self._quiver = (
            float(rng.choice([0.0, 1.2, 3.0], p=[0.45, 0.35, 0.2])) if not step and self.view.name != "wall" else 0.0
        )
        self._shutter, self._ring = rng.uniform(0.35, 1.0), rng.uniform(9, 18)
        self._rng = rng

    def again(self, activity: Activity, number: int) -> Scene:
        """The same set, actor and object for a later stretch of the same action."""
        other = copy.copy(self)
        other.activity, other._rng = activity, np.random.default_rng([number, int(1e6 * activity.start)])
        other.limbs, other._passed = move(activity, len(self.limbs), self.actor.kind == "stone", other._rng)
        return other

    def _walkable(self, rng: np.random.Generator) -> None:
        h, w = self.bare.shape[:2]
        look, material = LOOKS[self.set.place], self.activity.material
        hz = int(h * (self.view.horizon if self.view.name == "side" else rng.uniform(0.05, 0.35)))
        tall = texture(material, 2 * (h - hz), 2 * w, rng)
        mixed = np.full_like(tall, np.array(look.floor[0], np.uint8))
        self._ground = cv2.addWeighted(tall, 0.8, mixed, 0.2, 0)
        for _ in range(int(rng.integers(4, 14))):
            x, y = int(rng.uniform(0, 2 * w)), int(rng.uniform(0, 2 * (h - hz)))
            shade = self._ground[min(y, 2 * (h - hz) - 1), min(x, 2 * w - 1)] * rng.uniform(0.5, 1.4)
            cv2.ellipse(
                self._ground,
                (x, y),
                (int(rng.uniform(2, 12)), int(rng.uniform(1, 6))),
                0,
                0,
                360,
                np.clip(shade, 0, 255).tolist(),
                -1,
                cv2.LINE_AA,
            )
        if self.view.name == "side":
            self.set.canvas[hz:] = self._ground[: h - hz, :w]
        self._hz, self._own = hz, self.view.name == "first"
        self.actor.along = np.array([0.0, 1.0, 0.0]) if self._own else np.array([rng.choice([-1.0, 1.0]), 0.0, 0.0])
        self._stride = rng.uniform(22, 48)
        self._follows = self._own or rng.random() < 0.7

    def prepare(self, times: np.ndarray, affine: np.ndarray, scale: np.ndarray, period: float) -> None:
        """Positions of everything on the picture at `times` (n,), seen through affine (n, 2, 3)."""
        n, rng = len(times), self._rng
        when = (times[:, None] + SHUTTERS * self._shutter * period).ravel()
        span = max(times[-1] - times[0], 1.0)
        wobble = np.stack([walk(len(when), span, 1.2, rng), walk(len(when), span, 1.2, rng)], axis=1) * rng.uniform(
            0.3, 2.0
        )
        self._times, self._scale = times, scale * self.view.scale
        views = np.repeat(affine, len(SHUTTERS), axis=0)
        self._points = []
        for k, limb in enumerate(self.limbs):
            seen = self._see(self._space(limb, when, wobble, k), views)
            self._points.append(seen.reshape(n, len(SHUTTERS), -1, 2))
        pace = np.max([np.hypot(*(p[:, -1, :2] - p[:, 0, :2]).max(1).T) for p in self._points], axis=0)
        self._samples = np.clip(np.ceil(pace / 2.2), 1, 5).astype(int)
        self._turn, self._held = self.limbs[0].turn.at(times), self.limbs[0].held.at(times)
        self._height = self.limbs[0].height.at(times)
        self._ground_at = self._passed.at(times)
        shake = np.zeros(n)
        contacts = [c for g in self.activity.gestures for c in g.contacts]
        for c in contacts if self._quiver else []:
            late = times - c.time
            shake += np.where(
                late >= 0, c.strength * np.exp(-np.maximum(late, 0) / 0.06) * np.cos(2 * np.pi * self._ring * late), 0
            )
        self._shake = shake * self._quiver
        self._contacts = contacts
        if self._holder:
            self._other = self._second_hand(when, views, n)
        if self.activity.action in ("splash", "pour"):
            times_heard = np.array([c.time for c in contacts])
            still = np.zeros((len(contacts), 2))
            spots = self.actor.place(self.limbs[0], times_heard, still) if contacts else np.zeros((0, 3))
            self._water = Water(self.view, contacts, spots, self.actor.home, rng)

    def _space(self, limb, when: np.ndarray, wobble: np.ndarray, k: int) -> np.ndarray:
        action, actor = self.activity.action, self.actor
        if action == "pour":
            return actor.vessel(limb, when)
        if action == "step":
            return actor.feet(limb, when, k == 0, self._stride, self._own)
        if action == "bounce" or actor.kind == "stone":
            return actor.thing(limb, when)
        points = actor.arm(limb, when, wobble)
        if len(self.limbs) > 1:
            across = np.array([-actor.side[1], actor.side[0], 0.0])
            points = points + across * (k - 0.5) * 22 * actor.size
        return points

    def _second_hand(self, when: np.ndarray, views: np.ndarray, n: int) -> np.ndarray:
        """A hand that holds the object and hardly moves."""
        a, rng = self.actor, self._rng
        across = np.array([-a.side[1], a.side[0], 0.0]) * rng.choice([-1, 1])
        drift = np.stack(
            [walk(len(when), 20, 0.6, rng), walk(len(when), 20, 0.6, rng), 0 * when], axis=1
        ) * rng.uniform(0.3, 2)
        tip = a.home + across * rng.uniform(20, 40) + drift
        grip = tip + a.side * 10 * a.size + (0, 0, 6)
        elbow = grip + a.side * 60 + across * 10 + (0, 0, 14)
        points = np.stack([tip, grip, elbow, elbow + a.side * 150 + (0, 0, 40), tip], axis=1)
        return self._see(points, views).reshape(n, len(SHUTTERS), 5, 2)

    def _see(self, space: np.ndarray, views: np.ndarray) -> np.ndarray:
        flat = self.view.project(space)
        return np.clip(np.einsum("nij,nkj->nki", views[:, :, :2], flat) + views[:, None, :, 2], -2000, 2000)

    def background(self, i: int, affine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The set without its actors at frame i, uint8 (h, w, 3)."""
        canvas = self.full
        if self._ground is not None:
            canvas = self._scrolled(self._ground_at[i])
        img = cv2.warpAffine(canvas, affine, size, borderMode=cv2.BORDER_REFLECT)
        if abs(self._shake[i]) > 0.15:
            moved = affine.copy()
            moved[1, 2] += self._shake[i] * self._scale[i]
            x0, y0, x1, y1 = self._roi(affine, size)
            shaken = cv2.warpAffine(canvas, moved, size, borderMode=cv2.BORDER_REFLECT)
            img[y0:y1, x0:x1] = shaken[y0:y1, x0:x1]
        return img

    def _roi(self, affine: np.ndarray, size: tuple[int, int]) -> tuple[int, int, int, int]:
        c = affine[:, :2] @ self.view.project(self.actor.home) + affine[:, 2]
        r = 60 * self.view.scale
        return (
            int(max(0, c[0] - r)),
            int(max(0, c[1] - r * 0.6)),
            int(min(size[0], c[0] + r)),
            int(min(size[1], c[1] + r * 0.7)),
        )

    def _scrolled(self, strides: float) -> np.ndarray:
        h, w = self.bare.shape[:2]
        rows, canvas, far = (
            h - self._hz,
            self.bare.copy(),
            int(strides * self._stride * self.view.scale) if self._follows else 0,
        )
        if self._own:
            band = (far // rows) % 2
            top = rows - far % rows
            tall = self._ground if band == 0 else self._ground[:, ::-1]
            canvas[self._hz :] = tall[top : top + rows, :w]
        else:
            left = far % w if self.actor.along[0] > 0 else w - 1 - far % w
            canvas[self._hz :] = self._ground[:rows, left : left + w]
        return canvas

    def draw(self, i: int, background: np.ndarray, affine: np.ndarray) -> np.ndarray:
        """Frame i with everything that acts, fast things blurred."""
        if self.activity.action in ("splash", "pour"):
            self._water.ripples(background, self._times[i], affine)
        total, samples = None, _SAMPLES[int(self._samples[i])]
        for k, q in enumerate(samples):
            img = background if len(samples) == 1 else background.copy()
            self._actors(img, i, q)
            total = img if total is None else cv2.addWeighted(total, k / (k + 1), img, 1 / (k + 1), 0)
        if self.activity.action == "splash":
            self._water.droplets(total, self._times[i], affine, float(self._scale[i]))
        return total

    def _actors(self, img: np.ndarray, i: int, q: int) -> None:
        s, action, actor = float(self._scale[i]), self.activity.action, self.actor
        if self._holder:
            kind, actor.kind = actor.kind, "palm"
            draw_arm(img, self._other[i, q] + (0, self._shake[i] * s), actor, s, self.shade)
            actor.kind = kind
        for points in self._points:
            p = points[i, q]
            if action == "pour":
                draw_vessel(img, p, actor, s, (150, 190, 210), self._stream(self._times[i]), 23.0 * self._times[i])
            elif action == "step":
                draw_foot(img, p, actor, s, self.shade, self._toe(i))
            elif action == "bounce" or actor.kind == "stone":
                if actor.kind != "stone" or self._height[i] > -0.2:
                    draw_thing(
                        img,
                        p,
                        actor,
                        s,
                        self.shade,
                        float(self._turn[i]),
                        bool(action == "bounce" and self._held[i] > 0.02),
                    )
            else:
                draw_arm(img, p, actor, s, self.shade)

    def _toe(self, i: int) -> np.ndarray:
        flat = self.view.project(np.stack([self.actor.home, self.actor.home + self.actor.along]))
        d = self._affine[i][:, :2] @ (flat[1] - flat[0])
        return d / (np.hypot(*d) + 1e-6)

    def _stream(self, t: float) -> tuple[float, float] | None:
        for c in self._contacts:
            foot, head = (t - (c.time + c.duration - 0.05)) / 0.08, (t - (c.time - 0.06)) / 0.06
            if head > 0 and foot < 1:
                return max(0.0, foot), min(1.0, head)
        return None

    def look(self, affine: np.ndarray) -> None:
        """Keep the camera's course, by frame of this scene."""
        self._affine = affine
