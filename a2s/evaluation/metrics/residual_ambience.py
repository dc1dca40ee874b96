"""Residual ambience: level where the true action is silent, against the level at its events.

Action sound alone should be silent where nothing happens (Action2Sound, section 4, action-ambient disentanglement). On
worlds with known stems, whatever generated audio holds where the true action stem is silent is ambience; around the
true events it is mostly action.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_dilation

from a2s.audio.levels import db_to_amplitude, power_db
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures
from a2s.evaluation.worlds import Clip
from a2s.settings import AUDIO

VERSION = 1
LIBRARIES = ("numpy", "scipy")

SILENT_DB = -50.0
"""Level of the action stem, relative to its loudest 10 ms, below which it counts as silent."""

MARGIN = 0.1
"""Seconds around any sound that count neither way: action generated a little early or late is no ambience."""

EVENT_BEFORE, EVENT_AFTER = 0.05, 0.25
"""Seconds around an event in which the action is measured; a sustained sound is measured for its duration."""

MIN_SILENCE = 0.2
"""Seconds. A clip with less silence is skipped."""

FRAME = AUDIO.sample_rate // 100
FIGURES = ("residual", "action", "ratio", "versus_true")


def measure(inputs: MetricInputs) -> Figures:
    """See `residual_ambience_of`."""
    return residual_ambience_of(inputs.clips, inputs.waveforms)


def silence_and_events(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Two (48000,) bool: where the true action is silent, with a margin; and where its events sound."""
    size = AUDIO.window_samples
    frames = np.abs(clip.action[: size // FRAME * FRAME]).reshape(-1, FRAME).max(1)
    sounding = frames > max(1e-5, db_to_amplitude(SILENT_DB) * frames.max())
    spans = [(cue.time - clip.start, cue.duration) for cue in clip.true_cues]
    events = _mask([(t - EVENT_BEFORE, t + max(EVENT_AFTER, duration)) for t, duration in spans])
    # Audio generated for an event belongs to it, even where the true sound has decayed.
    busy = _mask([(t - MARGIN, t + max(EVENT_AFTER, duration) + MARGIN) for t, duration in spans])
    margin = round(MARGIN * AUDIO.sample_rate / FRAME)
    busy |= np.repeat(binary_dilation(sounding, iterations=margin), FRAME)
    return ~busy, events


def residual_ambience_of(clips: Sequence[Clip], waves: np.ndarray, draws: int = 1000) -> Figures:
    """Levels in dB, pooled over clips, each with a 95 % bootstrap interval over clips (seed 0).

    waves: (n, 48000) in [-1, 1] at 16 kHz. residual: level where the true action is silent, dBFS. action: level at its
    events, dBFS. ratio: residual - action; lower means less ambience. versus_true: residual minus that of the true mix.
    n: number of clips with enough silence and an event, which all levels are of. seconds: of silence in them.
    """
    rows = [row for clip, wave in zip(clips, waves, strict=True) if (row := _row(clip, wave)) is not None]
    if not rows:
        empty: Figures = {name: {"value": None, "interval": None} for name in FIGURES}
        return empty | {"n": 0, "seconds": 0.0}
    table = np.array(rows)
    chosen = np.random.default_rng(0).integers(len(table), size=(draws, len(table)))
    sums = np.concatenate([table.sum(0, keepdims=True), table[chosen].sum(1)])
    residual, action, true = (power_db(sums[:, k] / np.maximum(sums[:, k + 1], 1)) for k in (0, 2, 4))
    values = (residual, action, residual - action, residual - true)
    figures: Figures = {name: _estimate(each) for name, each in zip(FIGURES, values, strict=True)}
    return figures | {"n": len(table), "seconds": round(float(table[:, 1].sum()) / AUDIO.sample_rate, 1)}


def _row(clip: Clip, wave: np.ndarray) -> tuple[float, ...] | None:
    """Energies and samples: of the silence, of the events, and of the true mix in the silence."""
    silent, events = silence_and_events(clip)
    if silent.sum() < MIN_SILENCE * AUDIO.sample_rate or not events.any():
        return None
    power, true = np.square(wave, dtype=np.float64), np.square(clip.mix, dtype=np.float64)
    return power[silent].sum(), silent.sum(), power[events].sum(), events.sum(), true[silent].sum(), silent.sum()


def _mask(spans: Sequence[tuple[float, float]]) -> np.ndarray:
    """(48000,) bool, true within any [start, end) in s."""
    out = np.zeros(AUDIO.window_samples, bool)
    for start, end in spans:
        a, b = (max(0, round(t * AUDIO.sample_rate)) for t in (start, end))
        out[a:b] = True
    return out


def _estimate(values: np.ndarray) -> Figures:
    """values: the value, then its bootstrap draws."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"value": round(float(values[0]), 2), "interval": [round(float(low), 2), round(float(high), 2)]}
