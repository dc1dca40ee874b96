"""The motion of one window, pooled onto a fixed grid of time slots and cells: the input of the video encoder."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from a2s.settings import VIDEO, VideoSpec
from a2s.vision.motion import Motion
from a2s.vision.novelty import lost_fields


def motion_grid(motion: Motion, start: float, spec: VideoSpec = VIDEO) -> np.ndarray:
    """The motion of the window that begins at `start` s, as (48, 12, 12, 6) float32, zero outside the video.

    The values of each slot of 1/16 s and cell are mean u, mean v, largest speed, speed lost, downward speed lost and
    reversal, in widths/s. A slot without a frame is interpolated between its neighbours.
    """
    edges = start + np.arange(spec.tokens + 1) / spec.tokens_per_second
    centres = (edges[:-1] + edges[1:]) / 2
    out = np.zeros((spec.tokens, spec.grid, spec.grid, 6), np.float32)
    inside = (centres >= 0) & (centres < motion.duration)
    # Also the two frames before (one to interpolate from, one to compare that with) and the one after.
    first, last = np.searchsorted(motion.times, edges[[0, -1]])
    lo, hi = max(0, first - 2), min(len(motion.times), last + 1)
    if lo >= hi or not inside.any():
        return out
    velocity, times = motion.velocity[lo:hi], motion.times[lo:hi]
    speed, lost = lost_fields(velocity, motion.breaks[lo:hi])
    means = _pool_mean(velocity, spec.grid)
    peaks = _pool_max(np.concatenate([speed[..., None], lost], axis=-1), spec.grid)
    fields = np.concatenate([means, peaks], axis=-1)
    index = np.searchsorted(times, edges)
    full = index[1:] > index[:-1]
    if full.any():
        starts, counts, within = index[:-1][full], np.diff(index)[full], fields[: index[-1]]
        out[full, ..., :2] = np.add.reduceat(within[..., :2], starts) / counts[:, None, None, None]
        out[full, ..., 2:] = np.maximum.reduceat(within[..., 2:], starts)
    if not full.all():
        out[~full] = _between(fields, times, centres[~full])
    out[~inside] = 0
    return out


def _between(fields: np.ndarray, times: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Linear interpolation over the first axis; beyond the ends, the nearest value."""
    after = np.clip(np.searchsorted(times, at), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    gap = np.maximum(times[after] - times[before], 1e-9)
    weight = np.clip((at - times[before]) / gap, 0, 1)[:, None, None, None]
    return ((1 - weight) * fields[before] + weight * fields[after]).astype(np.float32)


@lru_cache(maxsize=32)
def _overlap(blocks: int, cells: int) -> np.ndarray:
    """(cells, blocks): the part of each cell's length that each block covers; rows sum to 1."""
    scale = blocks / cells
    low, high = np.arange(cells)[:, None] * scale, (np.arange(cells)[:, None] + 1) * scale
    b = np.arange(blocks)[None]
    return (np.clip(np.minimum(high, b + 1) - np.maximum(low, b), 0, None) / scale).astype(np.float32)


def _pool_mean(field: np.ndarray, cells: int) -> np.ndarray:
    """(F, h, w, C) -> (F, cells, cells, C): mean by area."""
    rows, columns = _overlap(field.shape[1], cells), _overlap(field.shape[2], cells)
    return np.einsum("ih,fhwc,jw->fijc", rows, field, columns, optimize=True)


def _pool_max(field: np.ndarray, cells: int) -> np.ndarray:
    """(F, h, w, C) -> (F, cells, cells, C): maximum of the blocks that a cell touches."""
    for axis in (1, 2):
        touched = _overlap(field.shape[axis], cells) > 1e-6
        runs = [np.take(field, np.flatnonzero(row), axis).max(axis) for row in touched]
        field = np.stack(runs, axis)
    return field
