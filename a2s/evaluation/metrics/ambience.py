"""How much ambience is in made sounds: the energy of each clip's quietest half second.

Action2Sound, section 4, "ambient": a model that hallucinates ambience into action sound has a high energy where nothing
happens. As the authors coded it the figure is a sum of squares and depends on full scale; in dB it is readable and
comparable with `a2s.audio.levels.quietest_db`, which looks at finer steps.
"""

from __future__ import annotations

import numpy as np

from a2s.audio.levels import power_db, quietest
from a2s.evaluation.statistics import mean
from a2s.settings import AUDIO

WINDOW, STEP = 8_000, 1_600
"""Samples at 16 kHz: half a second, and a tenth from one window to the next."""


def lowest_energy(waveform: np.ndarray) -> float:
    """Least sum of squares over windows of WINDOW samples every STEP, of (n,) in [-1, 1]; all of a shorter sound."""
    piece = waveform[quietest(waveform, AUDIO.sample_rate, hop=STEP)]
    return float(np.square(piece, dtype=np.float64).sum())


def ambient_energy(waves: np.ndarray) -> dict:
    """waves (n, samples) in [-1, 1] -> the authors' figure and the same in dB, each with a 95 % interval over clips.

    energy: mean over clips of `lowest_energy`. db: mean over clips of its level in dBFS, at least -120: a mean of
    energies is that of the loudest few places, a mean of levels is not.
    """
    energies = np.array([lowest_energy(wave) for wave in waves])
    return {"energy": mean(energies), "db": mean(_levels(energies))}


def ambient_error(waves: np.ndarray, truth: np.ndarray) -> dict:
    """waves, truth (n, samples) -> mean over clips of how far a clip's level is from its own true one, in dB.

    A crowd can have the right levels with every clip at another's: only pairs tell whether a place was met.
    """
    made, true = (_levels(np.array([lowest_energy(wave) for wave in sounds])) for sounds in (waves, truth))
    return mean(np.abs(made - true))


def _levels(energies: np.ndarray) -> np.ndarray:
    return power_db(energies / WINDOW)
