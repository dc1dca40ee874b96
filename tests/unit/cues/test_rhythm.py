"""Even repetition is found as a whole; uneven motion, stillness and noise are left to the peaks."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.cues import detect_cues
from a2s.cues.rhythm import period_of
from a2s.vision import Motion

FPS = 30


def field(signal, seed=0, noise=0.02):
    """(F, 9, 16, 2): the vertical velocity `signal` in twelve blocks, with noise everywhere."""
    velocity = np.random.default_rng(seed).normal(0, noise, (len(signal), 9, 16, 2)).astype(np.float32)
    velocity[:, 4:7, 6:10, 1] += signal[:, None, None]
    return velocity


def blows(times, contacts):
    """Downward velocity that stops at each contact: 0.15 s down, and slowly up again after it."""
    out = np.zeros(len(times))
    for contact in contacts:
        out += np.where((times > contact - 0.15) & (times <= contact), 1.0, 0)
        out -= np.where((times > contact + 0.05) & (times <= contact + 0.3), 0.6, 0)
    return out


def motion(signal, breaks=None, **options):
    times = np.arange(len(signal)) / FPS
    empty = np.zeros((0, 64, 64, 3), np.uint8)
    flags = np.zeros(0, bool) if breaks is None else breaks
    return Motion(times, field(signal, **options), np.zeros(0), empty, len(signal) / FPS, flags)


TIMES = np.arange(8 * FPS) / FPS
EVEN = np.arange(0.5, 7.8, 0.5)


def test_the_period_of_even_blows():
    period, clarity = period_of(TIMES, field(blows(TIMES, EVEN)))
    assert period == pytest.approx(0.5, abs=0.01) and 0.8 < clarity <= 1


def test_a_pattern_of_two_different_blows_has_the_shorter_period():
    signal = blows(TIMES, EVEN[::2]) + 0.8 * blows(TIMES, EVEN[1::2])
    assert period_of(TIMES, field(signal))[0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_uneven_blows_and_noise_have_no_period(seed):
    uneven = np.cumsum(np.random.default_rng(seed).uniform(0.35, 1.1, 9))
    assert period_of(TIMES, field(blows(TIMES, uneven))) is None
    assert period_of(TIMES, field(0 * TIMES, seed)) is None


def test_three_blows_are_no_rhythm():
    few = TIMES < 1.6
    assert period_of(TIMES[few], field(blows(TIMES[few], (0.3, 0.8, 1.3)))) is None


def test_a_blow_that_hardly_shows_is_added():
    """The sixth blow is a quarter as fast as the others: no peak, but a beat."""
    signal = blows(TIMES, np.delete(EVEN, 5)) + 0.25 * blows(TIMES, EVEN[5:6])
    times = np.array([cue.time for cue in detect_cues(motion(signal))])
    assert len(times) == len(EVEN)
    assert np.abs(times - EVEN - 1 / FPS).max() < 0.08


def test_beats_end_where_the_action_ends():
    signal = blows(TIMES, EVEN[EVEN < 5])
    times = [cue.time for cue in detect_cues(motion(signal))]
    assert len(times) == 9 and max(times) < 5


def test_each_shot_has_its_own_rhythm():
    second = np.arange(4.3, 7.8, 0.35)
    breaks = np.isin(np.arange(len(TIMES)), (0, 4 * FPS))
    signal = blows(TIMES, EVEN[EVEN < 3.9]) + blows(TIMES, second)
    times = np.array([cue.time for cue in detect_cues(motion(signal, breaks))])
    expected = np.concatenate([EVEN[EVEN < 3.9], second])
    assert len(times) == len(expected) and np.abs(times - expected).max() < 0.1


def test_a_still_picture_that_flickers_evenly_has_no_cue():
    flicker = 0.004 * np.sin(2 * np.pi * TIMES / 0.5)
    assert len(detect_cues(motion(flicker, noise=0.0005))) == 0
