"""Cues from motion alone: a peak of the push curve (`a2s.vision.novelty.push`) is an impact. Models add classes.

Where the motion repeats evenly, the beats of `a2s.cues.rhythm` take the place of single peaks. Nothing here is learned,
and the result does not depend closely on the constants: a third more or less of any of them changes the onset F1 of
real clips (tolerance 100 ms) by less than 0.1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from a2s.cues.cue import Cue, CueTrack
from a2s.cues.hands import HAND_CONFIDENCE, SAME, Hands
from a2s.cues.rhythm import Passage, find_passages
from a2s.settings import Limits
from a2s.vision.motion import Motion
from a2s.vision.novelty import push, step_frames

THRESHOLD = 0.4
"""Height of the weakest cue, relative to a strong one (`STRONG`) of the same ten seconds."""

WEAK_THRESHOLD = 0.2
"""The same for a cue that stands alone: a ball that bounces lower and lower."""

ALONE = 8.0
"""Least height of such a cue relative to the push in the valleys on both sides."""

VALLEY = 0.3
"""Seconds before and after a peak in which the valleys lie."""

NOISE = 0.02
"""Push in widths/s that camera noise causes; it is added to a valley."""

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


Found = tuple[float, float, float]
"""A cue before its strength is known: time of the sound in s, push in widths/s, confidence."""


def detect_cues(motion: Motion, limits: Limits | None = None) -> CueTrack:
    """Find impacts in a video's motion. Returns cues with time, strength and confidence; action and material are None.

    strength: the push relative to the hardest of the whole video. confidence: grows with the prominence of the peak; it
    is about the share of such cues with a sound in real clips (0.5 at the threshold, 0.7 for a strong one). For a beat
    of a passage it grows with the clarity of the period. limits: the `max_cues` surest cues are returned.
    """
    height, times = push(motion), motion.times
    if len(times) < 3:
        return CueTrack((), "motion")
    raw, usual = height, _running(height, times, LOCAL_SECONDS, 50)
    height = height - _running(height, times, BASE, 50)
    least = max(FLOOR, QUIETEST * max(FLOOR, float(np.percentile(height, STRONG))))
    local = _running(height, times, LOCAL_SECONDS, STRONG)
    relative = height / np.maximum(np.maximum(local, least), RISE / THRESHOLD * usual)
    passages = find_passages(motion, relative, local > least)
    step = step_frames(motion)
    found: list[Found] = []
    for i in _peaks(relative, raw, times):
        if not _within(passages, times[i]):
            confidence = float(relative[i] / (relative[i] + THRESHOLD))
            found.append((_contact(height, times, i, step), float(height[i]), confidence))
    if motion.hands is not None:
        found = _with_hands(found, motion, height, passages)
    found += [beat for passage in passages for beat in _beats(passage, height, motion)]
    found = sorted(found, key=lambda cue: -cue[2])[: (limits or Limits()).max_cues]
    hardest = float(np.percentile([force for _, force, _ in found], LOUD)) if found else 1.0
    cues = (
        Cue(time=time, strength=float(np.clip(force / max(hardest, 1e-9), WEAKEST, 1)), confidence=float(confidence))
        for time, force, confidence in found
    )
    return CueTrack(tuple(cues), "motion")


def _with_hands(found: list[Found], motion: Motion, height: np.ndarray, passages: list[Passage]) -> list[Found]:
    """The cues of the motion without those that a hand contradicts, and the contacts that only a hand shows."""
    hands = Hands(motion.hands)
    contacts = [time for time in hands.contacts() if not _within(passages, time)]
    kept = []
    for time, force, confidence in found:
        same = [contact for contact in contacts if abs(time - contact) < SAME]
        if same:
            kept.append((same[0], force, 1 - (1 - confidence) * (1 - HAND_CONFIDENCE)))
        elif not hands.contradict(time):
            kept.append((time, force, confidence))
    for contact in contacts:
        if all(abs(contact - time) >= SAME for time, _, _ in found):
            kept.append((contact, _force(height, motion.times, contact - LATENCY), HAND_CONFIDENCE))
    return kept


def _within(passages: list[Passage], time: float) -> bool:
    return any(passage.begin <= time <= passage.end for passage in passages)


def _force(height: np.ndarray, times: np.ndarray, time: float) -> float:
    """The largest push within about two frames of a time."""
    interval = float(np.median(np.diff(times)))
    around = height[slice(*np.searchsorted(times, (time - 1.5 * interval, time + 1.5 * interval)))]
    return max(0.0, float(around.max())) if len(around) else 0.0


def _beats(passage: Passage, height: np.ndarray, motion: Motion) -> Iterator[Found]:
    """The beats as cues."""
    times = motion.times
    interval = float(np.median(np.diff(times)))
    for beat in passage.beats:
        time = beat - (step_frames(motion) + 1) / 2 * interval + LATENCY
        yield float(np.clip(time, 0, times[-1])), _force(height, times, beat), (1 + passage.clarity) / 2


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


def _peaks(relative: np.ndarray, raw: np.ndarray, times: np.ndarray) -> list[int]:
    """Frames of prominent peaks, the highest first, none within `APART` of a higher one.

    relative: push relative to a strong cue. raw: the push itself, widths/s.
    """
    taken = np.zeros(len(times), bool)
    found = []
    for i in np.argsort(-relative, kind="stable"):
        if relative[i] < WEAK_THRESHOLD:
            break
        low, high = max(0, i - 2), i + 3
        if relative[i] == relative[low:high].max() and not taken[i]:
            if relative[i] < THRESHOLD and not _stands_alone(raw, times, i):
                continue
            found.append(int(i))
            taken[np.searchsorted(times, times[i] - APART) : np.searchsorted(times, times[i] + APART, "right")] = True
    return found


def _stands_alone(raw: np.ndarray, times: np.ndarray, i: int) -> bool:
    """Whether hardly anything moves differently just before and after a peak."""
    low, high = np.searchsorted(times, (times[i] - VALLEY, times[i] + VALLEY))
    valley = max(float(raw[low : i + 1].min()), float(raw[i:high].min()))
    return bool(raw[i] >= ALONE * (valley + NOISE))


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
