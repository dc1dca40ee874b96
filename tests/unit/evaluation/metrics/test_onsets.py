from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s.evaluation.metrics.onsets import onset_table


@pytest.fixture(scope="module")
def clips(unseen):
    """Windows whose events are three hits, and nothing else."""
    times = (0.5, 1.2, 2.1)
    return [replace(c, events=tuple(replace(c.events[0], time=t) for t in times)) for c in unseen.draw(4)]


def hits(seconds_late: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    wave = 1e-4 * rng.standard_normal(48_000)
    for time in (0.5, 1.2, 2.1):
        first = round((time + seconds_late) * 16_000)
        wave[first : first + 1600] += 0.3 * rng.standard_normal(1600) * np.exp(-np.arange(1600) / 300)
    return np.stack([wave.astype(np.float32)] * 4)


def test_hits_in_time_are_found_at_every_tolerance(clips):
    found = onset_table(clips, hits(0.0))
    assert list(found) == ["50 ms", "100 ms", "150 ms"]
    for row in found.values():
        assert row["f1"] == row["precision"] == row["recall"] == 1.0 and row["chance"] < 0.5 and row["z"] > 3


def test_a_shift_of_200_ms_is_wrong_at_every_tolerance_and_one_of_80_at_the_smallest(clips):
    assert [row["f1"] for row in onset_table(clips, hits(0.2)).values()] == [0.0, 0.0, 0.0]
    assert [row["f1"] for row in onset_table(clips, hits(0.08)).values()] == [0.0, 1.0, 1.0]


def test_silence_finds_nothing(clips):
    assert all(row["recall"] == 0.0 for row in onset_table(clips, np.zeros((4, 48_000), np.float32)).values())
