"""Loudness on target, true peak under the ceiling."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from a2s.audio.curve import gain_at
from a2s.audio.loudness import SILENCE_LUFS, integrated_lufs, normalise, true_peak
from a2s.audio.metering import loudest, loudness_range, metered

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
    waveform = np.random.default_rng(0).standard_normal(5 * RATE).astype(np.float32) * 0.02
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
    assert loudness.gain_db == pytest.approx(-1 + 6 - true_peak(waveform, RATE), abs=0.06)
    assert true_peak(result, RATE) == pytest.approx(-1, abs=0.1)


@pytest.mark.parametrize(("target", "decay"), [(-16.0, 0.03), (-18.0, 0.02)])
def test_compression_reaches_what_peaks_forbid_and_keeps_attacks(target, decay):
    waveform = hits(0.5, every=1.0, decay=decay) + 0.0005 * np.random.default_rng(1).standard_normal(6 * RATE).astype(
        np.float32
    )
    _, without = normalise(waveform, RATE, target)
    result, loudness = normalise(waveform, RATE, target, compress=True)
    assert (
        without.held_by == "peaks" and without.lufs < target - 0.5 and without.limited_db == pytest.approx(6, abs=0.1)
    )
    assert loudness.held_by == "" and loudness.lufs == pytest.approx(target, abs=0.1)
    assert integrated_lufs(result, RATE) == pytest.approx(target, abs=0.1)
    assert true_peak(result, RATE) <= -1
    assert loudness.limited_db <= 12.1 and loudness.limited_db + loudness.compressed_db > 6.1
    for time in np.arange(0.2, 5.8, 1.0):  # the loudest sample of each hit stays within its first milliseconds
        first = round(time * RATE)
        attack, tail = (np.abs(result[first + a : first + b]).max() for a, b in ((0, 500), (1500, 3000)))
        assert attack > 2 * tail


def test_compression_changes_nothing_where_the_target_is_reached():
    waveform = hits(0.1)
    target = integrated_lufs(waveform, RATE)
    both = [normalise(waveform, RATE, target, compress=compress)[0] for compress in (False, True)]
    assert np.array_equal(*both)


def test_the_absolute_gate_moves_with_the_gain():
    """Soft parts that count at the model's level fall below -70 LUFS at the target."""
    rng = np.random.default_rng(0)
    waveform = np.concatenate([rng.standard_normal(2 * RATE), 5e-4 * rng.standard_normal(20 * RATE)]).astype(np.float32)
    result, loudness = normalise(waveform, RATE, -30.0)
    expected = pyloudnorm.Meter(RATE).integrated_loudness(result.astype(np.float64))
    assert loudness.lufs == pytest.approx(expected, abs=0.02) and expected == pytest.approx(-30, abs=0.1)


def test_a_soft_noise_is_not_raised_by_more_than_20_db():
    noise = 1e-3 * np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32)
    result, loudness = normalise(noise, RATE, -23.0)
    assert loudness.gain_db == 20 and loudness.held_by == "gain"
    assert np.allclose(result, 10 * noise, rtol=1e-5)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_meter_agrees_with_pyloudnorm_whatever_the_pieces(rate, channels):
    rng = np.random.default_rng(0)
    waveform = (rng.standard_normal((rate * 3 + 77, channels)) * np.linspace(0.01, 0.2, rate * 3 + 77)[:, None]).astype(
        np.float32
    )
    cuts = np.sort(rng.integers(0, len(waveform), 20))
    found = metered(np.split(waveform, cuts), rate, channels)
    expected = pyloudnorm.Meter(rate).integrated_loudness(waveform.astype(np.float64))
    assert found.lufs == pytest.approx(expected, abs=0.05)
    fine = resample_poly(waveform.astype(np.float64), 16, 1)
    assert found.true_peak_db == pytest.approx(20 * np.log10(np.abs(fine).max()), abs=0.3)
    assert len(found.peak) == len(found.power) == -(-len(waveform) * 1000 // rate)


def test_range_and_maxima():
    """Two levels of noise, 10 dB apart, for 20 s each: a range of 10 LU (EBU Tech 3342, test 1)."""
    rng = np.random.default_rng(0)
    soft, loud = (level * rng.standard_normal(20 * RATE).astype(np.float32) for level in (0.01, 0.01 * 10**0.5))
    found = metered([np.concatenate([soft, loud])[:, None]], RATE, 1)
    assert loudness_range(found.power) == pytest.approx(10, abs=0.3)
    assert loudest(found.power, 400) == pytest.approx(integrated_lufs(loud, RATE), abs=0.6)
    assert loudest(found.power, 3000) <= loudest(found.power, 400)
    assert loudness_range(found.power[:1000]) == 0 and loudest(found.power[:0], 400) == SILENCE_LUFS


def test_a_gain_curve_is_the_same_in_pieces():
    curve = np.random.default_rng(0).uniform(0, 1, 101).astype(np.float32)
    whole = gain_at(curve, 0, 6000, 48_000)
    parts = [gain_at(curve, first, 700, 48_000) for first in range(0, 6000, 700)]
    assert np.abs(np.concatenate(parts)[:6000] - whole).max() < 1e-6
    assert whole[48 * 7] == pytest.approx(curve[7]) and (whole[4800:] == curve[100]).all()


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
