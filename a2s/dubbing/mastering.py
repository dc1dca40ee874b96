"""From raw sounds to takes: the level set, the original soundtrack mixed under, what came out measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.audio.levels import quietest_db
from a2s.audio.loudness import normalise
from a2s.dubbing.take import Source, Take
from a2s.media import mix_under
from a2s.pipelines.windows import frames_of
from a2s.settings import AUDIO, DubSettings

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.dubbing.ambience_plan import Place

BLOCK = 1 << 18
"""Samples looked at together, a whole number of hops: in double precision, half an hour is a lot of memory."""


def finish(
    take: int, source: Source, settings: DubSettings, mels, sounds, track: CueTrack, place: Place, recipe: dict
) -> Take:
    """Set the level, mix the original under, measure. The action stem goes through the same gains as the mix."""
    raw, action = sounds[0][take], sounds[1][take] if len(sounds) > 1 else None
    waveform, loudness = normalise(raw, AUDIO.sample_rate, settings.loudness)
    gain = loudness.gain_db
    action = action if action is None else action * gain_curve(raw, waveform)
    if source.original is not None:
        mixed = mix_under(waveform, source.original, settings.original_audio)
        waveform, loudness = normalise(mixed, AUDIO.sample_rate, None)
        gain += loudness.gain_db
        action = action if action is None else action * gain_curve(mixed, waveform)
    number = settings.first_take + take
    measured = {
        "take": number,
        "settings": recipe["settings"] | {"takes": 1, "first_take": number},
        "loudness": {"lufs": loudness.lufs, "true_peak_db": loudness.true_peak_db, "gain_db": gain},
        "ambient": recipe["ambient"] | {"level_out_db": round(quietest_db(waveform, AUDIO.sample_rate), 2)},
    }
    frames = frames_of(len(waveform) / AUDIO.sample_rate)
    return Take(
        np.asarray(waveform, np.float32), AUDIO.sample_rate, mels[take][:, :frames].clip(0, 1), track,
        recipe | measured, Path(source.info.path), action, place.waveform[: AUDIO.window_samples],
    )  # fmt: skip


def gain_curve(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(n,) float32: what `before` was multiplied by to become `after`; between samples too small to tell, in a line."""
    told = np.flatnonzero(np.abs(before) > 1e-5)
    gain = np.ones(len(before), np.float32)
    if not len(told):
        return gain
    for first in range(0, len(before), BLOCK):
        last = min(first + BLOCK, len(before))
        left, right = np.searchsorted(told, [first, last])
        near = told[max(0, left - 1) : right + 1]  # with the neighbours on either side
        gain[first:last] = np.interp(np.arange(first, last), near, after[near] / before[near])
    return gain
