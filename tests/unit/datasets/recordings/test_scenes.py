"""Scenes and stems of recorded objects, on a small library of our own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from a2s.datasets.foley_world.plan import make_plan
from a2s.datasets.recordings.kinds import ambience_kind
from a2s.datasets.recordings.modal import ModalObject, read_tables
from a2s.datasets.recordings.scenes import recorded_ambience, scene
from a2s.datasets.recordings.sound_library import SoundLibrary
from a2s.datasets.recordings.world import Cast, render

RATE = 16_000


@pytest.fixture
def library() -> SoundLibrary:
    rng = np.random.default_rng(0)
    fall = np.exp(-np.arange(3200) / 500)
    takes = [(fall * np.sin(k + np.arange(3200) * 0.3)).astype(np.float32) for k in range(3)]
    made = SoundLibrary(
        RATE, {"a:knife": takes, "a:cup": takes[:1]}, {"a:rain": rng.standard_normal(RATE).astype(np.float32)}
    )
    made.classes.update({"a:knife": ("cut", "wood"), "a:cup": ("hit", "glass")})
    return made


@pytest.fixture
def tables(tmp_path: Path):
    (tmp_path / "material_data").mkdir()
    (tmp_path / "scrape_surfaces").mkdir()
    values = {"cf": [500.0, 1300.0, 9000.0], "op": [-30.0, -36.0, -50.0], "rt": [0.2, 0.1, 0.05]}
    (tmp_path / "material_data" / "ceramic_2_mm.json").write_text(json.dumps(values))
    (tmp_path / "material_data" / "unheard_of_2_mm.json").write_text(json.dumps(values))
    np.save(tmp_path / "scrape_surfaces" / "ceramic.npy", np.random.default_rng(1).standard_normal(4000) * 1e-6)
    return read_tables(tmp_path)


def test_a_scene_is_as_long_as_asked_and_never_clips(library: SoundLibrary):
    for seed in range(8):
        made = scene(library, 2.0, np.random.default_rng(seed))
        assert made.shape == (2 * RATE,) and made.dtype == np.float32
        assert np.isfinite(made).all() and 1e-4 < np.abs(made).max() <= 1


def test_the_same_seed_makes_the_same_scene(library: SoundLibrary):
    first, second = (scene(library, 1.0, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_short_ambience_is_joined_to_itself_without_a_gap(library: SoundLibrary):
    made = recorded_ambience(library, 4 * RATE, np.random.default_rng(0))
    parts = made.reshape(-1, 800)
    assert made.shape == (4 * RATE,) and np.sqrt((parts**2).mean(1)).min() > 0.4


def test_modal_hits_ring_at_their_modes_and_scrapes_last(tables):
    assert [modes.material for modes in tables.modes] == ["ceramic"]
    thing = ModalObject(tables, "ceramic", np.random.default_rng(0), RATE)
    assert thing.frequency.max() < 0.45 * RATE
    hit = thing.hit(0.5, np.random.default_rng(1))
    spectrum = np.abs(np.fft.rfft(hit, 4 * RATE))
    loudest = spectrum.argmax() / 4
    assert np.abs(hit).max() == pytest.approx(0.5) and np.abs(thing.frequency - loudest).min() < 20
    assert thing.scrape(0.4, 0.3, np.random.default_rng(1)).shape == (int(0.4 * RATE),)


def test_a_reference_is_another_take_at_the_same_moments(library: SoundLibrary, tables):
    plan = make_plan(5, 6.0)
    first, second = (render(plan, Cast(library, tables)) for _ in range(2))
    assert np.array_equal(first.action, second.action)
    assert first.action.shape == first.ambience.shape == first.reference.shape == (6 * RATE,)
    times = [event.time for event in plan.events]
    for time in times[:5]:
        piece = slice(int(time * RATE), int((time + 0.1) * RATE))
        assert np.abs(first.reference[piece]).max() > 0.005
    assert not np.array_equal(first.action, first.reference)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("esc10/esc10/rain/1-1-A.ogg", "rain"),
        ("blanket_ambience/coffee-shop.ogg", "crowd"),
        ("blanket_ambience/train.ogg", "traffic"),
        ("cdda_cc_sounds/environment__weather__night__clear_night_1.ogg", "insects"),
        ("esc10/esc10/dog_bark/1-1-A.ogg", None),
    ],
)
def test_recorded_places_are_of_the_world_s_kinds(name: str, kind: str | None):
    assert ambience_kind(name) == kind
