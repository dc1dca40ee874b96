"""Tracking of up to two hands through the frames of a video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from a2s.vision.hands.geometry import SAME_HAND, Square, overlap, square_of_hand
from a2s.vision.hands.tracks import HandTracks

MOST = 2
"""Hands that are tracked at a time."""

MAX_RATE = 30.0
"""Largest rate in pictures/s at which hands are looked at. At 15 the strokes of a fast drummer are lost."""

SEARCH_SECONDS = 0.25
"""Seconds between two searches for palms while fewer than MOST hands are tracked; a search costs 10 ms."""

AGAIN_SECONDS = 0.3
"""Seconds after the loss of a hand in which every picture is searched: a fast hand is blurred for a few frames."""

PRESENT = 0.3
"""Least probability of a hand in its crop; below it the hand is lost."""

SAME_TRACK_SECONDS, SAME_TRACK_SIZES = 0.25, 2.5
"""A hand that is found again within this time and distance (in crops' hand sizes) keeps its number."""


class FindsHands(Protocol):
    """What `a2s.vision.hands.models.HandModels` does."""

    def palms(self, rgb: np.ndarray, most: int = MOST) -> list[Square]:
        """The crops of palms in a picture."""

    def landmarks(self, rgb: np.ndarray, square: Square) -> tuple[np.ndarray, float]:
        """The landmarks (21, 2) in pixels, and the probability of a hand."""


@dataclass
class _Hand:
    number: int
    square: Square
    seen: float


@dataclass
class HandTracker:
    """Follows hands from picture to picture: where the last picture had a hand, its landmarks give the next crop.

    Palms are searched for only while fewer than two hands are tracked, because a search costs more than two hands.
    """

    models: FindsHands
    _rows: list[tuple[float, int, float, np.ndarray]] = field(default_factory=list)
    _hands: list[_Hand] = field(default_factory=list)
    _lost: list[_Hand] = field(default_factory=list)
    _searched: float = -1e9
    _next: int = 0

    @property
    def tracks(self) -> HandTracks:
        """All hands so far."""
        return HandTracks.of(self._rows)

    def step(self, time: float, rgb: np.ndarray) -> None:
        """Follow the hands into the next picture. time: s, ascending. rgb: (h, w, 3) uint8."""
        self._lost = [hand for hand in self._lost if time - hand.seen <= AGAIN_SECONDS]
        if len(self._hands) < MOST and (self._lost or time - self._searched >= SEARCH_SECONDS):
            self._searched = time
            for square in self.models.palms(rgb, MOST):
                if len(self._hands) < MOST and all(overlap(square, hand.square) < SAME_HAND for hand in self._hands):
                    self._hands.append(self._found(time, square))
        kept: list[_Hand] = []
        for hand in self._hands:
            points, score = self.models.landmarks(rgb, hand.square)
            square = square_of_hand(points)
            if score < PRESENT or square.side < 2 or any(overlap(square, other.square) > SAME_HAND for other in kept):
                self._lost.append(hand)
                continue
            hand.square, hand.seen = square, time
            self._rows.append((time, hand.number, score, points / rgb.shape[1]))
            kept.append(hand)
        self._hands = kept

    def _found(self, time: float, square: Square) -> _Hand:
        """A hand that was lost nearby just now, or a new one."""

        def away(hand: _Hand) -> float:
            return float(np.hypot(square.x - hand.square.x, square.y - hand.square.y)) / (hand.square.side / 2)

        near = [hand for hand in self._lost if time - hand.seen <= SAME_TRACK_SECONDS and away(hand) < SAME_TRACK_SIZES]
        if near:
            hand = min(near, key=away)
            self._lost.remove(hand)
            hand.square, hand.seen = square, time
            return hand
        self._next += 1
        return _Hand(self._next, square, time)


def track_hands(frames: Iterable[tuple[float, np.ndarray]], models: FindsHands) -> HandTracks:
    """The hands of a video. frames: (time s, (h, w, 3) uint8 RGB) in order of time, about 640 px wide."""
    tracker, last = HandTracker(models), -1e9
    for time, rgb in frames:
        if time - last >= 0.9 / MAX_RATE:
            tracker.step(time, rgb)
            last = time
    return tracker.tracks
