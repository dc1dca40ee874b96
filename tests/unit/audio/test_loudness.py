"""Loudness on target, true peak under the ceiling."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from a2s.audio.loudness import SILENCE_LUFS, integrated_lufs, normalise, true_peak

RATE = 16_000


def hits(level: float, every: float = 0.5, seconds: float = 6, decay: float = 0.03) -> np.ndarray:
    rng, waveform = np.random.default_rng(0), np.zeros(round(seconds * RATE), np.float32)
    for time in np.arange(0.2, seconds - 0.2, every):
        first = round(time * RATE)
        waveform[first : first + 3000] += level * rng.standard_normal(3000) * np.exp(-np.arange(3000) / (decay * RATE))
    return waveform


def peak_by_16(waveform: np.ndarray) -> float:
    """A finer measure than the one under test."""
    return 20 * np.log10(np.abs(resample_poly(waveform.astype(np.float64), 16, 1)).max())


@pytest.mark.parametrize("target", [-30.0, -23.0, -16.0])
def test_noise_reaches_the_target(target):
    waveform = np.random.default_rng(0).standard_normal(5 * RATE).astype(np.float32) * 0.01
    result, loudness = normalise(waveform, RATE, target)
    assert pyloudnorm.Meter(RATE).integrated_loudness(result.astype(np.float64)) == pytest.approx(target, abs=0.1)
    assert loudness.lufs == pytest.approx(target, abs=0.1)
    assert result.dtype == np.float32 and len(result) == len(waveform)
    gain = 10 ** (loudness.gain_db / 20)
    assert np.allclose(result, waveform * gain, atol=1e-6)  # nothing but a gain where no peak asks for more


def test_a_known_loudness():
    """A full-scale 997 Hz sine in one channel is -3.01 LUFS (BS.1770-4, end of annex 1)."""
    sine = np.sin(2 * np.pi * 997 * np.arange(48_000 * 5) / 48_000).astype(np.float32)
    assert integrated_lufs(sine, 48_000) == pytest.approx(-3.01, abs=0.05)


def test_true_peak_between_samples():
    """A sine at a quarter of the rate, sampled 45 degrees off its tops: samples say -3 dB, the wave says 0 dB."""
    n = np.arange(RATE)
    fade = np.minimum(1, np.minimum(n, n[::-1]) / 2000)
    assert true_peak(fade * np.sin(np.pi / 2 * n + np.pi / 4), RATE) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("target", [None, -23.0, -12.0])
@pytest.mark.parametrize(
    "waveform",
    [
        hits(0.1),
        hits(3.0, every=2.0, decay=0.002),
        np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32) * 2,
        np.sign(np.sin(np.arange(3 * RATE) * 0.3)).astype(np.float32),
        np.r_[np.ones(1), np.zeros(300)].astype(np.float32),
    ],
    ids=["hits", "sharp hits", "loud noise", "square", "one sample"],
)
def test_true_peak_holds(waveform, target):
    result, loudness = normalise(waveform, RATE, target)
    assert loudness.true_peak_db <= -1.0 + 1e-4
    assert peak_by_16(result) <= -0.95
    if target is not None:
        assert loudness.lufs <= target + 0.1


def test_limiter_holds_the_target_and_spares_the_rest():
    waveform = hits(0.2, every=0.25, decay=0.06)
    plain = integrated_lufs(waveform, RATE)
    target = plain + (-1 - true_peak(waveform, RATE)) + 2.5  # 2.5 dB louder than the peaks allow
    result, loudness = normalise(waveform, RATE, target)
    assert loudness.lufs == pytest.approx(target, abs=0.2)
    gain = 10 ** (loudness.gain_db / 20)
    ratio = np.abs(result) / np.maximum(np.abs(waveform) * gain, 1e-9)
    assert ratio[np.abs(waveform) > 1e-3].min() > 10 ** (-7 / 20)  # never more than about 6 dB
    gap = slice(round(0.4 * RATE), round(0.43 * RATE))
    assert np.allclose(result[gap], waveform[gap] * gain, atol=1e-5)


def test_few_sharp_hits_stay_quieter_rather_than_flat():
    waveform = hits(0.5, every=3.0, decay=0.002)
    result, loudness = normalise(waveform, RATE, -14.0)
    assert loudness.lufs < -16
    assert loudness.gain_db == pytest.approx(-1 + 6 - true_peak(waveform, RATE), abs=0.01)
    assert true_peak(result, RATE) == pytest.approx(-1, abs=0.1)


def test_silence_stays_silence():
    for waveform in (np.zeros(RATE, np.float32), np.zeros(0, np.float32), np.full(RATE, np.nan, np.float32)):
        result, loudness = normalise(waveform, RATE, -23.0)
        assert len(result) == len(waveform) and not result.any()
        assert (loudness.lufs, loudness.gain_db) == (SILENCE_LUFS, 0.0)


def test_shorter_than_a_gating_block():
    waveform = np.random.default_rng(0).standard_normal(1000).astype(np.float32) * 0.01
    result, loudness = normalise(waveform, RATE, -23.0)
    assert len(result) == 1000
    assert loudness.lufs == pytest.approx(-23, abs=0.1)


def test_no_target_leaves_the_level():
    waveform = hits(0.05)
    result, loudness = normalise(waveform, RATE, None)
    assert np.array_equal(result, waveform) and loudness.gain_db == 0


def test_repeatable():
    assert np.array_equal(normalise(hits(1.0), RATE, -14.0)[0], normalise(hits(1.0), RATE, -14.0)[0])
