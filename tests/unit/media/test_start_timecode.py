"""The timecode of the first frame, from every place where a container keeps it."""

from __future__ import annotations

import av
import numpy as np
import pytest

from a2s.media import read_start_timecode


def write(path, tags=None, stream_tags=None):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.metadata.update(tags or {})
        stream.metadata.update(stream_tags or {})
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode()]:
            out.mux(packet)
    return path


@pytest.mark.parametrize("name", ["film.mov", "film.mp4"])
@pytest.mark.parametrize("timecode", ["10:11:12:13", "01:00:00:00"])
def test_a_timecode_track_is_read(tmp_path, name, timecode):
    assert read_start_timecode(write(tmp_path / name, stream_tags={"timecode": timecode})) == timecode


def test_a_tag_of_the_file_is_read(tmp_path):
    assert read_start_timecode(write(tmp_path / "a.mkv", {"TIMECODE": "00:59:58;29"})) == "00:59:58;29"
    assert read_start_timecode(write(tmp_path / "b.mkv", stream_tags={"TIMECODE": "00:59:58.29"})) == "00:59:58;29"


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "10:11:12", "10:11:12:13\n" * 3])
def test_a_film_without_a_timecode_has_none(tmp_path, text):
    assert read_start_timecode(write(tmp_path / "a.mkv", {"TIMECODE": text})) is None
