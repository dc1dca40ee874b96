"""The gain of a dub for a loudness target, decided on the sound as it is delivered: two channels at 48 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from a2s.audio.levels import power_db
from a2s.audio.loudness import SILENCE_LUFS, Loudness, find_gain
from a2s.audio.resampling import resampled, sliced
from a2s.settings import DELIVERY


def delivered_gain(
    raw: np.ndarray, sample_rate: int, target: float | None, compress: bool = False
) -> tuple[np.ndarray, Loudness]:
    """The gain curve (p,) float32 of a dub for a loudness target, and the loudness that it has when it is delivered.

    One channel is measured alone and counts twice, because it sounds left and right.
    """
    channels = 1 if raw.ndim == 1 else raw.shape[1]
    both = power_db(DELIVERY.channels / channels)

    def pieces() -> Iterator[np.ndarray]:
        yield from resampled(sliced(raw, sample_rate, channels), sample_rate, DELIVERY.sample_rate, channels)

    aim = None if target is None else target - both
    curve, loudness = find_gain(pieces, DELIVERY.sample_rate, channels, aim, DELIVERY.ceiling_db, compress)
    lufs, momentary, short_term = (
        level + both if level > SILENCE_LUFS else SILENCE_LUFS
        for level in (loudness.lufs, loudness.momentary, loudness.short_term)
    )
    return curve, replace(loudness, lufs=lufs, momentary=momentary, short_term=short_term)
