"""The constant frame rate behind time stamps that a container has rounded.

Matroska stores whole milliseconds, mpeg streams 1/90000 s, gif 1/100 s. A film of 60 frames per second then has frames
of 16 and 17 ms. A player and an editor take that for a variable frame rate, unless the rounding is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

NTSC = Fraction(1000, 1001)
NOMINAL = (
    24 * NTSC, Fraction(24), Fraction(25), 30 * NTSC, Fraction(30), 48 * NTSC, Fraction(48), Fraction(50), 60 * NTSC,
    Fraction(60), Fraction(12), Fraction(25, 2), 15 * NTSC, Fraction(15), Fraction(10), Fraction(20), Fraction(72),
    Fraction(90), Fraction(100), 120 * NTSC, Fraction(120), Fraction(144), Fraction(240),
)  # fmt: skip
"""Frame rates of cameras, broadcast and screens, in the order in which they are tried."""

COARSEST = Fraction(1, 590)
"""Rounding, in s, that is looked for in a finer time base: a film keeps it when it moves to another container.
Milliseconds are one, the 1/600 s of QuickTime another."""
MILLISECONDS = 1.001e-3
SLACK = 1.05
"""Residues of rounded stamps span one unit; a bit more is allowed for stamps that were rounded twice."""
CHANCE = 1e-3
"""Probability up to which a grid may fit stamps that do not lie on one."""
MOST_RATE = 1000
"""Highest frame rate that is looked for."""


@dataclass(frozen=True)
class FrameGrid:
    """Equal slots of time. rate: slots per second. Slot 0 begins with the first frame.

    A frame begins with a slot and lasts one, or several where frames are missing.
    """

    rate: Fraction

    @property
    def time_base(self) -> Fraction:
        """Seconds per tick of an output in which a slot lasts a whole number of ticks: 1/24000, 1/25000, 1/30000."""
        numerator = self.rate.numerator
        return Fraction(1, numerator * (1000 if numerator < 1000 else 10 if numerator < 10_000 else 1))

    @property
    def slot_ticks(self) -> int:
        """Ticks of `time_base` per slot: 1001, 1000, ..."""
        return int(1 / self.rate / self.time_base)

    def slots(self, ticks: np.ndarray, time_base: Fraction) -> np.ndarray:
        """The nearest slot of times (N,) int64 in ticks of `time_base` from the first frame. Returns (N,) int64."""
        return np.rint(np.asarray(ticks) * float(time_base * self.rate)).astype(np.int64)


def find_grid(times: np.ndarray, time_base: Fraction, declared: Iterable[Fraction | None]) -> FrameGrid | None:
    """The grid on which frames lie, or None for a variable frame rate.

    times: (F,) int64, ascending, in ticks of `time_base` s. declared: frame rates that the file states, the most
    trustworthy first.
    """
    steps = np.diff(times)
    if not len(steps):
        return None
    seconds = (times - times[0]) * float(time_base)
    tick = float(time_base)
    kept = float(np.gcd.reduce(steps) * tick) if (steps != steps[0]).any() else tick
    rounding = max(tick, min(kept, float(COARSEST)))
    stated = list(dict.fromkeys(nominal_rate(rate) for rate in declared if rate and rate > 0))
    for allowed in dict.fromkeys((SLACK * tick, SLACK * rounding)):
        for rates in (stated, [*NOMINAL, *_even(steps, time_base)], _measured(seconds, allowed)):
            fitting = [rate for rate in rates if _fits(seconds, rate, allowed)]
            if fitting:
                return _coarsest(seconds, min(fitting, key=lambda rate: _residue(seconds, rate)))
    if rounding <= MILLISECONDS:  # the file itself states these: each stamp may lie a millisecond beside its slot
        fitting = [rate for rate in stated if _fits(seconds, rate, 2 * SLACK * rounding)]
        return _coarsest(seconds, fitting[0]) if fitting else None
    return None


def _even(steps: np.ndarray, time_base: Fraction) -> list[Fraction]:
    """The rate of frames that all last equally long."""
    return [1 / (int(steps[0]) * time_base)] if (steps == steps[0]).all() else []


def nominal_rate(rate: Fraction) -> Fraction:
    """A rate that a container has rounded, such as 2997/125 or 19001/317, as the nominal rate that it stands for."""
    return next((nominal for nominal in NOMINAL if abs(rate / nominal - 1) < 2e-5), rate)


def _fits(seconds: np.ndarray, rate: Fraction, allowed: float) -> bool:
    """Whether all times lie on a grid of this rate, apart from residues that span at most `allowed` s."""
    if rate > MOST_RATE or FrameGrid(rate).time_base.denominator > 2**31 or 3 * allowed * rate > 1:
        return False
    steps = np.diff(np.rint(seconds * float(rate)))
    if steps.min() < 1 or _residue(seconds, rate) > allowed:
        return False
    return bool(steps.max() == 1) or len(NOMINAL) * (allowed * float(rate)) ** len(steps) < CHANCE


def _residue(seconds: np.ndarray, rate: Fraction) -> float:
    """The span, in s, of the distances between times and their slots."""
    return float(np.ptp(seconds - np.rint(seconds * float(rate)) / float(rate)))


def _coarsest(seconds: np.ndarray, rate: Fraction) -> FrameGrid:
    """The grid with the longest slots: a film of 30 frames per second also lies on a grid of 60."""
    slots = np.rint(seconds * float(rate)).astype(np.int64)
    return FrameGrid(rate / int(np.gcd.reduce(np.diff(slots))))


def _measured(seconds: np.ndarray, allowed: float) -> Iterator[Fraction]:
    """Simple rates near the one that fits the times best, such as 1000/33 and 15/2."""
    steps = np.diff(seconds)
    slots = np.concatenate([[0.0], np.cumsum(np.maximum(1, np.rint(steps / np.median(steps))))])
    period, _ = np.polyfit(slots, seconds, 1) if len(slots) > 2 else (steps[0], 0.0)
    if period <= 0:
        return
    for doubt in (1.0, 0.5, 0.2, 0.05):
        off = doubt * allowed / slots[-1]
        if off < period:
            yield _simplest(1 / (period + off), 1 / (period - off))


def _simplest(low: float, high: float) -> Fraction:
    """The fraction with the smallest denominator between two positive numbers (a walk down the Stern-Brocot tree)."""
    whole = int(low)
    if whole + 1 <= high or low == whole:
        return Fraction(whole if low == whole else whole + 1)
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))
