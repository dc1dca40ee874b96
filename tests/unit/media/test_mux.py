"""The picture is copied or encoded at its times, and the sound is in time with it."""

from __future__ import annotations

import subprocess
import sys

import av
import numpy as np
import pytest
import soundfile

from a2s.errors import Cancelled, CannotWrite, UnreadableVideo
from a2s.media import Soundtrack, encode_frames, mux_soundtrack, probe_video, read_audio, read_frames

RATE = 16_000
TIMES = [0.1, 0.42, 0.77]


def picture_packets(path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


def frame_times(path) -> list[float]:
    return [time for time, _ in read_frames(path, 32)]


@pytest.fixture
def ffmpeg() -> str:
    """Another reader and writer than PyAV; a test tool only."""
    return pytest.importorskip("imageio_ffmpeg", reason="needs imageio-ffmpeg").get_ffmpeg_exe()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}),
        ("b-frames.mkv", {"options": {"bf": "3"}}),
        ("a.webm", {"codec": "libvpx-vp9"}),
        ("av1.mkv", {"codec": "libsvtav1", "options": {"preset": "12"}}),
        ("late.mp4", {"times": range(500, 1500, 40), "sound": np.zeros(48_000)}),
        ("variable.mp4", {"times": [0, 33, 90, 400, 420, 900, 1300]}),
        ("turned.mp4", {"rotation": -90}),
        ("fragments.mp4", {"container": {"movflags": "frag_keyframe+empty_moov"}}),
        ("one.mp4", {"times": [0]}),
        ("vp9.mkv", {"codec": "libvpx-vp9"}),
        ("hevc.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
        ("ten.mp4", {"pix_fmt": "yuv420p10le"}),
        ("wide.mp4", {"pix_fmt": "yuv422p"}),
        ("mpeg4.mp4", {"codec": "mpeg4"}),
    ],
)
def test_picture_is_copied_bit_for_bit(film, tmp_path, name, options):
    video, out = film(name, **options), tmp_path / "out.mp4"
    assert mux_soundtrack(video, Soundtrack(np.zeros(RATE, np.float32), RATE), out).picture_copied
    assert picture_packets(out) == picture_packets(video)
    before, after = probe_video(video), probe_video(out)
    assert (after.codec, after.width, after.height, after.rotation, after.frames) == (
        before.codec,
        before.width,
        before.height,
        before.rotation,
        before.frames,
    )
    assert after.duration == pytest.approx(before.duration, abs=0.002) and after.start == 0
    assert frame_times(out) == pytest.approx(frame_times(video), abs=0.001)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.gif", {"codec": "gif", "pix_fmt": "rgb8", "size": (65, 49)}),
        ("ten.mp4", {"pix_fmt": "yuv420p10le"}),
        ("a.avi", {}),
        ("hevc.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
        ("alpha.mov", {"codec": "png", "pix_fmt": "rgba"}),
        ("vp8.webm", {"codec": "libvpx", "options": {"auto-alt-ref": "0"}}),
        ("variable.mkv", {"codec": "ffv1", "times": [0, 33, 90, 400, 420, 900, 1300]}),
        ("turned.mp4", {"pix_fmt": "yuv444p", "rotation": -90}),
        ("one.gif", {"codec": "gif", "pix_fmt": "rgb8", "times": [0]}),
        ("prores.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}),
        ("wide.mp4", {"pix_fmt": "yuv422p"}),
    ],
)
def test_pictures_become_h264(film, tmp_path, name, options):
    video, out = film(name, **options), tmp_path / "out.mp4"
    report = mux_soundtrack(video, Soundtrack(np.zeros(RATE, np.float32), RATE), out, picture="h264")
    assert report.picture.outcome == "re-encoded"
    before, after = probe_video(video), probe_video(out)
    with av.open(str(out)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
    assert (after.codec, after.frames, after.rotation) == ("h264", before.frames, before.rotation)
    assert (after.width, after.height) == (before.width + before.width % 2, before.height + before.height % 2)
    assert after.duration == pytest.approx(before.duration, abs=0.002)
    assert frame_times(out) == pytest.approx(frame_times(video), abs=0.001)
    pairs = list(zip(read_frames(video, 64), read_frames(out, 64), strict=True))
    for (_, a), (_, b) in pairs:
        assert np.abs(a.astype(int) - b).mean() < 6


@pytest.mark.parametrize("frames", [1, 7, 24, 25, 31, 61])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_sound_is_as_long_as_the_picture_and_in_sync(film, tmp_path, click_track, frames, rate):
    clicks, find = click_track
    video, out = film(times=range(0, frames * 33, 33), length=33), tmp_path / "out.mp4"
    duration = probe_video(video).duration
    times = [time for time in TIMES if time < duration - 0.07]
    mux_soundtrack(video, Soundtrack(clicks(times, duration, rate), rate), out)
    with av.open(str(out)) as container:
        raw = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(raw) / 48_000 == pytest.approx(duration, abs=0.001)
    assert find(raw, times, 48_000) == pytest.approx(times, abs=0.0005)


def test_ffmpeg_itself_agrees(film, tmp_path, click_track, ffmpeg):
    clicks, find = click_track
    video, out = film(times=range(400, 1390, 33), length=33, sound=np.zeros(48_000)), tmp_path / "out.mp4"
    mux_soundtrack(video, Soundtrack(clicks(TIMES, 0.99, RATE), RATE), out)
    command = [ffmpeg, "-v", "error", "-i", out, "-vn", tmp_path / "out.wav"]
    subprocess.run(command, check=True)
    raw, rate = soundfile.read(tmp_path / "out.wav")
    assert len(raw) / rate == pytest.approx(0.99, abs=0.002)
    assert find(raw[:, 0], TIMES, rate) == pytest.approx(TIMES, abs=0.0005)


def test_long_and_short_sounds(film, tmp_path):
    video = film(sound=np.zeros(3 * 48_000))
    for seconds in (0, 0.3, 2.5):
        mux_soundtrack(video, Soundtrack(np.full(round(seconds * RATE), 0.25, np.float32), RATE), tmp_path / "out.mp4")
        sound = read_audio(tmp_path / "out.mp4", 48_000)
        assert len(sound) == pytest.approx(48_000, abs=48)
        heard = np.flatnonzero(np.abs(sound) > 0.1)
        assert (heard[-1] + 1 if len(heard) else 0) == pytest.approx(min(seconds, 1) * 48_000, abs=100)


def test_level_and_odd_samples_survive(film, tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    tone[10], tone[11], tone[12] = np.nan, np.inf, 9
    mux_soundtrack(film(), Soundtrack(tone, RATE), tmp_path / "out.mp4")
    assert np.abs(read_audio(tmp_path / "out.mp4", RATE)[2000:14_000]).max() == pytest.approx(0.5, abs=0.02)


def test_edit_list_that_hides_the_start(film, tmp_path, ffmpeg):
    """A cut made without encoding: packets from the last key frame on, the first of them hidden."""
    video, cut, out = film(options={"bf": "2"}), tmp_path / "cut.mp4", tmp_path / "out.mp4"
    command = [ffmpeg, "-v", "error", "-ss", "0.4", "-i", video, "-c", "copy", cut]
    subprocess.run(command, check=True)
    assert probe_video(cut).frames < len(picture_packets(cut))  # there is something hidden
    mux_soundtrack(cut, Soundtrack(np.zeros(RATE, np.float32), RATE), out)
    assert picture_packets(out) == picture_packets(cut)
    for (s, a), (t, b) in zip(read_frames(cut, 32), read_frames(out, 32), strict=True):
        assert s == pytest.approx(t, abs=0.001) and np.array_equal(a, b)


def test_index_comes_first(film, tmp_path):
    for name, options in (("a.mp4", {}), ("a.gif", {"codec": "gif", "pix_fmt": "rgb8"})):
        mux_soundtrack(film(name, **options), Soundtrack(np.zeros(RATE, np.float32), RATE), tmp_path / "out.mp4")
        data = (tmp_path / "out.mp4").read_bytes()
        assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_same_in_same_out(film, tmp_path):
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, RATE).astype(np.float32)
    video = film("ten.mp4", pix_fmt="yuv420p10le")
    mux_soundtrack(video, Soundtrack(noise, RATE), tmp_path / "a.mp4", picture="h264")
    mux_soundtrack(video, Soundtrack(noise, RATE), tmp_path / "b.mp4", picture="h264")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_nothing_is_left_behind(film, tmp_path, monkeypatch):
    video, out = film(), tmp_path / "out.mp4"
    out.write_bytes(b"what was there")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(UnreadableVideo):
        mux_soundtrack(tmp_path / "bad.mp4", Soundtrack(np.zeros(RATE, np.float32), RATE), out)

    def broken(*_):
        raise RuntimeError("in the middle")
        yield

    module = sys.modules["a2s.media.mux"]
    monkeypatch.setattr(module, "sound_packets", broken)
    monkeypatch.setattr(module, "_write_isolated", module.write_steps)  # here, not in a child
    with pytest.raises(RuntimeError):
        mux_soundtrack(video, Soundtrack(np.zeros(RATE, np.float32), RATE), out)
    assert out.read_bytes() == b"what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.mp4", "film.mp4", "out.mp4"]


