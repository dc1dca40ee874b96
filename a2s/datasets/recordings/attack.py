"""When a recording begins and how loud it is."""

from __future__ import annotations

import numpy as np

from a2s.audio.levels import SILENCE_DB, power_db

_WINDOW = 0.001  # s over which the envelope is taken


def envelope(sound: np.ndarray, rate: int) -> np.ndarray:
    """(n,) RMS over a millisecond about each sample."""
    size = max(1, int(_WINDOW * rate))
    power = _box(np.pad(np.square(sound, dtype=np.float64), (size // 2, size - 1 - size // 2)), size)
    return np.sqrt(np.maximum(power, 0))


def attack_seconds(sound: np.ndarray, rate: int) -> float:
    """Start of the rise to the first moment that reaches a quarter of the peak, s from the start of the file.

    sound: (n,) mono. The rise starts where the envelope was last below a twentieth of the peak, at most 60 ms before.
    0 for silence.
    """
    level = envelope(sound, rate)
    peak = float(level.max()) if len(level) else 0.0
    if peak <= 0:
        return 0.0
    reached = int(np.argmax(level >= 0.25 * peak))
    first = max(0, reached - int(0.06 * rate))
    quiet = np.flatnonzero(level[first:reached] < 0.05 * peak)
    return (first + int(quiet[-1]) + 1 if len(quiet) else first) / rate


def loudest_db(sound: np.ndarray, rate: int) -> float:
    """RMS of the loudest 50 ms in dBFS, not below -120."""
    size = min(len(sound), max(1, int(0.05 * rate)))
    if not size:
        return SILENCE_DB
    return power_db(float(_box(np.square(sound, dtype=np.float64), size).max()))


def _box(x: np.ndarray, size: int) -> np.ndarray:
    """(n - size + 1,) mean over `size` samples."""
    total = np.concatenate([[0.0], np.cumsum(x)])
    return (total[size:] - total[:-size]) / size
