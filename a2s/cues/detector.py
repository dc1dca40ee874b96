"""Cues from motion alone: a peak of the push curve (`a2s.vision.novelty.push`) is an impact. Models add classes.

Nothing here is learned, and the result does not depend closely on the constants: a third more or less of any of them
changes the onset F1 of real clips (tolerance 100 ms) by less than 0.1.
"""

from __future__ import annotations

import numpy as np

from a2s.cues.cue import Cue, CueTrack
from a2s.settings import Limits
from a2s.vision.motion import Motion
from a2s.vision.novelty import push, step_frames

THRESHOLD = 0.4
"""Height of the weakest cue, relative to a strong one (`STRONG`) of the same ten seconds."""

STRONG = 98
"""Percentile of the push over all frames that defines a strong cue."""

LOCAL_SECONDS = 10.0
"""Seconds over which strength is relative, so that a quiet minute has cues beside a wild one."""

QUIETEST = 0.1
"""Least strength of a strong cue in a quiet passage, relative to a strong cue of the whole video."""

FLOOR = 0.03
"""Least strength of a strong cue, in widths/s; camera noise and trembling are weaker."""

RISE = 0.5
"""Least rise of a cue above the median push around it, relative to that median; noise of a dark picture is lower."""

BASE = 2.0
"""Seconds around a frame whose median push is the base level of a peak."""

APART = 0.12
"""Least distance of two cues, in seconds."""

LATENCY = 0.04
"""Seconds from the picture of a contact to its sound in recordings: travel of the sound, exposure, buffers."""

LOUD = 90
"""Percentile of a video's peaks that has strength 1."""

WEAKEST = 0.15
"""Least strength of a cue."""


def detect_cues(motion: Motion, limits: Limits | None = None) -> CueTrack:
    """Find impacts in a video's motion. Returns cues with time, strength and confidence; action and material are None.

    strength: the push relative to the hardest of the whole video. confidence: grows with the prominence of the peak; it
    is about the share of such cues with a sound in real clips (0.5 at the threshold, 0.7 for a strong one).
    limits: `max_cues` strongest cues are returned.
    """
    height, times = push(motion), motion.times
    if len(times) < 3:
        return CueTrack((), "motion")
    usual = _running(height, times, LOCAL_SECONDS, 50)
    height = height - _running(height, times, BASE, 50)
    whole = max(FLOOR, float(np.percentile(height, STRONG)))
    strong = np.maximum(_running(height, times, LOCAL_SECONDS, STRONG), max(FLOOR, QUIETEST * whole))
    relative = height / np.maximum(strong, RISE / THRESHOLD * usual)
    found = _peaks(relative, times)[: (limits or Limits()).max_cues]
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
    """(F,): percentile of the values within a window around each frame; at the ends the window stays in the video.

    Computed every eighth of a window and interpolated, so that half an hour takes a second.
    """
    half = seconds / 2
    first, last = times[0] + half, max(times[0] + half, times[-1] - half)
    centres = np.linspace(first, last, 1 + round((last - first) / seconds * 8))
    lows, highs = np.searchsorted(times, centres - half), np.searchsorted(times, centres + half, "right")
    windows = (values[low:high] for low, high in zip(lows, highs, strict=True))
    return np.interp(times, centres, [np.percentile(window, percentile) if len(window) else 0.0 for window in windows])


def _peaks(relative: np.ndarray, times: np.ndarray) -> list[int]:
    """Frames of prominent peaks, the highest first, none within `APART` of a higher one."""
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
    """Time in s at which the sound of a peak begins, with sub-frame precision.

    A stop within an interval takes speed from this frame and the next in the ratio in which it divides the interval. So
    the centroid of the peak, less the frames over which it was smeared, is the moment of contact.
    """
    around = height[max(0, i - 1) : i + 2]
    weight = around - around.min()
    offset = np.arange(len(around)) - min(i, 1)
    centroid = float((weight * offset).sum() / max(1e-9, weight.sum()))
    interval = (times[min(i + 1, len(times) - 1)] - times[max(0, i - 1)]) / 2
    return float(np.clip(times[i] + (centroid - (step + 1) / 2) * interval + LATENCY, 0, times[-1]))
