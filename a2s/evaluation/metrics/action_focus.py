"""Action against ambience in a made sound, on worlds whose stems are known.

What a creator asks of action sound alone (Action2Sound, section 4, "action-ambient disentanglement") is that nothing is
heard where nothing happens. Where the true action stem is silent, whatever a made sound holds is ambience; around the
true events it is mostly action. The figure is the level of the one against the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_dilation

from a2s.audio.levels import power_db
from a2s.evaluation.clips import Clip
from a2s.settings import AUDIO

SILENT_DB = -50.0
"""Level of the action stem, relative to its loudest 10 ms, below which nothing of it counts as sounding."""

MARGIN = 0.1
"""Seconds kept clear on both sides of anything that sounds: a sound made a little early or late isn't ambience."""

EVENT_BEFORE, EVENT_AFTER = 0.05, 0.25
"""Seconds around an event in which the action is listened to; a sustained sound is listened to while it lasts."""

LEAST_SECONDS = 0.2
"""A clip with less silence than this says nothing of its ambience."""

FRAME = AUDIO.sample_rate // 100


def stretches(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Two (48000,) bool: where the true action is silent, with a margin; and where its events sound."""
    size = AUDIO.window_samples
    frames = np.abs(clip.action[: size // FRAME * FRAME]).reshape(-1, FRAME).max(1)
    sounding = frames > max(1e-5, 10 ** (SILENT_DB / 20) * frames.max())
    spans = [(cue.time - clip.start, cue.duration) for cue in clip.true_cues]
    events = _marked([(t - EVENT_BEFORE, t + max(EVENT_AFTER, duration)) for t, duration in spans])
    # A sound made for an event belongs to it whether the true one is still ringing or not.
    busy = _marked([(t - MARGIN, t + max(EVENT_AFTER, duration) + MARGIN) for t, duration in spans])
    reach = round(MARGIN * AUDIO.sample_rate / FRAME)
    busy |= np.repeat(binary_dilation(sounding, iterations=reach), FRAME)
    return ~busy, events


def action_focus(clips: Sequence[Clip], waves: np.ndarray, draws: int = 1000) -> dict:
    """Levels in dB of made sounds, pooled over clips, each with a 95 % bootstrap interval over clips (seed 0).

    waves: (n, 48000) in [-1, 1], one each clip. residual: where the true action is silent; action: in the windows of
    its events; ratio: residual - action, the lower the better for action alone, and for sound with ambience right where
    the true mix is; versus_true: residual less that of the true mix, in dB. n: clips with enough silence and an event,
    of which all levels are taken; seconds: of silence in them.
    """
    rows = [row for clip, wave in zip(clips, waves, strict=True) if (row := _row(clip, wave)) is not None]
    if not rows:
        return {name: {"value": None, "interval": None} for name in ("residual", "action", "ratio", "versus_true")} | {
            "n": 0,
            "seconds": 0.0,
        }
    table = np.array(rows)
    chosen = np.random.default_rng(0).integers(len(table), size=(draws, len(table)))
    sums = np.concatenate([table.sum(0, keepdims=True), table[chosen].sum(1)])
    residual, action, true = (power_db(sums[:, k] / np.maximum(sums[:, k + 1], 1)) for k in (0, 2, 4))
    found = {"residual": residual, "action": action, "ratio": residual - action, "versus_true": residual - true}
    return {name: _interval(values) for name, values in found.items()} | {
        "n": len(table),
        "seconds": round(float(table[:, 1].sum()) / AUDIO.sample_rate, 1),
    }


def _row(clip: Clip, wave: np.ndarray) -> tuple[float, ...] | None:
    """Energies and samples: of the silence, of the events, and of the true mix in the silence."""
    silent, events = stretches(clip)
    if silent.sum() < LEAST_SECONDS * AUDIO.sample_rate or not events.any():
        return None
    power, true = np.square(wave, dtype=np.float64), np.square(clip.mix, dtype=np.float64)
    return power[silent].sum(), silent.sum(), power[events].sum(), events.sum(), true[silent].sum(), silent.sum()


def _marked(spans: Sequence[tuple[float, float]]) -> np.ndarray:
    """(48000,) bool, true within any [start, end) in s."""
    out = np.zeros(AUDIO.window_samples, bool)
    for start, end in spans:
        a, b = (max(0, round(t * AUDIO.sample_rate)) for t in (start, end))
        out[a:b] = True
    return out


def _interval(values: np.ndarray) -> dict:
    """The first is the value, the others are of the bootstrap."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"value": round(float(values[0]), 2), "interval": [round(float(low), 2), round(float(high), 2)]}
