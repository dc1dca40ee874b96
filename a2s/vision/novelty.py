"""Curves over a video's motion that rise at impacts: an impact slows a movement, stops it or reverses it."""

from __future__ import annotations

import numpy as np

from a2s.vision.motion import Motion

PUSHED = 1 / 6
"""Part of all blocks, the strongest, whose mean is the push: about a hand and its tool in a close shot."""

SIDEWAYS = 0.75
"""Weight of a horizontal push relative to an upward one: most struck things lie on a surface."""

STEP_SECONDS = 1 / 30
"""Approximate interval over which a push is measured, at any frame rate."""


BLOCK = 4096
"""Frames whose push is computed at once: of a long film, the differences would take more memory than its motion."""


def lost_fields(velocity: np.ndarray, breaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Speed, and what is lost of it against the frame before.

    velocity: (F, h, w, 2) widths/s. breaks: (F,) bool. Returns speed (F, h, w) and lost (F, h, w, 3), both in widths/s.
    lost: speed lost, downward speed lost, reversal; zero at the first frame and across a cut.
    """
    speed = np.linalg.norm(velocity, axis=-1)
    down = np.maximum(velocity[..., 1], 0)
    lost = np.zeros((*speed.shape, 3), np.float32)
    lost[1:, ..., 0] = np.maximum(speed[:-1] - speed[1:], 0)
    lost[1:, ..., 1] = np.maximum(down[:-1] - down[1:], 0)
    lost[1:, ..., 2] = np.sqrt(np.maximum(-(velocity[:-1] * velocity[1:]).sum(-1), 0))
    lost[breaks] = 0
    return speed, lost


def push(motion: Motion) -> np.ndarray:
    """(F,) widths/s: how hard a movement is pushed back. An impact is an impulse, a sudden change of velocity.

    A floor, table or drum pushes upwards, so every upward change of velocity counts; horizontally, only a change that
    slows or reverses a movement. The result is the larger of both, against the frame about 1/30 s before; zero where a
    break lies between.
    """
    velocity, step = motion.velocity, step_frames(motion)
    out = np.zeros(len(velocity), np.float32)
    if len(velocity) <= step:
        return out
    count = max(1, round(PUSHED * velocity[0, ..., 0].size))
    for low in range(0, len(velocity) - step, BLOCK):
        high = min(low + BLOCK, len(velocity) - step)
        before, change = velocity[low:high], velocity[low:high] - velocity[low + step : high + step]
        up = np.maximum(change[..., 1], 0)
        side = np.maximum(change[..., 0] * np.sign(before[..., 0]), 0)
        out[low + step : high + step] = np.maximum(_strongest(up, count), SIDEWAYS * _strongest(side, count))
    for index in np.flatnonzero(motion.breaks):
        out[index : index + step + 1] = 0  # a break has no velocity to compare with
    return out


def step_frames(motion: Motion) -> int:
    """Frames over which `push` compares velocities: 1 up to about 45 fps, 2 at 60."""
    if len(motion.times) < 2:
        return 1
    return max(1, round(STEP_SECONDS / max(1e-3, float(np.median(np.diff(motion.times))))))


def _strongest(field: np.ndarray, count: int) -> np.ndarray:
    """(F, h, w) -> (F,): mean of the `count` strongest blocks."""
    flat = field.reshape(len(field), field[0].size if len(field) else 0)
    count = min(count, flat.shape[1])
    return np.partition(flat, -count, axis=1)[:, -count:].mean(1) if len(flat) else np.zeros(0, np.float32)
