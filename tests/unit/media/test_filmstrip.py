"""A strip shows the film in order, upright, and never costs more than it may."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from a2s.errors import CannotWrite, UnreadableVideo
from a2s.media import filmstrip as module
from a2s.media.filmstrip import write_filmstrip
from tests.fakes import draw_video


def pictures(path, frames: int) -> np.ndarray:
    """(frames, h, w, 3) of a sprite."""
    sheet = np.asarray(Image.open(path).convert("RGB")).astype(int)
    return np.stack(np.split(sheet, frames, axis=1))


def lower_edges(sprite: np.ndarray) -> list[int]:
    """Row of the lowest light pixel of the falling block, in each picture."""
    block = (sprite[..., 0] > 170) & (sprite[..., 2] < 150)
    return [int(np.flatnonzero(rows.any(axis=1)).max()) for rows in block]


def test_pictures_lie_evenly_over_the_time(tmp_path):
    film = draw_video(tmp_path / "a.mp4", seconds=2.0, size=(160, 120), hits=(0.5, 1.5))
    strip = write_filmstrip(film, tmp_path / "strip.jpg", frames=8, height=48)
    sprite = pictures(strip, 8)
    assert sprite.shape == (8, 48, 64, 3)
    # pictures at 0.125, 0.375, ...: two beside each hit, two far from any
    low = lower_edges(sprite)
    assert low[1] > low[0] and low[2] > low[3] and low[5] > low[4] and low[6] > low[7]


def test_a_long_film_is_sought_not_decoded_through(tmp_path, monkeypatch):
    film = draw_video(tmp_path / "a.mp4", seconds=40.0, fps=25, size=(64, 48), hits=(5.0, 25.0))
    decoded, taken = module.decoded, []
    monkeypatch.setattr(module, "_read_strip", module.strip_of)  # here, not in a child
    monkeypatch.setattr(module, "SEEK_FROM", 1.0)
    monkeypatch.setattr(module, "MAX_DECODED", 20)
    monkeypatch.setattr(module, "decoded", lambda *a: (taken.append(1) or frame for frame in decoded(*a)))
    sprite = pictures(write_filmstrip(film, tmp_path / "strip.jpg", frames=8, height=24), 8)
    assert len(sprite) == 8
    assert 8 <= len(taken) <= 8 * 20


def test_a_sought_picture_is_the_one_of_its_moment(tmp_path, monkeypatch):
    film = draw_video(tmp_path / "a.mp4", seconds=20.0, fps=25, size=(64, 48), hits=(2.5, 12.5))
    slowly = write_filmstrip(film, tmp_path / "slow.jpg", frames=12, height=48)
    monkeypatch.setattr(module, "_read_strip", module.strip_of)
    monkeypatch.setattr(module, "SEEK_FROM", 0.5)
    monkeypatch.setattr(module, "MAX_DECODED", 1000)
    assert write_filmstrip(film, tmp_path / "fast.jpg", frames=12, height=48).read_bytes() == slowly.read_bytes()


def test_a_turned_film_stands_upright(film, tmp_path):
    strip = write_filmstrip(film("turned.mp4", rotation=90), tmp_path / "strip.jpg", frames=3, height=64)
    assert pictures(strip, 3).shape == (3, 64, 48, 3)


@pytest.mark.parametrize("name", ["one.mp4", "a.avi", "a.gif"])
def test_short_and_odd_films_fill_the_strip(film, tmp_path, name):
    options = {"one.mp4": {"times": [0]}, "a.gif": {"codec": "gif", "pix_fmt": "rgb8"}}.get(name, {})
    sprite = pictures(write_filmstrip(film(name, **options), tmp_path / "strip.jpg", frames=6, height=24), 6)
    assert sprite.shape == (6, 24, 32, 3)
    assert sprite[-1].max() > 100


def test_a_film_that_breaks_off_still_gives_a_strip(tmp_path):
    film = draw_video(tmp_path / "a.mp4", seconds=2.0)
    data = film.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableVideo):
        write_filmstrip(tmp_path / "cut.mp4", tmp_path / "strip.jpg")
    (tmp_path / "torn.mp4").write_bytes(data[:3000] + bytes(4000) + data[7000:])
    strip = write_filmstrip(tmp_path / "torn.mp4", tmp_path / "strip.jpg", frames=4)
    assert len(pictures(strip, 4)) == 4


def test_a_very_wide_film_gives_no_huge_strip(film, tmp_path):
    strip = write_filmstrip(film("wide.mp4", size=(1024, 16)), tmp_path / "strip.jpg", frames=2, height=20)
    assert pictures(strip, 2).shape == (2, 20, 80, 3)


def test_a_folder_that_is_missing_is_an_error(tmp_path):
    film = draw_video(tmp_path / "a.mp4", seconds=0.5)
    with pytest.raises(CannotWrite):
        write_filmstrip(film, tmp_path / "nowhere" / "strip.jpg")
