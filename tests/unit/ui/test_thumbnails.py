from __future__ import annotations

import numpy as np
from PIL import Image

from a2s.settings import AUDIO
from a2s.ui.thumbnails import SIZE, save_thumbnail


def picture_of(waveform, path):
    return np.asarray(Image.open(save_thumbnail(waveform, path)).convert("L"), float)


def test_a_low_tone_is_a_line_near_the_bottom_a_high_one_near_the_top(tmp_path):
    time = np.arange(3 * AUDIO.sample_rate) / AUDIO.sample_rate
    low, high = (
        picture_of(0.3 * np.sin(2 * np.pi * hertz * time), tmp_path / f"{hertz}.png").mean(1).argmax()
        for hertz in (250, 6000)
    )
    assert low > 0.8 * SIZE[1] and high < 0.2 * SIZE[1]


def test_a_thumbnail_is_small_and_of_one_size(tmp_path):
    noise = np.random.default_rng(0).standard_normal(10 * AUDIO.sample_rate) * 0.1
    for seconds in (3, 10):
        path = save_thumbnail(noise[: seconds * AUDIO.sample_rate], tmp_path / f"{seconds}.png")
        assert Image.open(path).size == SIZE and path.stat().st_size < 30_000


def test_time_runs_from_left_to_right(tmp_path):
    wave = np.zeros(4 * AUDIO.sample_rate)
    wave[3 * AUDIO.sample_rate :] = 0.2 * np.random.default_rng(0).standard_normal(AUDIO.sample_rate)
    columns = picture_of(wave, tmp_path / "late.png").mean(0)
    assert columns[-20:].mean() > columns[:90].mean() + 50
