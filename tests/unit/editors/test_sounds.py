"""Lead, tail and 2-pop of the sound files."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.editors.options import PackageOptions
from a2s.editors.sounds import Edges, two_pop, with_edges
from a2s.settings import DELIVERY
from tests.unit.editors.deliveries import FILMS, make_layout

RATE = DELIVERY.sample_rate
STEMS = ("action", "ambience", "original")


def parts(sizes, seed=0):
    """Blocks of random stems and their sum."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        stems = {name: rng.integers(-(2**20), 2**20, (size, 2), np.int32) for name in STEMS}
        yield {"mix": sum(stems.values()), **stems}


def joined(blocks):
    blocks = list(blocks)
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


@pytest.mark.parametrize("lead, tail", [(0, 0), (700, 300), (1500, 2600), (5000, 0), (1, 7001)])
def test_the_film_lies_between_lead_and_tail_and_the_stems_add_up_everywhere(lead, tail):
    sizes = (1000, 1000, 250)
    inside, whole = joined(parts(sizes)), joined(with_edges(parts(sizes), Edges(lead, tail)))
    for name, samples in whole.items():
        assert samples.dtype == np.int32 and len(samples) == lead + sum(sizes) + tail
        np.testing.assert_array_equal(samples[lead : lead + sum(sizes)], inside[name])
    np.testing.assert_array_equal(whole["mix"], sum(whole[name] for name in STEMS))
    for name in ("action", "original"):
        assert not whole[name][:lead].any() and not whole[name][lead + sum(sizes) :].any()


def test_the_ambience_continues_as_its_mirror_image():
    whole, film = joined(with_edges(parts((1000, 500)), Edges(600, 1800)))["ambience"], slice(600, 2100)
    np.testing.assert_array_equal(whole[:600][::-1], whole[film][:600])
    np.testing.assert_array_equal(whole[2100:3600], whole[film][::-1])
    np.testing.assert_array_equal(whole[3600:], whole[film][:300])


@pytest.mark.parametrize("film", FILMS)
@pytest.mark.parametrize("handles", [0, 3])
def test_the_pop_lasts_one_frame_and_begins_two_seconds_before_the_film(film, handles):
    layout = make_layout(film, PackageOptions(two_pop=True, handles=handles))
    edges = Edges.of(layout)
    rate = layout.clock.rate
    two_seconds = 2 * layout.clock.nominal / rate  # of timecode
    whole = joined(with_edges(parts((RATE, RATE)), edges))
    for samples in whole.values():
        sounding = np.flatnonzero(samples[: edges.lead].any(axis=1))
        assert abs(sounding[0] - (edges.lead - two_seconds * RATE)) <= 2  # a sine begins with 0
        assert abs(sounding[-1] + 1 - sounding[0] - RATE / rate) <= 2
        np.testing.assert_array_equal(samples[:, 0][: edges.lead], samples[:, 1][: edges.lead])


def test_the_pop_is_a_tone_of_1_khz_at_minus_20_db():
    tone = two_pop(RATE) / DELIVERY.full_scale
    spectrum = np.abs(np.fft.rfft(tone)) / (RATE / 2)
    assert spectrum.argmax() == 1000 and 20 * np.log10(spectrum[1000]) == pytest.approx(-20, abs=0.01)
    assert abs(tone).max() == pytest.approx(0.1, rel=1e-3)


def test_a_film_without_samples_has_no_parts():
    assert list(with_edges(iter(()), Edges(100, 100))) == []
