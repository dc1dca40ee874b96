"""Frames upright and at their times, sound at its time."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from a2s.errors import TooLarge, UnreadableAudio, UnreadableVideo
from a2s.media import read_audio, read_frames, write_audio
from a2s.media.decode import upright
from a2s.settings import Limits

RED, GREEN, BLUE = (220, 0, 0), (0, 220, 0), (0, 0, 220)


def corners(rgb: np.ndarray) -> list[np.ndarray]:
    """Mean colours top left, top right, bottom left, taken from the middle of the upper part of each quarter."""
    h, w = rgb.shape[:2]
    places = (0, 0), (0, w // 2), (h // 2, 0)
    return [rgb[y + h // 8 : y + h // 4, x + w // 8 : x + w // 4].mean((0, 1)) for y, x in places]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}),
        ("a.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
        ("a.webm", {"codec": "libvpx-vp9"}),
        ("ten.mp4", {"pix_fmt": "yuv420p10le"}),
        ("alpha.mov", {"codec": "png", "pix_fmt": "rgba"}),
        ("a.avi", {}),
        ("odd.mp4", {"size": (65, 49), "pix_fmt": "yuv444p"}),
        ("one.mp4", {"times": [0]}),
    ],
)
def test_frames(film, name, options):
    frames = list(read_frames(film(name, **options), width=96))
    assert len(frames) == len(options.get("times", range(25)))
    assert [time for time, _ in frames] == pytest.approx(np.arange(len(frames)) * 0.04, abs=0.001)
    rgb = frames[0][1]
    assert rgb.shape == (72, 96, 3) and rgb.dtype == np.uint8
    for found, wanted in zip(corners(rgb), (RED, GREEN, BLUE), strict=True):
        assert np.abs(found - wanted).max() < 45


def test_turned_pictures_come_out_upright(film):
    """Stored red top left, green top right; turned counter-clockwise, green is top left and red is bottom left."""
    (_, rgb), *_ = read_frames(film(rotation=90), width=48)
    assert rgb.shape == (64, 48, 3)
    for found, wanted in zip(corners(rgb), (GREEN, (0, 0, 0), RED), strict=True):
        assert np.abs(found - wanted).max() < 45


def test_upright_knows_mirrors():
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    one = 1 << 16

    def turned(a, b, c, d):
        return upright(picture, (a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30))[..., 0].tolist()

    assert turned(1, 0, 0, 1) == [[0, 1, 2], [3, 4, 5]]
    assert turned(-1, 0, 0, 1) == [[2, 1, 0], [5, 4, 3]]
    assert turned(0, 1, -1, 0) == [[3, 0], [4, 1], [5, 2]]  # clockwise
    assert turned(0, 1, 1, 0) == [[0, 3], [1, 4], [2, 5]]  # transposed


@pytest.mark.parametrize("name", ["variable.mp4", "variable.mkv"])
def test_variable_rate_keeps_true_times(film, name):
    times = [0, 33, 90, 400, 420, 900, 1300]
    found = [time for time, _ in read_frames(film(name, times=times))]
    assert found == pytest.approx(np.array(times) / 1000, abs=0.0011)


def test_offset_counts_from_the_first_frame(film):
    assert next(iter(read_frames(film(times=range(500, 1500, 40)))))[0] == 0


def test_errors_are_raised_at_the_call(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(UnreadableVideo):
        read_frames(tmp_path / "a.mp4")


def test_damaged_packets_are_skipped(film):
    path = film("a.mkv", options={"g": "1", "bf": "0"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    path.write_bytes(data)
    frames = list(read_frames(path))
    assert 5 <= len(frames) <= 25
    assert all(a < b for (a, _), (b, _) in zip(frames, frames[1:], strict=False))


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mkv", "a.ts"])
def test_sound_is_where_it_was(film, click_track, name):
    clicks, find = click_track
    times = [0.2, 0.5, 0.8]
    codec = "libvpx-vp9" if name == "a.webm" else "libx264"
    path = film(name, codec=codec, sound=clicks(times, 1.0, 48_000))
    found = read_audio(path, 16_000, align_to_picture=True)
    assert find(found, times, 16_000) == pytest.approx(times, abs=0.002)
    assert np.abs(found).max() == pytest.approx(0.8, abs=0.25)  # two equal channels are not louder than one


def test_sound_aligned_to_a_late_picture(film, click_track):
    clicks, find = click_track
    path = film(times=range(500, 1500, 40), sound=clicks([0.7, 1.2], 3.0, 48_000))
    whole, aligned = read_audio(path), read_audio(path, align_to_picture=True)
    assert len(whole) == pytest.approx(48_000, abs=400) and len(aligned) == 16_000
    assert find(whole, [0.7, 1.2], 16_000) == pytest.approx([0.7, 1.2], abs=0.002)
    assert find(aligned, [0.2, 0.7], 16_000) == pytest.approx([0.2, 0.7], abs=0.002)


def test_sound_files(tmp_path, click_track):
    clicks, find = click_track
    wave = clicks([0.3, 0.9], 2.0, 44_100)
    for name in ("a.wav", "a.flac", "a.ogg", "a.mp3"):
        soundfile.write(tmp_path / name, np.stack([wave, wave], 1), 44_100)
        found = read_audio(tmp_path / name, 16_000)
        assert len(found) == pytest.approx(32_000, abs=900) and found.dtype == np.float32
        assert find(found, [0.3, 0.9], 16_000) == pytest.approx([0.3, 0.9], abs=0.002)
        assert len(read_audio(tmp_path / name, 16_000, max_seconds=0.5)) == 8000


def test_a_gap_becomes_silence(tmp_path):
    """Packets are missing in the middle, and the sound after them keeps its time."""
    import av

    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 32_000).astype(np.float32)
    write_audio(tmp_path / "a.wav", wave, 16_000)
    with av.open(str(tmp_path / "a.wav")) as source, av.open(str(tmp_path / "gap.mkv"), "w") as out:
        stream = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux():
            if packet.size and not 0.5 <= packet.pts * packet.time_base < 1.2:
                packet.stream = stream
                out.mux(packet)
    found = read_audio(tmp_path / "gap.mkv")
    assert len(found) == pytest.approx(32_000, abs=40)
    assert not found[12_000:17_000].any()
    assert np.corrcoef(found[22_000:30_000], wave[22_000:30_000])[0, 1] > 0.99


def test_no_sound(film, tmp_path):
    with pytest.raises(UnreadableAudio, match="no sound"):
        read_audio(film())
    (tmp_path / "a.wav").write_bytes(b"RIFF\x00\x01\x00\x00WAVEfmt " + bytes(300))
    with pytest.raises(UnreadableAudio):
        read_audio(tmp_path / "a.wav")
    with pytest.raises(UnreadableAudio, match="no file"):
        read_audio(tmp_path / "b.wav")


def test_sound_limit(tmp_path):
    write_audio(tmp_path / "a.wav", np.zeros(32_000), 16_000)
    with pytest.raises(TooLarge):
        read_audio(tmp_path / "a.wav", limits=Limits(max_seconds=1))
