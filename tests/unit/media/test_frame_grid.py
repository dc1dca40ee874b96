"""A constant frame rate is found behind rounded time stamps; a variable one stays variable."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from a2s.media.frame_grid import FrameGrid, find_grid, nominal_rate

RATES = [
    "24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "120000/1001", "120", "25/2", "15",
    "15/2", "1000/33", "17", "5", "1",
]  # fmt: skip
MILLISECONDS = Fraction(1, 1000)


def stamps(rate: Fraction, frames: np.ndarray, time_base: Fraction, begin: float = 0.0123) -> np.ndarray:
    return np.rint((frames / float(rate) + begin) / float(time_base)).astype(np.int64)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("time_base", [MILLISECONDS, Fraction(1, 90_000), Fraction(1, 15_360)])
def test_rate_is_found_without_a_declared_one(rate, time_base):
    """Also with missing frames, at any start."""
    rate = Fraction(rate)
    frames = np.delete(np.arange(300), [7, 8, 50, 211])
    grid = find_grid(stamps(rate, frames, time_base), time_base, ())
    assert grid is not None and float(grid.rate) == pytest.approx(float(rate), rel=1e-5)
    times = stamps(rate, frames, time_base)
    assert grid.slots(times - times[0], time_base).tolist() == frames.tolist()


@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), Fraction(24), Fraction(60)])
def test_declared_rate_decides_a_short_film(rate):
    times = stamps(rate, np.arange(8), MILLISECONDS)
    found = find_grid(times, MILLISECONDS, [rate])
    assert found is not None and found.rate == rate


def test_rounding_survives_a_change_of_container():
    """Whole milliseconds in a time base of 1/16000 s, as after a copy from Matroska to mp4."""
    times = 16 * stamps(Fraction(60), np.arange(120), MILLISECONDS)
    assert find_grid(times, Fraction(1, 16_000), ()) == FrameGrid(Fraction(60))


def test_stamps_a_millisecond_beside_a_declared_grid():
    beside = np.random.default_rng(0).integers(-1, 2, 200)
    times = np.arange(200) * 40 + beside
    assert find_grid(times, MILLISECONDS, [Fraction(25)]) == FrameGrid(Fraction(25))
    assert find_grid(times, MILLISECONDS, [Fraction(24)]) is None


@pytest.mark.parametrize("time_base", [MILLISECONDS, Fraction(1, 90_000), Fraction(1, 600)])
@pytest.mark.parametrize("seed", range(5))
def test_jitter_of_a_phone_stays(time_base, seed):
    lengths = 1 / 30 + np.random.default_rng(seed).normal(0, 0.001, 300)
    times = np.rint(np.cumsum(lengths) / float(time_base)).astype(np.int64)
    assert find_grid(times, time_base, [Fraction(30), Fraction(2987, 100)]) is None


def test_few_frames():
    assert find_grid(np.array([5]), MILLISECONDS, [Fraction(25)]) is None
    assert find_grid(np.array([0, 33, 90, 400, 420, 900, 1300]), MILLISECONDS, [Fraction(25)]) is None
    even = find_grid(np.array([0, 17, 34]), Fraction(1, 1001), ())
    assert even is not None and even.rate == Fraction(1001, 17)


@pytest.mark.parametrize(
    ("rate", "base", "ticks"),
    [("24000/1001", 24_000, 1001), ("60000/1001", 60_000, 1001), ("25", 25_000, 1000), ("25/2", 25_000, 2000)],
)
def test_time_base_of_the_output(rate, base, ticks):
    grid = FrameGrid(Fraction(rate))
    assert (grid.time_base, grid.slot_ticks) == (Fraction(1, base), ticks)


def test_rates_that_containers_round():
    assert nominal_rate(Fraction(2997, 125)) == Fraction(24_000, 1001)
    assert nominal_rate(Fraction(5994, 100)) == Fraction(60_000, 1001)
    assert nominal_rate(Fraction(2990, 100)) == Fraction(2990, 100)
