"""Cues from tracked hands, and which cues of the picture's motion the hands contradict.

A hand that strikes, chops or presses is lowest at the contact. Where it is high in its stroke there is no contact, even
if the motion changes suddenly: it turns back. Both need a hand that is tracked well; false hands (a paw, a chair) and
hands that are too small have low scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from a2s.vision.hands import HandTracks, Track

STRIKING = (5, 8, 12)
"""Landmarks whose mean height is followed: the base and the tip of the forefinger, the tip of the middle finger."""

GOOD_SCORE = 0.75
"""Least mean score around a contact, and least median score of a track whose strokes count against other cues."""

NEAR = 0.07
"""Seconds around a contact in which the scores are averaged."""

SHORTEST = 0.3
"""Least length of a track in s."""

STEP = 1 / 60
"""Seconds between two samples of a hand's height."""

RISE = 0.2
"""Least way back up of a contact, in palm lengths."""

APART = 0.1
"""Least time in s between two contacts of one hand; 80 ms (SAME) between those of two."""

SAME = 0.08
"""Largest difference in s between a contact of a hand and a cue of the motion for the same contact."""

LATENCY = 0.02
"""Seconds from the lowest point to the sound."""

SEEN = 0.11
"""Largest time in s from a contact to an observation of the hand; between observations the height is interpolated."""

AROUND, STROKE = 0.3, 0.3
"""Seconds before and after a time, and the least way of the hand within them in palm lengths, for a stroke."""

OBSERVED = 5
"""Least number of observations of the hand in that time."""

HIGH = 0.5
"""Part of a stroke, from its highest point (0) to its lowest (1), above which a cue is no contact."""

HAND_CONFIDENCE = 0.7
"""Confidence of a contact that only the hand shows."""


@dataclass(frozen=True, eq=False)
class _Height:
    """The height of one hand on a grid. times: s. y: picture widths, down. size: palm length. seen: s, the times at
    which it was observed. scores: at those times."""

    times: np.ndarray
    y: np.ndarray
    size: float
    seen: np.ndarray
    scores: np.ndarray


class Hands:
    """The well tracked hands of a video, and what their strokes say about cues."""

    def __init__(self, tracks: HandTracks | None) -> None:
        long = (track for track in tracks or () if track.times[-1] - track.times[0] >= SHORTEST)
        self._heights = [_height(track) for track in long]

    def contacts(self) -> list[float]:
        """The times of the contacts of all hands in s, ascending; of two hands at once, one."""
        kept: list[float] = []
        for time in sorted(time for height in self._heights for time in _contacts(height)):
            if not kept or time - kept[-1] > SAME:
                kept.append(time)
        return kept

    def contradict(self, time: float) -> bool:
        """Whether the hand with the longest stroke around a time (s) is in the upper part of it."""
        stroke, part = 0.0, 1.0
        for height in self._heights:
            if np.median(height.scores) < GOOD_SCORE:
                continue
            near = slice(*np.searchsorted(height.times, (time - AROUND, time + AROUND)))
            away = np.abs(height.seen - time)
            if away.min() > SEEN or (away <= AROUND).sum() < OBSERVED:
                continue
            high, low = float(height.y[near].min()), float(height.y[near].max())
            if low - high >= max(stroke, STROKE * height.size):
                at = float(np.interp(time - LATENCY, height.times, height.y))
                stroke, part = low - high, (at - high) / (low - high)
        return part < HIGH


def _height(track: Track) -> _Height:
    times = np.arange(track.times[0], track.times[-1] + 1e-6, STEP)
    y = np.interp(times, track.times, track.landmarks[:, list(STRIKING), 1].mean(1))
    return _Height(times, y, max(track.size, 1e-6), track.times, track.scores)


def _contacts(height: _Height) -> list[float]:
    """Times of the lowest points of one hand, and of their sounds, in s."""
    lowest, _ = find_peaks(height.y, prominence=RISE * height.size, distance=max(1, round(APART / STEP)))
    found = []
    for time in height.times[lowest].tolist():
        away = np.abs(height.seen - time)
        scores = height.scores[away <= max(NEAR, away.min())]
        if away.min() <= SEEN / 2 and scores.mean() >= GOOD_SCORE:
            found.append(time + LATENCY)
    return found