def test_where_it_cannot_be_written(film, tmp_path):
    video, sound = film(), np.zeros(RATE, np.float32)
    (tmp_path / "folder.mp4").mkdir()
    for out in (tmp_path / "a.avi", tmp_path / "none" / "a.mp4", tmp_path / "folder.mp4", video):
        with pytest.raises(CannotWrite):
            mux_soundtrack(video, Soundtrack(sound, RATE), out)
    assert probe_video(video).frames == 25


def test_encode_frames(tmp_path):
    picture = np.zeros((49, 65, 3), np.uint8)
    picture[..., 0] = 200
    encode_frames(tmp_path / "a.mp4", ((k / 30, picture) for k in range(20)), 30)
    info = probe_video(tmp_path / "a.mp4")
    assert (info.width, info.height, info.frames) == (66, 50, 20)
    assert info.duration == pytest.approx(20 / 30, abs=0.002)
    assert all(np.abs(rgb.mean((0, 1)) - (200, 0, 0)).max() < 12 for _, rgb in read_frames(tmp_path / "a.mp4"))
    with pytest.raises(CannotWrite):
        encode_frames(tmp_path / "b.mp4", [], 30)
    assert not (tmp_path / "b.mp4").exists()


def test_cancelling_works_while_the_picture_is_encoded(film, tmp_path):
    """At the next look, of many; nothing stays."""
    video, looks = film(codec="mpeg4", times=range(0, 20_000, 40)), []
    sound = Soundtrack(np.zeros(20 * RATE, np.float32), RATE)
    (out := tmp_path / "out").mkdir()

    def cancelled(at: int) -> bool:
        looks.append(at)
        return len(looks) == at

    with pytest.raises(Cancelled):
        mux_soundtrack(video, sound, out / "dub.mp4", cancelled=lambda: cancelled(3), picture="h264")
    assert len(looks) == 3 and not list(out.iterdir())
    mux_soundtrack(video, sound, out / "dub.mp4", cancelled=lambda: cancelled(0), picture="h264")
    assert len(looks) > 10 and probe_video(out / "dub.mp4").frames == 500
