"""A video that is opened once: read in the background, analysed once, with errors where they are asked for."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from a2s.errors import Cancelled, UnreadableVideo
from a2s.io import sha256_of
from a2s.media import probe_video
from a2s.vision.video import Video
from tests.fakes import draw_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=1.0, tone=True)


def test_what_was_read_in_the_background_is_what_is_read_on_demand(clip):
    begun, plain = Video(clip), Video(clip)
    begun.start()
    begun.start()
    assert begun.info == plain.info == probe_video(clip)
    times = []
    motion = begun.observe(times.append)
    assert times == sorted(times) and begun.motion is motion and begun.analysed
    assert np.array_equal(motion.velocity, plain.motion.velocity) and np.array_equal(motion.times, plain.motion.times)
    assert not [thread for thread in threading.enumerate() if thread.name == "a2s-video" and not thread.daemon]


def test_a_known_motion_is_not_computed_again(clip):
    motion = Video(clip).motion
    again = Video(clip, motion)
    again.start()
    assert again.motion is motion and Video.of(again) is again and Video.of(clip).path == clip


def test_an_error_of_the_thread_is_raised_where_the_result_is_asked_for(tmp_path):
    (tmp_path / "no.mp4").write_text("no video")
    video = Video(tmp_path / "no.mp4")
    video.start()
    with pytest.raises(UnreadableVideo):
        video.info  # noqa: B018
    with pytest.raises(UnreadableVideo):
        video.observe()


def test_an_error_of_the_report_stops_the_reading_and_the_next_one_is_whole(clip):
    video = Video(clip)

    def stop(_time):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        video.observe(stop)
    assert not video.analysed and len(video.motion.times) == video.info.frames


def test_digest_and_soundtrack(clip, tmp_path):
    video, silent = Video(clip), Video(draw_video(tmp_path / "silent.mp4", seconds=0.5))
    assert video.sha256 == sha256_of(clip)
    assert video.soundtrack().shape == (round(video.info.duration * 16_000),) and silent.soundtrack() is None
    assert repr(video) == f"Video({str(clip)!r})"
