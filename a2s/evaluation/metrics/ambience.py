"""Ambient sound: the energy of each clip's quietest half second (Action2Sound, section 4, "ambient sound").

A model that hallucinates ambience into action sound has high energy where nothing happens. The authors' figure is a
sum of squares, which depends on the full scale; in dBFS it is readable and comparable with
`a2s.audio.levels.quietest_db`, which uses a finer step.
"""

from __future__ import annotations

import numpy as np

from a2s.audio.levels import power_db, quietest
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures, mean
from a2s.evaluation.worlds import mixes_of
from a2s.settings import AUDIO

VERSION = 1
LIBRARIES = ("numpy",)

WINDOW, STEP = 8_000, 1_600
"""Samples at 16 kHz: windows of half a second, every tenth of a second."""


def measure(inputs: MetricInputs) -> Figures:
    """See `ambient_energy`; error_db: see `ambient_error`."""
    error = ambient_error(inputs.waveforms, mixes_of(inputs.clips))
    return ambient_energy(inputs.waveforms) | {"error_db": error}


def lowest_energy(waveform: np.ndarray) -> float:
    """Least sum of squares over windows of WINDOW samples every STEP, of (n,) in [-1, 1]; all of a shorter waveform."""
    piece = waveform[quietest(waveform, AUDIO.sample_rate, hop=STEP)]
    return float(np.square(piece, dtype=np.float64).sum())


def ambient_energy(waves: np.ndarray) -> Figures:
    """waves (n, samples) in [-1, 1] -> two estimates over clips.

    energy: mean of `lowest_energy`, the authors' figure; the loudest clips dominate it. level_db: mean level of the
    same windows in dBFS, at least -120.
    """
    energies = np.array([lowest_energy(wave) for wave in waves])
    return {"energy": mean(energies), "level_db": mean(_levels(energies))}


def ambient_error(waves: np.ndarray, truth: np.ndarray) -> Figures:
    """waves, truth (n, samples) -> mean absolute difference in dB between a clip's ambient level and the true one.

    The mean level can be right while every clip has the level of another; this figure compares pairs.
    """
    generated, true = (_levels(np.array([lowest_energy(wave) for wave in sounds])) for sounds in (waves, truth))
    return mean(np.abs(generated - true))


def _levels(energies: np.ndarray) -> np.ndarray:
    return power_db(energies / WINDOW)
