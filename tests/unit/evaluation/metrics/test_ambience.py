from __future__ import annotations

import numpy as np
import pytest

from a2s.audio.levels import quietest_db
from a2s.evaluation.metrics.ambience import ambient_energy, ambient_error, lowest_energy


def test_the_quietest_half_second_in_steps_of_a_tenth():
    wave = np.full(48_000, 0.5)
    wave[16_000:24_000] = 0.01
    assert lowest_energy(wave) == pytest.approx(8_000 * 0.01**2)
    wave = np.full(48_000, 0.5)
    wave[16_800:24_800] = 0.01  # half a step off the grid: 800 loud samples are in every window
    assert lowest_energy(wave) == pytest.approx(7_200 * 0.01**2 + 800 * 0.5**2)


def test_a_window_at_the_very_end_counts():
    wave = np.full(48_000, 0.5)
    wave[40_000:] = 0
    assert lowest_energy(wave) == 0
    assert lowest_energy(np.full(100, 0.1)) == pytest.approx(1.0)


def test_mean_energy_and_mean_level_differ():
    waves = np.stack([np.full(48_000, 0.1), np.full(48_000, 0.001)])
    found = ambient_energy(waves)
    assert found["energy"]["value"] == pytest.approx((80 + 0.008) / 2)
    assert found["level_db"]["value"] == pytest.approx(-40)
    assert ambient_energy(np.zeros((2, 48_000)))["level_db"]["value"] == -120


def test_six_decibels_more_ambience_raise_the_level_by_six():
    rng = np.random.default_rng(0)
    waves = 0.01 * rng.standard_normal((5, 48_000))
    waves[:, 20_000:21_000] += 0.5  # an action, outside the quietest half second
    louder = waves * 10 ** (6 / 20)
    assert ambient_energy(louder)["level_db"]["value"] - ambient_energy(waves)["level_db"]["value"] == pytest.approx(
        6, abs=0.01
    )
    assert ambient_energy(louder)["energy"]["value"] / ambient_energy(waves)["energy"]["value"] == pytest.approx(
        10**0.6, rel=1e-3
    )
    levels = [quietest_db(wave, 16_000) for wave in waves]
    assert ambient_energy(waves)["level_db"]["value"] == pytest.approx(np.mean(levels), abs=0.2)


def test_swapped_levels_are_an_error_with_the_same_mean_level():
    truth = np.stack([np.full(48_000, 0.1), np.full(48_000, 0.01)])
    assert ambient_error(truth, truth)["value"] == 0
    assert ambient_error(truth[::-1], truth)["value"] == pytest.approx(20)
    assert ambient_error(2 * truth, truth)["value"] == pytest.approx(6.02, abs=0.01)
    assert ambient_energy(truth[::-1])["level_db"]["value"] == pytest.approx(ambient_energy(truth)["level_db"]["value"])
