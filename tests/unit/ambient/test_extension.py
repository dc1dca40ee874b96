from __future__ import annotations

import numpy as np
import pytest

from a2s.ambient.extension import repeated, seamless_loop, seamlessly_extended


@pytest.mark.parametrize("samples", [1, 700, 999])
def test_a_short_sound_is_repeated_whole(samples):
    wave = np.arange(samples, dtype=np.float32)
    longer = repeated(wave, 1000)
    assert len(longer) >= 1000 and len(longer) % samples == 0
    np.testing.assert_array_equal(longer, np.resize(wave, len(longer)))


def test_a_long_sound_stays_and_an_empty_one_is_silence():
    wave = np.random.default_rng(0).standard_normal(1200).astype(np.float32)
    assert repeated(wave, 1000) is wave
    assert repeated(np.zeros(0), 1000).shape == (1000,) and not repeated(np.zeros(0), 1000).any()


def test_a_loop_has_no_step_at_its_join():
    time = np.arange(20_000) / 16_000
    wave = (np.sin(2 * np.pi * 50.3 * time)).astype(np.float32)
    loop = seamless_loop(wave, 16_000, 1_600)
    steps = np.abs(np.diff(np.concatenate([loop, loop])))
    assert len(loop) == 16_000 and steps[15_999] < 1.2 * np.abs(np.diff(wave)).max()


def test_extension_keeps_the_level_of_noise():
    noise = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    longer = seamlessly_extended(noise, 48_000, 16_000)
    assert len(longer) == 48_000 and np.std(longer) == pytest.approx(1, abs=0.05)
