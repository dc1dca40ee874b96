"""Cues from physics alone: a peak of the push is something that strikes something. What it is, others say.

Nothing here is learned, and no constant sits on a peak: a third more or less of any of them moves the onset F1 of real
clips (100 ms) by less than 0.1.
"""

from __future__ import annotations

import numpy as np

from a2s.cues.cue import Cue, CueTrack
from a2s.settings import LIMITS
from a2s.vision.motion import Motion
from a2s.vision.novelty import push, step_frames

THRESHOLD = 0.4
"""Height of the lowest cue, as a part of a strong one of the same ten seconds (`STRONG`)."""

STRONG = 98
"""Percentile of the push over all frames that stands for a strong cue."""

STRETCH = 10.0
"""Seconds over which strength is judged, so that a quiet minute is heard beside a wild one."""

QUIETEST = 0.1
"""A strong cue of a quiet stretch is at least this part of one of the whole video."""

FLOOR = 0.03
"""Widths/s: no strong cue is weaker; below are camera noise and trembling."""

RISE = 0.5
"""A cue rises at least by this part above the usual push around it, or it is the noise of a dark picture."""

BASE = 2.0
"""Seconds around a frame whose median push is the level that a peak has to rise from."""

APART = 0.12
"""Seconds between two cues."""

LATENCY = 0.04
"""Seconds from the picture of a contact to its sound, as recordings have it: travel, exposure, buffers."""

LOUD = 90
"""Percentile of the peaks of a video that has strength 1."""

WEAKEST = 0.15


def detect_cues(motion: Motion) -> CueTrack:
    """When does something strike? Times, strengths and confidences; action and material are left open.

    strength: the push relative to the hardest of the whole video. confidence: rises with how far the peak stands out,
    and is about the share of such cues that were heard in real clips (0.5 at the threshold, 0.7 for a strong one).
    """
    height, times = push(motion), motion.times
    if len(times) < 3:
        return CueTrack((), "motion")
    usual = _running(height, times, STRETCH, 50)
    height = height - _running(height, times, BASE, 50)
    whole = max(FLOOR, float(np.percentile(height, STRONG)))
    strong = np.maximum(_running(height, times, STRETCH, STRONG), max(FLOOR, QUIETEST * whole))
    relative = height / np.maximum(strong, RISE / THRESHOLD * usual)
    found = _peaks(relative, times)[: LIMITS.max_cues]
    hardest = float(np.percentile(height[found], LOUD)) if found else 1.0
    cues = (
        Cue(
            time=_contact(height, times, i, step_frames(motion)),
            strength=float(np.clip(height[i] / hardest, WEAKEST, 1)),
            confidence=float(relative[i] / (relative[i] + THRESHOLD)),
        )
        for i in found
    )
    return CueTrack(tuple(cues), "motion")


def _running(values: np.ndarray, times: np.ndarray, seconds: float, percentile: float) -> np.ndarray:
    """(F,): percentile of the values within a window around each frame, moved at the ends to lie in the video.

    Taken every eighth of a window and interpolated, so that half an hour costs a second.
    """
    half = seconds / 2
    first, last = times[0] + half, max(times[0] + half, times[-1] - half)
    centres = np.linspace(first, last, 1 + round((last - first) / seconds * 8))
    lows, highs = np.searchsorted(times, centres - half), np.searchsorted(times, centres + half, "right")
    windows = (values[low:high] for low, high in zip(lows, highs, strict=True))
    return np.interp(times, centres, [np.percentile(window, percentile) if len(window) else 0.0 for window in windows])


def _peaks(relative: np.ndarray, times: np.ndarray) -> list[int]:
    """Frames that stand out, the highest first, none within `APART` of a higher one."""
    taken = np.zeros(len(times), bool)
    found = []
    for i in np.argsort(-relative, kind="stable"):
        if relative[i] < THRESHOLD:
            break
        low, high = max(0, i - 2), i + 3
        if relative[i] == relative[low:high].max() and not taken[i]:
            found.append(int(i))
            taken[np.searchsorted(times, times[i] - APART) : np.searchsorted(times, times[i] + APART, "right")] = True
    return found


def _contact(height: np.ndarray, times: np.ndarray, i: int, step: int) -> float:
    """Seconds at which the sound of a peak begins, finer than a frame.

    A stop within an interval takes speed from this frame and the next in the ratio in which it divides the interval, so
    the centroid of the peak, less the frames that it was smeared over, is the moment of contact.
    """
    around = height[max(0, i - 1) : i + 2]
    weight = around - around.min()
    offset = np.arange(len(around)) - min(i, 1)
    centroid = float((weight * offset).sum() / max(1e-9, weight.sum()))
    interval = (times[min(i + 1, len(times) - 1)] - times[max(0, i - 1)]) / 2
    return float(np.clip(times[i] + (centroid - (step + 1) / 2) * interval + LATENCY, 0, times[-1]))
