"""Geometry of the hand models: anchors, boxes, and the rotated squares that are cut out of a picture.

Palm detector and landmark model: F. Zhang et al., "MediaPipe Hands: on-device real-time hand tracking", 2020. All
positions are in pixels of the picture, x right and y down; an angle of 0 has the fingers up, and it grows clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

PALM_SIDE = 192
"""Side in pixels of the palm detector's input."""

CROP_SIDE = 224
"""Side in pixels of the landmark model's input."""

PALM_KEYPOINTS = 7
WRIST, MIDDLE = 0, 2
"""Palm keypoints: the wrist, and the base of the middle finger."""

PALM_SCALE, PALM_SHIFT = 2.6, 0.5
"""Side of the crop of a palm in sides of its box, and its shift towards the fingers in such sides."""

HAND_SCALE, HAND_SHIFT = 2.0, 0.1
"""The same for the crop around known landmarks."""

STEADY_LANDMARKS = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""Landmarks of the palm and of the fingers' first joints; the finger tips would make the crop jump."""

SAME_HAND = 0.3
"""Least overlap (intersection over union) of two boxes of one hand."""


@dataclass(frozen=True)
class Square:
    """A rotated square. x, y: its centre. side: pixels. angle: radians."""

    x: float
    y: float
    side: float
    angle: float

    def to_crop(self, size: int) -> np.ndarray:
        """(2, 3) affine matrix from the picture to a crop of `size` pixels, in which the fingers point up."""
        scale, cos, sin = size / self.side, np.cos(self.angle), np.sin(self.angle)
        turn = scale * np.array([[cos, sin], [-sin, cos]])
        shift = size / 2 - turn @ (self.x, self.y)
        return np.column_stack([turn, shift])

    def cut(self, rgb: np.ndarray, size: int) -> np.ndarray:
        """(1, size, size, 3) float32 in [0, 1] of a picture (h, w, 3) uint8; black outside it."""
        crop = cv2.warpAffine(rgb, self.to_crop(size), (size, size), flags=cv2.INTER_LINEAR)
        return crop[None].astype(np.float32) / 255

    def to_picture(self, points: np.ndarray, size: int) -> np.ndarray:
        """Points (n, 2) of a crop of `size` pixels, in pixels of the picture."""
        matrix = self.to_crop(size)
        return (points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T

    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 of the part of the crop in which the hand lies, without rotation."""
        half = self.side / HAND_SCALE / 2
        return self.x - half, self.y - half, self.x + half, self.y + half


def palm_anchors() -> np.ndarray:
    """(2016, 2): centres of the detector's anchors, 0 to 1: two on a grid of 24 x 24, then six on one of 12 x 12."""
    grids = []
    for cells, each in ((24, 2), (12, 6)):
        centres = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(centres, centres)
        grids.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), each, axis=0))
    return np.concatenate(grids).astype(np.float32)


def picture_square(height: int, width: int) -> Square:
    """The square that holds a whole picture, as the palm detector takes it."""
    return Square(width / 2, height / 2, float(max(height, width)), 0.0)


def square_of_palm(box: np.ndarray, keypoints: np.ndarray) -> Square:
    """The crop of a palm. box: (4,) x, y of the centre, width, height. keypoints: (7, 2). Pixels."""
    angle = _angle(keypoints[WRIST], keypoints[MIDDLE])
    side = float(max(box[2:]))
    centre = box[:2] + PALM_SHIFT * side * np.array([np.sin(angle), -np.cos(angle)])
    return Square(float(centre[0]), float(centre[1]), PALM_SCALE * side, angle)


def square_of_hand(landmarks: np.ndarray) -> Square:
    """The crop for the next picture. landmarks: (21, 2) in pixels."""
    towards = (landmarks[5] + landmarks[13]) / 4 + landmarks[9] / 2
    angle = _angle(landmarks[0], towards)
    cos, sin = np.cos(angle), np.sin(angle)
    upright = landmarks[list(STEADY_LANDMARKS)] @ np.array([[cos, -sin], [sin, cos]])
    low, high = upright.min(0), upright.max(0)
    side = float(max(high - low))
    centre = np.array([[cos, -sin], [sin, cos]]) @ ((low + high) / 2 - (0, HAND_SHIFT * side))
    return Square(float(centre[0]), float(centre[1]), HAND_SCALE * side, angle)


def overlap(a: Square, b: Square) -> float:
    """Intersection over union of the boxes of two hands."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a.box(), b.box()
    shared = max(0.0, min(ax1, bx1) - max(ax0, bx0)) * max(0.0, min(ay1, by1) - max(ay0, by0))
    return shared / ((ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared + 1e-9)


def _angle(wrist: np.ndarray, fingers: np.ndarray) -> float:
    x, y = fingers - wrist
    return float(np.arctan2(x, -y))
