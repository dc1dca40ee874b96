from __future__ import annotations

import numpy as np
import pytest

from a2s.dubbing.analysis import analyze_motion
from a2s.vision import Motion
from a2s.vision.shots import place_changes
from tests.fakes import draw_two_places, draw_video

FPS = 20
GREEN, RED, BLUE, WHITE = (30, 130, 50), (150, 40, 30), (20, 40, 160), (255, 255, 255)


def film(shots, flashes=()):
    """A Motion of shots of one colour: [(colour, seconds)], with a keyframe every quarter of a second."""
    colours = [colour for colour, seconds in shots for _ in range(round(seconds * FPS))]
    for flash in flashes:
        colours[round(flash * FPS)] = WHITE
    times = np.arange(len(colours)) / FPS
    breaks = np.array([index == 0 or colours[index] != colours[index - 1] for index in range(len(colours))])
    keys = np.stack([np.full((64, 64, 3), colours[index], np.uint8) for index in range(0, len(colours), FPS // 4)])
    still = np.zeros((len(times), 9, 16, 2), np.float32)
    return Motion(times, still, times[:: FPS // 4], keys, len(colours) / FPS, breaks)


def test_a_cut_to_other_colours_is_a_change_of_place():
    assert place_changes(film([(GREEN, 4), (RED, 3), (BLUE, 3)])) == (4.0, 7.0)


def test_a_flash_is_none_and_neither_is_a_glimpse():
    assert place_changes(film([(GREEN, 8)], flashes=(3.1, 5.0))) == ()
    assert place_changes(film([(GREEN, 4), (RED, 0.3), (GREEN, 4)])) == ()
    assert place_changes(film([(RED, 0.5), (GREEN, 4), (RED, 0.5)])) == (), "nor are the film's ends"


def test_of_too_many_only_so_many_stay_in_order():
    shots = film([(GREEN, 2), (RED, 2), (BLUE, 2)] * 4)
    every, some = place_changes(shots), place_changes(shots, 4)
    assert every == tuple(range(2, 24, 2)) and len(some) == 4 and set(some) < set(every)
    assert list(some) == sorted(some)


@pytest.mark.parametrize("cut", [1.5, 2.5, 3.2])
def test_of_a_video_at_its_time(tmp_path, cut):
    (time,) = place_changes(analyze_motion(draw_two_places(tmp_path / "film.mp4", cut=cut)))
    assert time == pytest.approx(cut, abs=1 / 24)


def test_motion_alone_is_no_change(tmp_path):
    assert place_changes(analyze_motion(draw_video(tmp_path / "film.mp4", seconds=5.0))) == ()
