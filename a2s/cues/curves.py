"""What a learned detector sees of a video's motion: curves over time that know neither place, scale nor looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from a2s.cues.novelty import step_frames

if TYPE_CHECKING:
    from a2s.cues.motion import Motion

RATE = 60.0
"""Curves' values a second, whatever the video's frame rate."""

PARTS = (1 / 24, 1 / 8, 1 / 3)
"""Parts of all blocks, the strongest, whose means are curves: a fingertip, a hand, an arm or a body."""

FIELDS = ("speed", "down", "up", "side", "pushed up", "slowed sideways", "pushed down", "lost", "gained", "reversed")
"""What is measured in every block: the first four of a velocity, the others of its change over about 1/30 s."""

CHANNELS = len(PARTS) * len(FIELDS) + 5
LOG_ODDS = -1
"""Beside those: where most of the motion goes (up or down), how that changes, how much of the picture moves, the frame
interval and, last, half of physics' log-odds."""

SLOWEST = 0.06
"""Widths/s: motion slower than this stays small, however still the rest is."""

CONTRAST = 4.0
"""Curves are asinh(CONTRAST x) of the value relative to a strong one, so that weak motion is seen as well."""


def curves(motion: Motion, log_odds: np.ndarray, strong: np.ndarray) -> np.ndarray:
    """(T, CHANNELS) float32: the value k belongs to the picture at `motion.times[0] + k / RATE` seconds.

    log_odds: (F,) what physics says of each frame. strong: (F,) widths/s, the speed that counts as fast around it.
    """
    velocity, times, step = motion.velocity, motion.times, step_frames(motion)
    scale = np.maximum(strong, SLOWEST)[:, None]
    flat = velocity.reshape(len(velocity), -1, 2)
    speed = np.linalg.norm(flat, axis=-1)
    weight = speed / np.maximum(speed.sum(1, keepdims=True), 1e-9)
    drift = (weight * flat[..., 1]).sum(1, keepdims=True)
    spread = 1 / np.maximum(np.square(weight).sum(1, keepdims=True) * flat.shape[1], 1.0)
    still = np.concatenate([_strongest(field) for field in _velocities(flat, speed)] + [drift], axis=1) / scale
    changed = np.zeros((len(flat), (len(FIELDS) - 4) * len(PARTS) + 1), np.float32)
    if len(flat) > step:
        change = [_strongest(field) for field in _changes(flat[:-step], flat[step:], speed[:-step], speed[step:])]
        changed[step:] = np.concatenate([*change, drift[step:] - drift[:-step]], axis=1)
    for index in np.flatnonzero(motion.breaks):
        changed[index : index + step + 1] = 0
    interval = np.gradient(times)[:, None] if len(times) > 1 else np.full((1, 1), 1 / RATE)
    change = np.concatenate([np.arcsinh(CONTRAST * changed / scale), log_odds[:, None] / 2], axis=1)
    now = np.concatenate([np.arcsinh(CONTRAST * still), spread * 4, np.log(interval * 30)], axis=1)
    at = times[0] + np.arange(1 + int((times[-1] - times[0]) * RATE)) / RATE
    half = interval[:, 0] / 2
    return np.concatenate([_resampled(now, times - half, at), _resampled(change, times - (step + 1) * half, at)], axis=1)


def _velocities(flat: np.ndarray, speed: np.ndarray) -> list[np.ndarray]:
    return [speed, np.maximum(flat[..., 1], 0), np.maximum(-flat[..., 1], 0), np.abs(flat[..., 0])]


def _changes(before: np.ndarray, after: np.ndarray, fast: np.ndarray, later: np.ndarray) -> list[np.ndarray]:
    """(F, blocks) each: pushed up, slowed or turned sideways, pushed down, speed lost, gained, reversal."""
    change = before - after
    return [
        np.maximum(change[..., 1], 0),
        np.maximum(change[..., 0] * np.sign(before[..., 0]), 0),
        np.maximum(-change[..., 1], 0),
        np.maximum(fast - later, 0),
        np.maximum(later - fast, 0),
        np.sqrt(np.maximum(-(before * after).sum(-1), 0)),
    ]


def _strongest(field: np.ndarray) -> np.ndarray:
    """(F, blocks) -> (F, len(PARTS)): means of the strongest blocks."""
    counts = [max(1, round(part * field.shape[1])) for part in PARTS]
    top = np.sort(np.partition(field, -counts[-1], axis=1)[:, -counts[-1] :], axis=1)[:, ::-1]
    return np.stack([top[:, :count].mean(1) for count in counts], axis=1)


def _resampled(values: np.ndarray, times: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(F, C) at ascending times (F,) -> (T, C) float32 at the times (T,), linear between."""
    after = np.clip(np.searchsorted(times, at), 1, max(1, len(times) - 1))
    before = after - 1
    after = np.minimum(after, len(times) - 1)
    share = np.clip((at - times[before]) / np.maximum(times[after] - times[before], 1e-9), 0, 1)[:, None]
    return ((1 - share) * values[before] + share * values[after]).astype(np.float32)
