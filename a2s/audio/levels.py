"""Levels in decibels relative to full scale, and the quietest stretch of a sound.

A level of -120 dBFS stands for silence, so that every figure is finite.
"""

from __future__ import annotations

import math
from typing import overload

import numpy as np

SILENCE_DB = -120.0

QUIET_SECONDS = 0.5
"""Length of the stretch whose level is the level of the ambience: the action of most films pauses that long."""

HOP = 256
"""Samples between two candidate starts of the quietest stretch: one mel frame at 16 kHz."""

BLOCK = 1 << 18
"""Samples that are summed at a time, so that an hour takes little memory."""


@overload
def power_db(power: float) -> float: ...
@overload
def power_db(power: np.ndarray) -> np.ndarray: ...
def power_db(power: float | np.ndarray) -> float | np.ndarray:
    """Mean power (full scale is 1) in dBFS, at least -120."""
    level = 10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10)))
    return level if isinstance(power, np.ndarray) else float(level)


def amplitude_db(amplitude: float) -> float:
    """Magnitude (full scale is 1) in dBFS, at least -120."""
    return max(SILENCE_DB, 20 * float(np.log10(np.maximum(amplitude, 1e-12))))


@overload
def db_to_amplitude(level: float) -> float: ...
@overload
def db_to_amplitude(level: np.ndarray) -> np.ndarray: ...
def db_to_amplitude(level: float | np.ndarray) -> float | np.ndarray:
    """The factor that changes a level by that many dB."""
    return 10 ** (level / 20)


def level_db(waveform: np.ndarray) -> float:
    """RMS level of (n,) float in dBFS, at least -120; an empty sound is silent."""
    rms = math.sqrt(float(np.mean(np.square(waveform, dtype=np.float64)))) if len(waveform) else 0.0
    return max(SILENCE_DB, 20 * math.log10(max(rms, 1e-12)))  # numpy's log10 differs in the last digit


def quietest(waveform: np.ndarray, sample_rate: int, seconds: float = QUIET_SECONDS, hop: int = HOP) -> slice:
    """The stretch of (n,) float that has the least power, as a slice of samples; all of a sound that is shorter.

    hop: samples from one candidate start to the next.
    """
    length = min(len(waveform), round(seconds * sample_rate))
    block = max(1, BLOCK // hop) * hop
    least, first = np.inf, 0
    for begin in range(0, len(waveform) - length + 1, block):
        piece = waveform[begin : begin + block - hop + length]
        energy = np.concatenate([[0.0], np.cumsum(np.square(piece, dtype=np.float64))])
        starts = np.arange(0, len(piece) - length + 1, hop)
        energies = energy[starts + length] - energy[starts]
        best = int(np.argmin(energies))
        if energies[best] < least:
            least, first = float(energies[best]), begin + int(starts[best])
    return slice(first, first + length)


def quietest_db(waveform: np.ndarray, sample_rate: int, seconds: float = QUIET_SECONDS, hop: int = HOP) -> float:
    """RMS level in dBFS of the quietest stretch: the level of the ambience wherever the action pauses that long."""
    return level_db(waveform[quietest(waveform, sample_rate, seconds, hop)])
