"""The procedural ambiences."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from a2s.datasets.foley_world.ambience import KINDS, make_ambience
from a2s.datasets.foley_world.soundscape import Soundscape

RATE = 16_000


def spectrum(y: np.ndarray) -> np.ndarray:
    """Level of third-octave-like bands in dB."""
    power = np.abs(np.fft.rfft(y)) ** 2
    edges = np.geomspace(40, RATE / 2, 25) / (RATE / 2) * (len(power) - 1)
    return 10 * np.log10([power[int(a) : int(b) + 1].mean() + 1e-9 for a, b in zip(edges, edges[1:], strict=False)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0.2, 3.37])
def test_level_length_and_peaks(kind, seconds):
    for seed in range(2):
        y = make_ambience(kind, seconds, np.random.default_rng(seed))
        assert y.dtype == np.float32 and y.shape == (round(seconds * RATE),)
        assert np.sqrt(np.mean(y.astype(np.float64) ** 2)) == pytest.approx(1, abs=1e-3)
        assert np.abs(y).max() < 14  # at -26 dBFS still below full scale
        assert abs(y.mean()) < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_sound_and_another_seed_another(kind):
    first, again, other = (make_ambience(kind, 4, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert np.abs(spectrum(first) - spectrum(other)).mean() > 0.5
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.5


def test_kinds_differ_more_than_their_members():
    means = {
        kind: np.mean([spectrum(make_ambience(kind, 4, np.random.default_rng(seed))) for seed in range(5)], 0)
        for kind in KINDS
    }
    for a, b in combinations(KINDS, 2):
        assert np.abs(means[a] - means[b]).mean() > 1.0, (a, b)


def test_traits_replace_random_values():
    def transformer(mains):
        return make_ambience("hum", 4, np.random.default_rng(3), traits={"source": "transformer", "mains_hz": mains})

    for mains in (50, 60):
        power = np.abs(np.fft.rfft(transformer(mains))) ** 2
        lines = power[np.arange(1, 8) * mains * 4]  # a bin is 1/4 Hz
        assert lines.max() > 100 * np.median(power)
        assert np.argmax(power) / 4 % mains == pytest.approx(0, abs=0.6) or np.argmax(power) / 4 % mains > mains - 0.6


def test_waves_have_the_period_of_the_trait():
    y = make_ambience("sea", 40, np.random.default_rng(1), traits={"period": 8.0, "near_db": 8, "gulls": False})
    envelope = np.sqrt(np.mean(y[: 40 * RATE].reshape(-1, RATE // 4) ** 2, 1))
    slow = np.abs(np.fft.rfft(envelope - envelope.mean()))
    strongest = 40 / np.argmax(slow)
    assert 6 <= strongest <= 11


def test_there_are_no_jumps():
    """A bad join is a step between samples far above the other steps."""
    for kind in ("room", "hum", "traffic", "wind", "sea", "quiet"):
        y = make_ambience(kind, 6, np.random.default_rng(5))
        steps = np.abs(np.diff(y))
        assert steps.max() < 12 * np.sqrt(np.mean(steps**2)), kind


def test_unknown_kind_is_named():
    with pytest.raises(ValueError, match="volcano"):
        make_ambience("volcano", 1, np.random.default_rng(0))


def test_noise_follows_its_curve():
    y = Soundscape(8, np.random.default_rng(0), RATE).noise((100, 0), (1000, 0), (4000, -40), ripple=0)
    power = np.abs(np.fft.rfft(y)) ** 2
    level = [10 * np.log10(power[int(8 * f * 0.95) : int(8 * f * 1.05)].mean()) for f in (500, 4000)]
    assert level[0] - level[1] == pytest.approx(40, abs=2)
