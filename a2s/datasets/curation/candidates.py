"""Candidates: one stretch of 3 s for every 3 s of video, around the moment that is most likely a sounding action."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2s.audio.onsets import HOP, SAMPLE_RATE, onset_strength
from a2s.datasets.clips import CLIP_SECONDS, around
from a2s.vision import Motion
from a2s.vision.novelty import push

REACH = 0.1
"""Seconds by which a sound and its motion may differ: a frame of 24 fps, and the travel and buffers of a recording."""

STILL = 0.02
"""Push (widths/s) that is added everywhere, so that a loud onset outside the picture counts less, not nothing."""

LEAST_RISE_DB = 1.0
"""Least onset strength of a moment; without one, the candidate is the middle of its cell."""

BLOCK_SECONDS = 60.0
"""Length of sound whose spectrum is in memory at a time."""


@dataclass(frozen=True)
class Candidate:
    """moment: of the likely action, s. start: of the clip, s. evidence: onset strength x push, 0 without an onset."""

    moment: float
    start: float
    evidence: float = 0.0

    @property
    def end(self) -> float:
        """End of the clip, s."""
        return self.start + CLIP_SECONDS


def propose(waveform: np.ndarray, motion: Motion) -> list[Candidate]:
    """One candidate for each whole cell of 3 s, in order; a video shorter than 3 s has one.

    waveform: (n,) float32 at 16 kHz, from the first frame on. The moment of a candidate is where an onset of the sound
    and an impact in the picture coincide best.
    """
    strength = onset_curve(waveform)
    evidence = strength * (_near(push_curve(motion, len(strength))) + STILL)
    per_cell = round(CLIP_SECONDS * SAMPLE_RATE / HOP)
    cells = max(1, round(1e-3 + motion.duration / CLIP_SECONDS - 0.5))
    found = []
    for cell in range(cells):
        stretch = slice(cell * per_cell, (cell + 1) * per_cell)
        heights = np.where(strength[stretch] >= LEAST_RISE_DB, evidence[stretch], 0.0)
        best = int(heights.argmax()) if len(heights) and heights.max() > 0 else None
        moment = (cell + 0.5) * CLIP_SECONDS if best is None else (stretch.start + best) * HOP / SAMPLE_RATE
        moment = min(moment, motion.duration)
        found.append(Candidate(moment, around(moment, motion.duration), 0.0 if best is None else float(heights[best])))
    return found


def onset_curve(waveform: np.ndarray) -> np.ndarray:
    """(n,) at 16 kHz -> (1 + n // 160,) dB: `onset_strength`, block by block, so that hours take little memory."""
    block = round(BLOCK_SECONDS * SAMPLE_RATE) // HOP * HOP
    margin = 10 * HOP
    pieces = []
    for first in range(0, len(waveform) + 1, block):
        before = min(first, margin)
        piece = onset_strength(waveform[first - before : first + block])
        pieces.append(piece[before // HOP :][: block // HOP])
    return np.concatenate(pieces)


def push_curve(motion: Motion, frames: int) -> np.ndarray:
    """(frames,) widths/s, a value per 10 ms: `push`, interpolated."""
    if len(motion.times) < 2:
        return np.zeros(frames)
    return np.interp(np.arange(frames) * HOP / SAMPLE_RATE, motion.times, push(motion))


def _near(curve: np.ndarray) -> np.ndarray:
    """The largest value within `REACH`."""
    from scipy.ndimage import maximum_filter1d  # keeps the import of this module fast

    return maximum_filter1d(curve, 2 * round(REACH * SAMPLE_RATE / HOP) + 1) if len(curve) else curve
