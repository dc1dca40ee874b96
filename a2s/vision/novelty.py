"""Curves over a video's motion that rise when something may be heard: an impact takes speed away, or turns it round."""

from __future__ import annotations

import numpy as np

from a2s.vision.motion import Motion

CURVES = ("speed", "decel", "down", "reverse", "push")

STRONGEST = 8
"""Blocks whose mean is one of the first four curves: about a hand's size."""

PUSHED = 1 / 6
"""Part of all blocks, the strongest, whose mean is the push: a hand and its tool seen close."""

SIDEWAYS = 0.75
"""What a push against sideways motion counts, beside one that points up: most of what is struck lies on something."""

STEP = 1 / 30
"""Seconds, about, over which a push is measured, however fast the frames come."""


def lost_fields(velocity: np.ndarray, breaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """velocity (F, h, w, 2) widths/s, breaks (F,) -> speed (F, h, w), lost (F, h, w, 3).

    lost: speed lost, downward speed lost, reversal, each against the frame before; zero at the first and across a cut.
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
    """(F,) widths/s: how hard things are pushed back. What is struck gives an impulse, a sudden change of velocity.

    Floor, table and drum push up, so any change of velocity upwards counts; sideways, only what slows or turns a thing.
    The larger of both. Compares with the frame about 1/30 s before; zero where a break lies between.
    """
    velocity, step = motion.velocity, step_frames(motion)
    out = np.zeros(len(velocity), np.float32)
    if len(velocity) <= step:
        return out
    before, change = velocity[:-step], velocity[:-step] - velocity[step:]
    up = np.maximum(change[..., 1], 0)
    side = np.maximum(change[..., 0] * np.sign(before[..., 0]), 0)
    count = max(1, round(PUSHED * up[0].size))
    out[step:] = np.maximum(_strongest(up, count), SIDEWAYS * _strongest(side, count))
    for index in np.flatnonzero(motion.breaks):
        out[index : index + step + 1] = 0  # the velocity of a break is unknown, so nothing is compared with it
    return out


def step_frames(motion: Motion) -> int:
    """Frames over which `push` compares velocities: 1 up to about 45 fps, 2 at 60."""
    if len(motion.times) < 2:
        return 1
    return max(1, round(STEP / max(1e-3, float(np.median(np.diff(motion.times))))))


def _strongest(field: np.ndarray, count: int) -> np.ndarray:
    """(F, h, w) -> (F,): mean of the strongest blocks."""
    flat = field.reshape(len(field), field[0].size if len(field) else 0)
    count = min(count, flat.shape[1])
    return np.partition(flat, -count, axis=1)[:, -count:].mean(1) if len(flat) else np.zeros(0, np.float32)


def novelty_curve(motion: Motion, curve: str) -> np.ndarray:
    """(F,) float32, widths/s: one of `CURVES`. Raises ValueError for another name."""
    if curve not in CURVES:
        raise ValueError(f"curve is {curve!r}; known are {', '.join(CURVES)}")
    if curve == "push":
        return push(motion)
    speed, lost = lost_fields(motion.velocity, motion.breaks)
    return _strongest(speed if curve == "speed" else lost[..., CURVES.index(curve) - 1], STRONGEST)
