"""The outline of a sound."""

from __future__ import annotations

import numpy as np

from a2s.audio.outline import BINS, peak_outline


def test_each_bin_holds_its_loudest_sample():
    wave = np.zeros(1000, np.float32)
    wave[[5, 450, 999]] = 0.25, -0.5, 1.0
    outline = peak_outline(wave, 10)
    assert outline == [0.25, 0, 0, 0, 0.5, 0, 0, 0, 0, 1.0]


def test_the_number_of_bins_does_not_depend_on_the_length():
    assert len(peak_outline(np.ones(16_001, np.float32), 640)) == 640
    assert len(peak_outline(np.ones(100_000, np.float32))) == BINS


def test_a_short_sound_has_fewer_bins_and_silence_has_none():
    assert peak_outline(np.array([0.1, -0.2], np.float32), 10) == [0.1, 0.2]
    assert peak_outline(np.zeros(0, np.float32)) == []


def test_the_louder_channel_counts():
    assert peak_outline(np.array([[0.1, -0.9], [0.3, 0.2]]), 2) == [0.9, 0.3]


def test_values_stay_between_0_and_1():
    assert peak_outline(np.array([3.0, np.nan, -np.inf, -0.5]), 4) == [1.0, 0.0, 0.0, 0.5]
