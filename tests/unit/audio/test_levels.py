from __future__ import annotations

import numpy as np
import pytest

from a2s.audio import levels
from a2s.audio.levels import amplitude_db, db_to_amplitude, level_db, power_db, quietest, quietest_db

RATE = 16_000


def test_decibels_are_relative_to_full_scale_and_finite():
    assert level_db(np.full(100, 0.1, np.float32)) == pytest.approx(-20, abs=1e-5)
    assert level_db(np.zeros(10)) == level_db(np.zeros(0)) == amplitude_db(0.0) == power_db(0.0) == -120
    assert np.allclose(power_db(np.array([1.0, 0.01, 0.0])), [0, -20, -120])
    assert amplitude_db(0.5) == pytest.approx(power_db(0.25)) == pytest.approx(-6.02, abs=0.01)
    assert db_to_amplitude(amplitude_db(0.3)) == pytest.approx(0.3)


def test_the_quietest_half_second_is_found():
    wave = np.full(3 * RATE, 0.5)
    wave[RATE : RATE + RATE // 2 + 400] = 0.001
    found = quietest(wave, RATE)
    assert RATE <= found.start <= RATE + 400 and found.stop - found.start == RATE // 2
    assert quietest_db(wave, RATE) == pytest.approx(-60)
    assert quietest(wave[:100], RATE) == slice(0, 100) and quietest_db(wave[:0], RATE) == -120


def test_six_decibels_more_ambience_are_measured_as_six():
    rng = np.random.default_rng(0)
    wave = 0.01 * rng.standard_normal(3 * RATE)
    wave, louder = (np.concatenate([w[:RATE] * 20, w[RATE:]]) for w in (wave, 10 ** (6 / 20) * wave))
    assert quietest_db(louder, RATE) - quietest_db(wave, RATE) == pytest.approx(6, abs=0.01)
    assert quietest_db(wave, RATE) == pytest.approx(-40, abs=1)


@pytest.mark.parametrize("hop", [256, 1600, 8000])
def test_a_long_sound_is_searched_in_blocks_with_the_same_result(monkeypatch, hop):
    wave = np.random.default_rng(hop).standard_normal(90_001) * np.linspace(1, 0.2, 90_001)
    starts = range(0, len(wave) - RATE // 2 + 1, hop)
    best = min(starts, key=lambda start: np.square(wave[start : start + RATE // 2]).sum())
    for block in (1 << 18, 10_000, 100):
        monkeypatch.setattr(levels, "BLOCK", block)
        assert quietest(wave, RATE, hop=hop) == slice(best, best + RATE // 2)
