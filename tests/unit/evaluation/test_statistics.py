from __future__ import annotations

import numpy as np

from a2s.audio.onset_scores import Comparison
from a2s.evaluation.statistics import mean, onset_figures, ratio, spearman

RATE = 16_000


def test_a_ratio_lies_in_its_interval():
    found = ratio([1, 0, 3], [2, 2, 4])
    assert found["value"] == 0.5 and found["n"] == 8
    low, high = found["interval"]
    assert 0 <= low < 0.5 < high <= 0.75


def test_equal_clips_have_an_empty_interval_and_no_clips_no_value():
    assert ratio([1, 1], [2, 2])["interval"] == [0.5, 0.5]
    assert ratio([], [])["value"] is None
    assert mean([2.0, 4.0])["value"] == 3.0


def test_more_clips_narrow_the_interval():
    rng = np.random.default_rng(0)
    few, many = (ratio(rng.integers(0, 2, n), np.ones(n))["interval"] for n in (20, 2000))
    assert few[1] - few[0] > 4 * (many[1] - many[0])


def test_spearman():
    assert spearman([1, 2, 3, 4], [10, 20, 25, 90]) == 1.0
    assert spearman([1, 2, 3], [3, 2, 1]) == -1.0
    assert spearman([1, 2, 3], [1, 1, 1]) is None
    assert spearman([1, 2], [1, 2]) is None


def test_onset_figures_of_perfect_and_of_shifted_clips():
    true = np.array([0.4, 1.3, 2.2])
    perfect = onset_figures([Comparison(true, true, 3.0)] * 4)
    assert perfect["f1"] == 1.0 and perfect["interval"] == [1.0, 1.0] and perfect["z"] > 3
    assert perfect["true_onsets"] == 12 and perfect["clips"] == 4
    assert onset_figures([Comparison(true + 0.2, true, 3.0)] * 4)["f1"] == 0.0
