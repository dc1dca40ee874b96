"""The example clips of the page."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from a2s.datasets.foley_world.examples import EXAMPLES, write_poster, write_video
from a2s.datasets.foley_world.picture import render_frames
from a2s.datasets.foley_world.plan import make_plan
from a2s.media import probe_video

SHIPPED = Path(__file__).resolve().parents[4] / "assets" / "examples"


def test_every_example_is_shipped_with_poster_and_caption():
    for name in EXAMPLES:
        assert all((SHIPPED / f"{name}{suffix}").is_file() for suffix in (".mp4", ".jpg", ".json"))


def test_a_picture_becomes_a_small_silent_video_and_a_poster(tmp_path):
    picture = render_frames(make_plan(5, 1.0))
    frames = list(picture.frames())
    still = write_video(tmp_path / "clip.mp4", picture, 0.5)
    index = max(k for k, (time, _) in enumerate(frames) if time <= 0.5)
    assert np.array_equal(still, frames[index][1])
    info = probe_video(tmp_path / "clip.mp4")
    assert not info.has_audio and abs(info.duration - 1.0) < 0.1
    write_poster(tmp_path / "clip.jpg", still)
    assert cv2.imread(str(tmp_path / "clip.jpg")).shape == (180, 320, 3)
