"""The amount of ambience: 0 to 1, mapped to a level that is linear in dB."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2s.audio.levels import SILENCE_DB, db_to_amplitude, level_db
from a2s.errors import BadSettings, WeightsMissing
from a2s.io import write_json

FLOOR_DB = -70.0
"""Amount 0, in dBFS: the level of a low-ambient clip, with which only the action is audible."""
FULL_DB = (-40.0, -26.0)
"""Amount 1, in dBFS. A softer ambience would be inaudible beside the action. A louder one would mask it, and is louder
than all training data of the compact model."""
_FILE = "ambient_calibration.json"


@dataclass(frozen=True)
class Calibration:
    """A model's response: (amount, level in dB of the generated ambience) points, with amounts that rise from 0 to 1.

    No points is the identity. A model may follow its condition unevenly; `corrected` returns the amount to condition on
    so that the generated level is linear in dB.
    """

    points: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.points:
            return
        amounts, levels = np.array(self.points, np.float64).T
        if not (np.isfinite(levels).all() and amounts[0] == 0 and amounts[-1] == 1 and (np.diff(amounts) > 0).all()):
            raise ValueError("calibration points must have finite levels and amounts that rise from 0 to 1")

    def corrected(self, amount: float) -> float:
        """Return the amount whose level is `amount` (0 to 1) of the way from the lowest to the highest. Monotone."""
        if not self.points:
            return amount
        amounts, levels = np.array(self.points, np.float64).T
        levels = np.maximum.accumulate(levels)
        rising = np.concatenate([[True], np.diff(levels) > 1e-6])  # of a plateau, its first point
        if rising.sum() < 2:
            return amount
        wanted = levels[0] + amount * (levels[-1] - levels[0])
        return float(np.interp(wanted, levels[rising], amounts[rising]))

    @classmethod
    def load(cls, folder: str | os.PathLike) -> Calibration:
        """Read a model folder's calibration; the identity if there is none. Raises WeightsMissing if it is damaged."""
        path = Path(folder) / _FILE
        if not path.is_file():
            return cls()
        try:
            points = json.loads(path.read_text("utf-8"))["points"]
            return cls(tuple((float(amount), float(level)) for amount, level in points))
        except (ValueError, TypeError, KeyError, OSError) as fault:
            raise WeightsMissing(f"{_FILE} of the model is damaged.") from fault

    def save(self, folder: str | os.PathLike) -> None:
        """Write it into a model folder. Raises CannotWrite."""
        write_json(Path(folder) / _FILE, {"points": self.points}, indent=None)


def full_level(own_db: float, kind: str | None = None) -> float:
    """Return the level at amount 1, dBFS: the recording's own, clipped to `FULL_DB`. Quiet locations stay quiet."""
    return float(own_db if kind == "quiet" and own_db < FULL_DB[0] else np.clip(own_db, *FULL_DB))


def scale_ambience(
    waveform: np.ndarray,
    amount: float,
    floor_db: float = FLOOR_DB,
    full_db: float | None = None,
    calibration: Calibration | None = None,
) -> np.ndarray:
    """Return `waveform`, (n,) float32, at the level of `amount`: the condition of a dub.

    The RMS level is linear in dB, from `floor_db` at 0 (the level of a low-ambient clip) to `full_db` at 1 (None: the
    clip's own level). If the full level is below the floor, every amount has the full level: a larger amount is never
    quieter. Silence stays silence. Raises BadSettings for an amount outside 0 to 1.
    """
    if not (isinstance(amount, int | float | np.number) and math.isfinite(amount) and 0 <= amount <= 1):
        raise BadSettings(f"The amount of ambience must be from 0 to 1, not {amount}.")
    y = np.asarray(waveform, np.float32)
    own = level_db(y)
    if own <= SILENCE_DB:
        return y.copy()
    full = own if full_db is None else full_db
    floor = min(floor_db, full)
    share = (calibration or Calibration()).corrected(float(amount))
    return y * np.float32(db_to_amplitude(floor + share * (full - floor) - own))
