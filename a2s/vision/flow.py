"""Optical flow from frame to frame, relative to the camera, as block velocities.

Dense optical flow (DIS, Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016, in OpenCV) on grey
pictures 192 px wide, averaged over blocks of 12 px. The median block is subtracted as an estimate of the camera's
motion. The unit is picture widths per second.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from a2s.settings import VIDEO
from a2s.vision.cuts import block_means, is_cut

MAX_PIXELS = 192 * 400
"""Largest grey picture; a very tall one is reduced, whatever its width."""

MIN_INTERVAL, MAX_INTERVAL = 1 / 250, 0.25
"""Range of the seconds by which a displacement is divided; outside it, a time stamp is wrong or the picture stood."""

MAX_HOLD = 0.11
"""Longest time in s for which a repeated picture belongs to one movement (12 fps in a 24 fps file)."""

REPEAT_DIFFERENCE = 0.6
"""Largest difference in grey levels of any block between a picture and its repetition; compression causes some."""

STEADY = 0.5
"""A repeated picture belongs to a movement where the steps around it differ by less than this factor."""

PARALLAX = 0.2
"""Part of the camera's motion that may remain in the flow of still things, at most."""


class Step(NamedTuple):
    """One frame against the one before.

    velocity: (h, w, 2) float32, widths/s. is_break: the two frames cannot be compared. repeats: number of frames before
    this one that repeated a picture within the same movement.
    """

    velocity: np.ndarray
    is_break: bool
    repeats: int


class FlowTracker:
    """Computes the flow of each frame against the frame before it."""

    def __init__(self) -> None:
        self.flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.flow.setVariationalRefinementIterations(0)  # takes a third off the time; block means hide the difference
        self.grey: np.ndarray | None = None
        self.time = self.distinct_time = self.speed = 0.0
        self.repeats = 0
        self.size = (0, 0)

    def step(self, time: float, rgb: np.ndarray) -> Step:
        """Compare the next frame with the one before. time: s. rgb: (h, w, 3) uint8."""
        if self.grey is None:
            self.size = working_size(*rgb.shape[:2])
        grey, before, interval = _to_grey(rgb, self.size), self.grey, time - self.time
        self.grey, self.time = grey, time
        still = np.zeros((self.size[1] // VIDEO.flow_block, self.size[0] // VIDEO.flow_block, 2), np.float32)
        if before is None:
            return Step(still, True, 0)
        if block_means(cv2.absdiff(grey, before)).max() < REPEAT_DIFFERENCE:
            self.repeats += 1
            return Step(still, False, 0)
        flow = self.flow.calc(before, grey, None)
        if is_cut(before, grey, flow):
            self.repeats, self.speed, self.distinct_time = 0, 0.0, time
            return Step(still, True, 0)
        moved = _without_camera(block_means(flow))
        repeats = self._repeats_within_movement(float(np.abs(moved).max()), time)
        seconds = interval if not repeats else time - self.distinct_time
        self.repeats, self.distinct_time = 0, time
        return Step(moved / (float(np.clip(seconds, MIN_INTERVAL, MAX_INTERVAL)) * self.size[0]), False, repeats)

    def _repeats_within_movement(self, speed: float, time: float) -> int:
        """Repetitions that end with this frame and belong to one movement, not to a rest before a sudden start."""
        moving = min(speed, self.speed) > STEADY * max(speed, self.speed)
        self.speed = speed
        return self.repeats if moving and time - self.distinct_time <= MAX_HOLD else 0


def working_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) of the grey picture: 192 px wide, less for a very tall picture."""
    w, h = VIDEO.flow_width, VIDEO.flow_width * height / width
    scale = min(1.0, (MAX_PIXELS / (w * h)) ** 0.5)
    least = 2 * VIDEO.flow_block
    return max(least, round(w * scale)), int(np.clip(round(h * scale), least, MAX_PIXELS // least))


def _to_grey(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if rgb.shape[1::-1] != size:
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def _without_camera(moved: np.ndarray) -> np.ndarray:
    """Block flow less the median block, and less the part of the camera's motion that depth and edges can cause."""
    camera = np.median(moved.reshape(-1, 2), axis=0)
    moved = moved - camera
    speed = np.linalg.norm(moved, axis=-1, keepdims=True)
    return moved * np.maximum(0, 1 - PARALLAX * np.linalg.norm(camera) / np.maximum(speed, 1e-6))
