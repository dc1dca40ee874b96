"""Pictures of a video looked up by frame."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from a2s.errors import UnreadableVideo
from a2s.media import Film, read_frames

ROUND = 60
"""Frames after which a film 128 pixels wide repeats."""


def shown_in(path, size: int) -> np.ndarray:
    """Every frame, decoded in order."""
    import cv2

    return np.stack([cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA) for _, rgb in read_frames(path, 64)])


def numbers(pictures: np.ndarray, every: np.ndarray) -> list[int]:
    """Which frame each picture is most like. The square of the films here moves with the frame, and begins anew."""
    away = np.abs(pictures[:, None].astype(int) - every).mean((2, 3, 4))
    assert away.min(1).max() < 6
    return (away.argmin(1) % ROUND).tolist()


@pytest.mark.parametrize("options", [{"g": "12"}, {"g": "500"}, {"bf": "3", "g": "30"}])
def test_frames_are_those_of_the_film_near_the_start_and_far_in(film, options):
    path = film(times=range(0, 6000, 40), options=options, size=(128, 96))
    every, looked = shown_in(path, 64), Film(path)
    assert len(looked.times) == len(every) == 150 and looked.times[-1] == pytest.approx(5.96)
    for frames in ([0, 5, 30], [75, 80, 80, 120], [147, 149]):
        found = looked.pictures(np.array(frames), 64)
        assert found.shape == (len(frames), 64, 64, 3) and found.dtype == np.uint8
        assert numbers(found, every) == [frame % ROUND for frame in frames]


def test_without_time_stamps_frames_are_counted(film):
    path = film("film.avi", codec="mpeg4", times=range(0, 4000, 40), size=(128, 96))
    every = shown_in(path, 64)
    assert numbers(Film(path).pictures(np.array([70, 90]), 64), every) == [70 % ROUND, 90 % ROUND]


def test_a_turned_film_is_upright(film):
    picture = Film(film(rotation=90)).pictures(np.array([3]), 32)[0]
    every = shown_in(film("again.mp4", rotation=90), 32)[3]
    assert np.abs(picture.astype(int) - every).mean() < 12


def test_a_film_that_breaks_off_keeps_its_last_picture(film):
    path = film(times=range(0, 6000, 40), options={"g": "10"}, container={"movflags": "+frag_keyframe+empty_moov"})
    looked = Film(path)
    assert len(looked.times) == 150
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found = looked.pictures(np.array([60, 140, 149]), 32)
    assert found[0].any() and np.array_equal(found[1], found[2])


def test_nothing_is_read_until_asked_and_it_pickles(tmp_path):
    gone = pickle.loads(pickle.dumps(Film(tmp_path / "gone.mp4")))
    with pytest.raises(UnreadableVideo, match="There is no file"):
        gone.pictures(np.array([0]), 8)
