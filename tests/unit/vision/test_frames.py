"""Which pictures of a window a model looks at."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.vision import observe, pictures_in
from a2s.vision.frames import frame_indices


@pytest.mark.parametrize(("frames", "rate"), [(90, 30), (37, 37 / 3), (75, 25), (72, 23.976), (180, 60), (10, 10 / 3)])
def test_a_three_second_clip_is_sampled_as_the_authors_do(frames, rate):
    times = np.arange(frames) / rate
    wanted = np.linspace(0, frames - 1, 16).astype(int)
    assert frame_indices(times, frames / rate, 0.0, 16).tolist() == wanted.tolist()


def test_a_window_within_a_film_takes_its_own_frames():
    times = np.arange(300) / 30
    assert frame_indices(times, 10.0, 2.56, 16).tolist() == (77 + np.linspace(0, 89, 16).astype(int)).tolist()


def test_past_the_end_the_last_frame_stays_and_moments_keep_their_time():
    times = np.arange(120) / 30
    found = frame_indices(times, 4.0, 2.5, 16)
    assert found[0] == 75 and found[-1] == 119
    inside = found < 119
    assert np.abs(times[found[inside]] - (2.5 + np.linspace(0, 3 - 1 / 30, 16)[inside])).max() <= 1 / 30 + 1e-9
    assert frame_indices(times, 4.0, 9.0, 16).tolist() == [119] * 16


def test_a_variable_rate_is_sampled_by_time():
    times = np.concatenate([np.arange(30) / 30, 1 + np.arange(10) / 5])
    found = times[frame_indices(times, 3.0, 0.0, 16)]
    wanted = np.linspace(0, times[-1], 16)
    assert (found <= wanted + 1e-6).all() and (wanted - found).max() < 0.2


def test_without_a_film_the_window_is_black():
    motion = observe(((k / 10, np.full((48, 64, 3), 90, np.uint8)) for k in range(5)), 0.5)
    found = pictures_in(motion, 0.0, 16, 32)
    assert found.shape == (16, 32, 32, 3) and not found.any()
