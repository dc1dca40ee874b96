from __future__ import annotations

import numpy as np
import pytest

from a2s.ambient.excerpts import cuts, quietest, typical
from a2s.settings import AUDIO

RATE = AUDIO.sample_rate


def noise(seconds, level, seed=0):
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.fixture
def street():
    """10 s of a street at one level, 4 s of a lull, 3 s of a lorry, 5 s of the street again."""
    return np.concatenate([noise(10, 0.05), noise(4, 0.002, 1), noise(3, 0.6, 2), noise(5, 0.05, 3)])


def test_the_quietest_three_seconds(street):
    cut = quietest(street, RATE)
    assert cut.stop - cut.start == 3 * RATE
    assert 10 * RATE <= cut.start and cut.stop <= 14.05 * RATE


def test_the_typical_three_seconds_avoid_an_event(street):
    cut = typical(street, RATE)
    assert cut.stop - cut.start == 3 * RATE
    level = np.sqrt(np.mean(street[cut] ** 2))
    assert level == pytest.approx(0.05, rel=0.1)


def test_typical_depends_on_spectrum_and_level():
    hiss = np.diff(noise(4, 0.05, 1), prepend=0).astype(np.float32)
    rumble = np.cumsum(noise(12, 0.05, 2))
    rumble -= np.linspace(rumble[0], rumble[-1], len(rumble))
    rumble *= np.sqrt(np.mean(hiss**2) / np.mean(rumble**2))
    recording = np.concatenate([hiss, rumble]).astype(np.float32)
    assert typical(recording, RATE).start >= 4 * RATE - 1


def test_a_steady_recording_gives_one_excerpt():
    found = cuts(noise(3.5, 0.1), RATE)
    assert list(found) == ["typical"]


def test_an_unsteady_recording_gives_two(street):
    assert set(cuts(street, RATE)) == {"quietest", "typical"}


@pytest.mark.parametrize("seconds", [0.05, 0.5, 2.9])
def test_a_shorter_recording_is_used_whole(seconds):
    wave = noise(seconds, 0.1)
    assert len(wave[cuts(wave, RATE)["typical"]]) == len(wave)
