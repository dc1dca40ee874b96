"""Mastering: the level is set, the original soundtrack mixed in, and the result measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2s.audio.levels import quietest_db
from a2s.audio.loudness import normalise
from a2s.dubbing.recipe import LoudnessFigures
from a2s.media import mix_under
from a2s.settings import AUDIO, DubSettings

BLOCK = 1 << 18
"""Samples that are processed at once: half an hour in double precision takes a lot of memory."""


@dataclass(frozen=True, eq=False)
class Mastered:
    """waveform: (n,) float32. figures: its loudness and the gain. ambience_level_db: of its quietest half second.

    action: (n,) float32, the action stem, where one was given.
    """

    waveform: np.ndarray
    figures: LoudnessFigures
    ambience_level_db: float
    action: np.ndarray | None = None


def master(
    raw: np.ndarray,
    settings: DubSettings,
    original: np.ndarray | None = None,
    action: np.ndarray | None = None,
    sample_rate: int = AUDIO.sample_rate,
) -> Mastered:
    """Set the level, mix in the original soundtrack, measure. The action stem takes the same gains as the mix.

    raw, action: (n,) float32, as the vocoder returns them. original: (n,) float32; None where none is mixed in.
    """
    waveform, loudness = normalise(raw, sample_rate, settings.loudness)
    gain = loudness.gain_db
    action = None if action is None else action * gain_curve(raw, waveform)
    if original is not None and settings.original_audio is not None:
        mixed = mix_under(waveform, original, settings.original_audio)
        waveform, loudness = normalise(mixed, sample_rate, None)
        gain += loudness.gain_db
        action = None if action is None else action * gain_curve(mixed, waveform)
    figures = LoudnessFigures(loudness.lufs, loudness.true_peak_db, gain)
    return Mastered(np.asarray(waveform, np.float32), figures, round(quietest_db(waveform, sample_rate), 2), action)


def gain_curve(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(n,) float32: the factor from `before` to `after`, interpolated over samples that are too small to divide by."""
    known = np.flatnonzero(np.abs(before) > 1e-5)
    gain = np.ones(len(before), np.float32)
    if not len(known):
        return gain
    for first in range(0, len(before), BLOCK):
        last = min(first + BLOCK, len(before))
        left, right = np.searchsorted(known, [first, last])
        near = known[max(0, left - 1) : right + 1]  # with a neighbour on either side
        gain[first:last] = np.interp(np.arange(first, last), near, after[near] / before[near])
    return gain
