"""What the stages of curation measure in a clip's sound and motion."""

from __future__ import annotations

import numpy as np

from a2s.audio.levels import SILENCE_DB, power_db
from a2s.vision import Motion
from a2s.vision.novelty import PUSHED

ENERGY_SECONDS = 0.05
"""Length of the loudest stretch whose level is the energy of a clip: about one hit."""

NEAR_FULL, FULL = 0.97, 0.89
"""A sample is at the top above NEAR_FULL of the peak; only a sound whose peak exceeds FULL (-1 dBFS) can be clipped."""


def energy_db(waveform: np.ndarray, sample_rate: int) -> float:
    """Level of the loudest 50 ms of (n,) in dBFS, at least -120."""
    length = min(len(waveform), round(ENERGY_SECONDS * sample_rate))
    if not length:
        return SILENCE_DB
    energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    return power_db(float((energy[length:] - energy[:-length]).max()) / length)


def clipped_share(waveform: np.ndarray) -> float:
    """Share of the samples of (n,) in [-1, 1] that lie at the top of the range, 0 where the peak stays below -1 dBFS.

    Clipping piles samples up at the peak; a lossy codec moves them by a few per cent. A hit that is normalised to full
    scale has a few such samples, a clipped one hundreds.
    """
    magnitude = np.abs(waveform)
    peak = float(magnitude.max(initial=0))
    return float((magnitude >= NEAR_FULL * peak).mean()) if peak >= FULL else 0.0


def motion_speed(motion: Motion, start: float, end: float) -> float:
    """How fast the fastest sixth of the picture moves between two times, relative to the camera, in widths/s.

    The mean of the fastest tenth of the frames, so that one short movement counts; 0 without frames.
    """
    chosen = (motion.times >= start) & (motion.times < end) & ~motion.breaks
    if not chosen.any():
        return 0.0
    speed = np.linalg.norm(motion.velocity[chosen], axis=-1).reshape(int(chosen.sum()), -1)
    count = max(1, round(PUSHED * speed.shape[1]))
    frames = np.sort(np.partition(speed, -count, axis=1)[:, -count:].mean(1))
    return float(frames[-max(1, round(len(frames) / 10)) :].mean())
