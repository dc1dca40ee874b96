"""Broadcast Wave files of a take: time reference, date and loudness."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from a2s import DubSettings, dub
from a2s.cues import CueTrack
from a2s.dubbing.origin import Origin, origin_of
from a2s.dubbing.recipe import read_recipe
from a2s.vision.video import Video
from tests.fakes import FakeBank, FakePipeline

wavinfo = pytest.importorskip("wavinfo", reason="reads bext chunks")


def film(path, timecode=None, rate="25", created="2024-05-06T07:08:09.000000Z", tone=False):
    """A short film with a timecode track and a date."""
    with av.open(str(path), "w") as out:
        if created:
            out.metadata["creation_time"] = created
        stream = out.add_stream("mpeg4", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        if timecode:
            stream.metadata["timecode"] = timecode
        sound = out.add_stream("aac", rate=48_000, layout="stereo") if tone else None
        for k in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 10 * k, np.uint8))
            frame.pts, frame.time_base = k, 1 / Fraction(rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound:
            wave = 0.1 * np.sin(np.arange(38_400) / 9).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(
    ("timecode", "rate", "seconds"),
    [
        ("01:00:00:00", "25", 3600),
        (
            "01:00:00;00",
            "30000/1001",
            107_892 * 1001 / 30_000,
        ),  # 2 of 1800 frame numbers are dropped, but not each 10th
        ("01:00:00:00", "30000/1001", 108_000 * 1001 / 30_000),
        ("10:00:00:12", "24000/1001", (864_000 + 12) * 1001 / 24_000),
        ("00:01:00;04", "60000/1001", 3600 * 1001 / 60_000),
        (None, "25", 0),
    ],
)
def test_the_time_reference_is_the_timecode_in_samples(tmp_path, timecode, rate, seconds):
    found = origin_of(Video(film(tmp_path / "a.mov", timecode, rate)))
    assert found.time_reference == round(seconds * 48_000)
    assert (found.date, found.time) == ("2024-05-06", "07:08:09")


def test_without_a_date_there_is_none(tmp_path):
    assert origin_of(Video(film(tmp_path / "a.mkv", created=None))) == Origin()


def test_wav_and_stems_are_broadcast_wave_files(tmp_path):
    path = film(tmp_path / "scene 1.mov", "01:00:00:00", tone=True)
    settings = DubSettings(steps=1, ambient=1.0, original_audio=-6.0)
    take = dub(path, settings, FakePipeline(), FakeBank(), cues=CueTrack.at([0.4]), stems=True)
    mix = wavinfo.WavInfoReader(str(take.save(tmp_path / "mix.wav"))).bext
    assert (mix.time_reference, mix.originator, mix.description) == (3600 * 48_000, "a2s", "scene 1.mov: mix")
    assert (mix.originator_date, mix.originator_time, mix.version) == ("2024-05-06", "07:08:09", 2)
    figures = take.report.loudness
    read = mix.loudness_value, mix.loudness_range, mix.max_true_peak, mix.max_momentary_loudness
    assert read == pytest.approx((figures.lufs, figures.range_lu, figures.true_peak_db, figures.momentary), abs=0.006)
    assert mix.max_momentary_loudness >= mix.max_shortterm_loudness - 0.01 and mix.max_shortterm_loudness > -40
    for stem in take.save_stems(tmp_path / "stems"):
        bext = wavinfo.WavInfoReader(str(stem)).bext
        assert bext.time_reference == 3600 * 48_000 and stem.stem in bext.description
    assert read_recipe(tmp_path / "mix.wav").settings == take.recipe.settings
    once = (tmp_path / "mix.wav").read_bytes()
    assert take.save(tmp_path / "mix.wav").read_bytes() == once
    assert soundfile.info(tmp_path / "mix.wav").subtype == "PCM_24"
