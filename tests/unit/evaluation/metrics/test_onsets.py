from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s.evaluation.metrics.onsets import onset_scores
from a2s.evaluation.worlds import mixes_of, onsets_of


@pytest.fixture(scope="module")
def clips(worlds):
    """Windows whose events are three hits, and nothing else."""
    times = (0.5, 1.2, 2.1)
    return [replace(c, events=tuple(replace(c.events[0], time=t) for t in times)) for c in worlds.draw(4)]


def hits(seconds_late: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    wave = 1e-4 * rng.standard_normal(48_000)
    for time in (0.5, 1.2, 2.1):
        first = round((time + seconds_late) * 16_000)
        wave[first : first + 1600] += 0.3 * rng.standard_normal(1600) * np.exp(-np.arange(1600) / 300)
    return np.stack([wave.astype(np.float32)] * 4)


def figures(clips, waves: np.ndarray) -> dict:
    return onset_scores(clips, onsets_of(waves))


def test_onsets_in_time_are_found_at_every_tolerance(clips):
    found = figures(clips, hits(0.0))
    assert list(found) == ["50ms", "100ms", "150ms", "100ms_audible"]
    for name in ("50ms", "100ms", "150ms"):
        row = found[name]
        assert row["f1"] == row["precision"] == row["recall"] == 1.0 and row["chance"] < 0.5 and row["z"] > 3


def test_late_onsets_count_within_the_tolerance_only(clips):
    names = ("50ms", "100ms", "150ms")
    late, slightly_late = figures(clips, hits(0.2)), figures(clips, hits(0.08))
    assert [late[name]["f1"] for name in names] == [0.0, 0.0, 0.0]
    assert [slightly_late[name]["f1"] for name in names] == [0.0, 1.0, 1.0]


def test_silence_finds_nothing(clips):
    silence = figures(clips, np.zeros((4, 48_000), np.float32))
    assert all(silence[name]["recall"] == 0.0 for name in ("50ms", "100ms", "150ms"))


def test_true_audio_beats_chance_and_late_audio_does_not(worlds):
    clips = worlds.draw(16, 0)
    true = mixes_of(clips)
    in_time, late = (figures(clips, waves) for waves in (true, np.roll(true, 3_200, axis=1)))
    assert in_time["100ms"]["f1"] > in_time["100ms"]["chance"] + 0.2
    assert late["100ms"]["f1"] < late["100ms"]["chance"] + 0.1
    assert in_time["50ms"]["f1"] <= in_time["100ms"]["f1"] <= in_time["150ms"]["f1"]
