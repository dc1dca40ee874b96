"""The tracked hands of a video, as arrays that a file can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

LANDMARKS = 21
"""Landmarks of a hand, in the order of MediaPipe: 0 is the wrist, 4, 8, 12, 16 and 20 are the finger tips."""


@dataclass(frozen=True, eq=False)
class Track:
    """One hand. times: (n,) s, ascending. scores: (n,) 0 to 1. landmarks: (n, 21, 2) picture widths, y down."""

    times: np.ndarray
    scores: np.ndarray
    landmarks: np.ndarray

    @property
    def size(self) -> float:
        """Typical length of the palm, from the wrist to the base of the middle finger, in picture widths."""
        return float(np.median(np.linalg.norm(self.landmarks[:, 0] - self.landmarks[:, 9], axis=-1)))


@dataclass(frozen=True, eq=False)
class HandTracks:
    """All observations of hands, in order of time.

    times: (N,) float64, s. track: (N,) int32, number of the hand. scores: (N,) float32, probability that it is a hand.
    landmarks: (N, 21, 2) float32, picture widths, x right and y down.
    """

    times: np.ndarray
    track: np.ndarray
    scores: np.ndarray
    landmarks: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[tuple[float, int, float, np.ndarray]]) -> HandTracks:
        """rows: (time s, number of the hand, score, (21, 2) landmarks) in order of time."""
        return cls(
            np.array([row[0] for row in rows], np.float64),
            np.array([row[1] for row in rows], np.int32),
            np.array([row[2] for row in rows], np.float32),
            np.array([row[3] for row in rows], np.float32).reshape(-1, LANDMARKS, 2),
        )

    def __iter__(self) -> Iterator[Track]:
        """The hands one by one, in order of their first observation."""
        for number in np.unique(self.track):
            chosen = self.track == number
            yield Track(self.times[chosen], self.scores[chosen], self.landmarks[chosen])

    def __len__(self) -> int:
        """The number of hands."""
        return len(np.unique(self.track))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, for a file."""
        return {f"hand_{name}": values for name, values in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> HandTracks:
        """Read what `to_arrays` gave."""
        return cls(*(arrays[f"hand_{name}"] for name in cls.__dataclass_fields__))
