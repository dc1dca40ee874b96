"""The two models of hand tracking, as TensorFlow Lite files that `ai-edge-litert` runs on one thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from a2s.vision.hands import HAND_FILES
from a2s.vision.hands.geometry import (
    CROP_SIDE,
    PALM_KEYPOINTS,
    PALM_SIDE,
    SAME_HAND,
    Square,
    overlap,
    palm_anchors,
    picture_square,
    square_of_palm,
)

PALM_SCORE = 0.3
"""Least score of a palm; the landmark model then decides."""


class HandModels:
    """Palm detector and landmark model. folder: holds `HAND_FILES`."""

    def __init__(self, folder: Path) -> None:
        self._palm, self._landmark = (_Interpreter(folder / name) for name in HAND_FILES)
        self._anchors = palm_anchors()

    def palms(self, rgb: np.ndarray, most: int = 2) -> list[Square]:
        """The crops of at most `most` palms of a picture (h, w, 3) uint8, the surest first."""
        whole = picture_square(*rgb.shape[:2])
        raw, scores = self._palm(whole.cut(rgb, PALM_SIDE))
        raw, scores = raw.reshape(-1, raw.shape[-1]), _sigmoid(scores.ravel())
        found: list[Square] = []
        for i in np.argsort(-scores, kind="stable"):
            if scores[i] < PALM_SCORE or len(found) == most:
                break
            points = raw[i].reshape(-1, 2).copy()  # centre, size, 7 keypoints
            points[[0, *range(2, 2 + PALM_KEYPOINTS)]] += self._anchors[i] * PALM_SIDE
            points[0], points[2:] = whole.to_picture(points[:1], PALM_SIDE)[0], whole.to_picture(points[2:], PALM_SIDE)
            points[1] *= whole.side / PALM_SIDE
            square = square_of_palm(points[:2].ravel(), points[2:])
            if square.side > 1 and all(overlap(square, other) < SAME_HAND for other in found):
                found.append(square)
        return found

    def landmarks(self, rgb: np.ndarray, square: Square) -> tuple[np.ndarray, float]:
        """((21, 2) landmarks in pixels of the picture, the probability that the crop shows a hand)."""
        points, hand, *_ = self._landmark(square.cut(rgb, CROP_SIDE))
        return square.to_picture(points.reshape(21, 3)[:, :2], CROP_SIDE), float(hand.ravel()[0])


class _Interpreter:
    """One file. A call takes the input and returns all outputs, in the order of their names."""

    def __init__(self, file: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter  # an optional package

        self._model: Any = Interpreter(str(file), num_threads=1)
        self._model.allocate_tensors()
        self._input = self._model.get_input_details()[0]["index"]
        self._outputs = [d["index"] for d in sorted(self._model.get_output_details(), key=lambda d: d["name"])]

    def __call__(self, values: np.ndarray) -> list[np.ndarray]:
        self._model.set_tensor(self._input, values)
        self._model.invoke()
        return [self._model.get_tensor(index) for index in self._outputs]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -100, 100)))
