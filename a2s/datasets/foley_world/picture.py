"""The picture of a plan: frames in which every contact is visible and unrelated objects move as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from a2s.datasets.foley_world.camera import Camera, Sensor
from a2s.datasets.foley_world.movers import Mover, choose_movers
from a2s.datasets.foley_world.places import APPEARANCES
from a2s.datasets.foley_world.plan import Plan
from a2s.datasets.foley_world.scene import Scene
from a2s.datasets.foley_world.stage import Stage

WIDTH = 192
LEAD = (0.015, 0.055)
"""Range in s by which a frame is ahead of its time stamp: in recordings, sound lags the picture by about 40 ms."""

SIZES = ((192, 108), (192, 144), (192, 192), (192, 256))
"""(width, height) in pixels; the encoders use pictures that are 192 pixels wide."""


@dataclass(frozen=True)
class Picture:
    """A video to draw. fps: frames per second. base: (width, height) in pixels. zoom: factor on both, for viewing."""

    plan: Plan
    fps: float
    base: tuple[int, int]
    zoom: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of a frame."""
        return self.base[0] * self.zoom, self.base[1] * self.zoom

    def __len__(self) -> int:
        return int(self.plan.seconds * self.fps)

    def frames(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yield every (time s, rgb uint8 (height, width, 3)) in order. Each call yields the same frames."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self.plan.seed, 2])
        stamps = np.arange(len(self)) / self.fps
        times = stamps + rng.uniform(*LEAD)
        scenes, owner = self._scenes(times, rng)
        height, width = scenes[0].canvas.shape[:2]
        canvas = (width, height)
        camera = Camera.draw(self.plan, times, canvas, self.base, rng)
        camera = replace(camera, affine=camera.affine * self.zoom, scale=camera.scale * self.zoom)
        first = np.zeros(len(scenes), int)
        for k, scene in enumerate(scenes):
            mine = owner == k
            if mine.any():
                first[k] = int(np.argmax(mine))
                scene.prepare(times[mine], camera.affine[mine], camera.scale[mine], 1 / self.fps)
        horizon = max(0.3, scenes[0].view.horizon)
        movers = [Mover(name, self.plan.seconds, canvas, horizon, rng) for name in choose_movers(self.plan, rng)]
        sensor = Sensor(self.size, APPEARANCES[self.plan.place].light, rng)
        hold = int(rng.integers(2, 7)) if rng.random() < 0.12 else 0
        img: np.ndarray | None = None
        for f, t in enumerate(times):
            if img is None or not hold or f % hold:
                img = self._frame(f, float(t), scenes[owner[f]], f - first[owner[f]], camera, movers, sensor)
            yield float(stamps[f]), img

    def _scenes(self, times: np.ndarray, rng: np.random.Generator) -> tuple[list[Scene], np.ndarray]:
        """A scene per activity, and the index (n,) of the scene of each frame. Two actions may share a stage; else
        there is a cut between them.
        """
        activities = self.plan.activities
        stages: dict[str, Stage] = {}
        scenes: list[Scene] = []
        actions = [a.action for a in activities]
        shared = len(set(actions)) > 1 and "step" not in actions and rng.random() < 0.5
        seeds = {a: int(rng.integers(1 << 31)) for a in dict.fromkeys(actions)}
        for activity in activities:
            key = actions[0] if shared else activity.action
            if key not in stages:
                stages[key] = Stage(self.plan.place, key, self.base, np.random.default_rng(seeds[key]))
        for k, activity in enumerate(activities):
            shift = 0.0 if not shared else (-34.0 if activity.action == actions[0] else 34.0)
            stage = stages[actions[0] if shared else activity.action]
            known = next((s for s in scenes if s.activity.action == activity.action), None)
            scene = (
                Scene(activity, stage, shift, np.random.default_rng([seeds[activity.action], 1]))
                if known is None
                else known.continued(activity, k)
            )
            scenes.append(scene)
        owner = np.clip(
            np.searchsorted([a.start for a in activities], times + 1e-9, side="right") - 1, 0, len(activities) - 1
        )
        return scenes, owner

    def _frame(
        self, f: int, t: float, scene: Scene, i: int, camera: Camera, movers: list[Mover], sensor: Sensor
    ) -> np.ndarray:
        """Frame f of the video, which is frame i of its scene, at t in s."""
        img = scene.background(i, self.size)
        for mover in movers:
            mover.draw(img, t, camera.affine[f])
        return sensor(scene.draw(i, img), camera.gain[f], f)


def render_frames(plan: Plan, zoom: int = 1) -> Picture:
    """The picture of `plan`, `zoom` times 192 pixels wide. Frame rate, size, camera and motion depend on its seed."""
    rng = np.random.default_rng([plan.seed, 3])
    rates = [24.0, 25.0, 30.0, 29.97, float(rng.integers(12, 24))]
    fps = float(rng.choice(rates, p=[0.2, 0.2, 0.35, 0.1, 0.15]))
    return Picture(plan, fps, SIZES[rng.choice(len(SIZES), p=[0.45, 0.3, 0.1, 0.15])], zoom)
