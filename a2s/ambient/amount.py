"""How much ambience: an amount 0..1 becomes a level that is even in dB."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2s.audio.levels import SILENCE_DB, level_db
from a2s.errors import BadSettings, WeightsMissing
from a2s.media.files import whole_file

FLOOR_DB = -70.0
"""Amount 0, in dBFS: the level of a low-ambient clip, where only the action is heard."""
FULL_DB = (-40.0, -26.0)
"""Amount 1, in dBFS: a place recorded more softly would not be heard beside the action; a louder one drowns it, and is
louder than any that the compact model learned from."""
_FILE = "ambient_calibration.json"


@dataclass(frozen=True)
class Calibration:
    """What a model made of evenly spaced amounts: (amount, measured level of the generated ambience in dB) points.

    Their amounts rise from 0 to 1. No points is the identity. A model may follow its condition unevenly; `corrected`
    gives the amount to ask for so that the level that comes out is even in dB.
    """

    points: tuple[tuple[float, float], ...] = ()

    def __post_init__(self):
        if not self.points:
            return
        amounts, levels = np.array(self.points, np.float64).T
        if not (np.isfinite(levels).all() and amounts[0] == 0 and amounts[-1] == 1 and (np.diff(amounts) > 0).all()):
            raise ValueError("calibration points must have finite levels and amounts that rise from 0 to 1")

    def corrected(self, amount: float) -> float:
        """The amount, 0..1, whose measured level lies `amount` of the way from the lowest to the highest. Monotone."""
        if not self.points:
            return amount
        amounts, levels = np.array(self.points, np.float64).T
        levels = np.maximum.accumulate(levels)
        rising = np.concatenate([[True], np.diff(levels) > 1e-6])  # a plateau's first point is enough
        if rising.sum() < 2:
            return amount
        wanted = levels[0] + amount * (levels[-1] - levels[0])
        return float(np.interp(wanted, levels[rising], amounts[rising]))

    @classmethod
    def load(cls, folder: str | os.PathLike) -> Calibration:
        """Read a model folder's calibration; identity where it has none. Raises WeightsMissing for a damaged one."""
        path = Path(folder) / _FILE
        if not path.is_file():
            return cls()
        try:
            points = json.loads(path.read_text("utf-8"))["points"]
            return cls(tuple((float(amount), float(level)) for amount, level in points))
        except (ValueError, TypeError, KeyError, OSError) as fault:
            raise WeightsMissing(f"{_FILE} of the model is damaged.") from fault

    def save(self, folder: str | os.PathLike) -> None:
        """Write it beside a model's weights. Raises CannotWrite."""
        with whole_file(Path(folder) / _FILE) as part:
            part.write_text(json.dumps({"points": self.points}) + "\n", encoding="utf-8")


def full_level(own_db: float, kind: str | None = None) -> float:
    """dBFS of an ambience recorded at `own_db` at amount 1: its own level within `FULL_DB`. Quiet places stay quiet."""
    return float(own_db if kind == "quiet" and own_db < FULL_DB[0] else np.clip(own_db, *FULL_DB))


def scale_ambience(
    waveform: np.ndarray,
    amount: float,
    floor_db: float = FLOOR_DB,
    full_db: float | None = None,
    calibration: Calibration | None = None,
) -> np.ndarray:
    """(n,) float32: `waveform` at the level that `amount` asks for, the condition of a dub.

    The RMS level runs evenly in dB from `floor_db` at 0 (a low-ambient clip's level) to `full_db` at 1 (None: the
    clip's own level). Where the full level is below the floor, every amount gives the full level: more is never
    less. Silence stays silence. Raises BadSettings for an amount outside 0..1.
    """
    if not (isinstance(amount, int | float | np.number) and math.isfinite(amount) and 0 <= amount <= 1):
        raise BadSettings(f"The ambient amount must be between 0 and 1, not {amount}.")
    y = np.asarray(waveform, np.float32)
    own = level_db(y)
    if own <= SILENCE_DB:
        return y.copy()
    full = own if full_db is None else full_db
    floor = min(floor_db, full)
    share = (calibration or Calibration()).corrected(float(amount))
    return y * np.float32(10 ** ((floor + share * (full - floor) - own) / 20))
