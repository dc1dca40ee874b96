"""The picture: sizes, determinism, and places and materials that differ."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest

from a2s.datasets.foley_world.camera import VIEWS, View
from a2s.datasets.foley_world.picture import WIDTH, render_frames
from a2s.datasets.foley_world.places import APPEARANCES, paint_place
from a2s.datasets.foley_world.plan import PLACES, make_plan
from a2s.datasets.foley_world.textures import texture
from a2s.settings import MATERIALS


@pytest.mark.parametrize("seed", range(3))
def test_frames_have_the_stated_size_rate_and_number(seed):
    picture = render_frames(make_plan(seed, 1.5))
    frames = list(picture.frames())
    assert 12 <= picture.fps <= 30 and picture.size[0] == WIDTH and picture.size[1] % 2 == 0
    assert len(frames) == len(picture) == int(1.5 * picture.fps)
    assert all(rgb.shape == (picture.size[1], WIDTH, 3) and rgb.dtype == np.uint8 for _, rgb in frames)
    assert np.allclose([time for time, _ in frames], np.arange(len(frames)) / picture.fps)


def test_same_seed_same_frames_and_other_seed_other_frames():
    picture = render_frames(make_plan(3, 1.0))
    once, again = (np.stack([rgb for _, rgb in picture.frames()]) for _ in range(2))
    assert np.array_equal(once, again)
    other = next(iter(render_frames(make_plan(4, 1.0)).frames()))[1]
    assert other.shape != once[0].shape or not np.array_equal(other, once[0])


def test_something_moves_and_nothing_is_black():
    for seed in range(6):
        frames = np.stack([rgb for _, rgb in islice(render_frames(make_plan(seed, 4.0)).frames(), 45)]).astype(float)
        assert np.abs(np.diff(frames, axis=0)).max() > 20
        assert frames.std() > 5


def _colours(rgb: np.ndarray) -> np.ndarray:
    return cv2.resize(rgb, (4, 4), interpolation=cv2.INTER_AREA).astype(float).ravel()


def test_places_are_distinguishable_by_their_colours():
    assert set(APPEARANCES) == set(PLACES)
    rng = np.random.default_rng(0)
    known = {
        place: np.mean([_colours(paint_place(place, 96, 128, 0.4, rng)) for _ in range(12)], axis=0)
        for place in APPEARANCES
    }
    right = 0
    for place in APPEARANCES:
        for _ in range(4):
            colours = _colours(paint_place(place, 96, 128, 0.4, rng))
            right += min(known, key=lambda other: np.abs(known[other] - colours).sum()) == place
    assert right / (4 * len(APPEARANCES)) > 0.6


def test_the_place_of_a_plan_changes_the_picture():
    plan = make_plan(11, 1.0)
    pictures = [next(iter(render_frames(replace(plan, place=place)).frames()))[1] for place in ("beach", "night field")]
    assert pictures[0].mean() > pictures[1].mean() + 20


@pytest.mark.parametrize("material", MATERIALS)
def test_materials_have_texture_and_variety(material):
    rng = np.random.default_rng(1)
    one, two = texture(material, 48, 64, rng), texture(material, 48, 64, rng)
    assert one.shape == (48, 64, 3) and one.std() > 3
    assert np.abs(one.astype(float) - two).mean() > 3


@pytest.mark.parametrize("name", VIEWS)
def test_views_project_the_contact_point_to_their_centre(name):
    view = View.draw(name, (100.0, 80.0), np.random.default_rng(2))
    assert np.allclose(view.project(np.zeros(3)), (100.0, 80.0))
    if name in ("front", "side", "first", "over"):
        assert view.project(np.array([0.0, 0.0, 30.0]))[1] < 80.0
