"""Properties of good, unusual and hostile files."""

from __future__ import annotations

import os
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from a2s.errors import TooLarge, UnreadableVideo
from a2s.media import probe_video, write_audio
from a2s.settings import Limits


@pytest.mark.parametrize(
    ("name", "options", "codec"),
    [
        ("a.mp4", {}, "h264"),
        ("a.mkv", {"options": {"bf": "3"}}, "h264"),
        ("a.webm", {"codec": "libvpx-vp9"}, "vp9"),
        ("a.ts", {}, "h264"),
        ("a.flv", {}, "h264"),
        ("a.gif", {"codec": "gif", "pix_fmt": "rgb8"}, "gif"),
        ("a.mov", {"codec": "prores_ks", "pix_fmt": "yuva444p10le"}, "prores"),
        ("fragments.mp4", {"container": {"movflags": "frag_keyframe+empty_moov"}}, "h264"),
    ],
)
def test_containers_agree_on_the_picture(film, name, options, codec):
    info = probe_video(film(name, **options))
    assert (info.codec, info.width, info.height, info.frames, info.rotation) == (codec, 64, 48, 25, 0)
    assert info.duration == pytest.approx(1.0, abs=0.002)
    assert info.fps == pytest.approx(25, abs=0.05)
    assert not info.has_audio and info.audio_codec is None


@pytest.mark.parametrize(("rotation", "size"), [(90, (48, 64)), (-90, (48, 64)), (180, (64, 48)), (0, (64, 48))])
def test_size_is_as_displayed(film, rotation, size):
    info = probe_video(film(rotation=rotation))
    assert (info.width, info.height, info.rotation) == (*size, rotation % 360)


def test_pixel_aspect_counts(tmp_path):
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 60, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 60, 3), np.uint8))))
        out.mux(stream.encode(None))
    assert (probe_video(path).width, probe_video(path).height) == (80, 48)


def test_duration_is_that_of_the_picture(film):
    longer = film("long.mp4", sound=np.zeros(3 * 48_000))
    late = film("late.mp4", times=range(500, 1500, 40), sound=np.zeros(48_000))
    assert probe_video(longer).duration == pytest.approx(1.0, abs=0.002)
    assert probe_video(longer).audio_codec == "aac"
    assert probe_video(late).duration == pytest.approx(1.0, abs=0.002)
    assert probe_video(late).start == pytest.approx(0.5, abs=0.002)


def test_variable_rate_and_single_frame(film):
    variable = probe_video(film("variable.mkv", times=[0, 33, 90, 400, 420, 900, 1300], options={"bf": "0"}))
    assert variable.frames == 7
    assert variable.duration == pytest.approx(1.34, abs=0.002)
    single = probe_video(film("single.mp4", times=[0]))
    assert (single.frames, single.duration) == (1, pytest.approx(0.04))


@pytest.mark.parametrize("name", ["-rf.mp4", 'it\'s "quoted" $(id) %d.mp4', "\N{DRUM WITH DRUMSTICKS} http:x,y|z.mp4"])
def test_any_name(film, name):
    assert probe_video(film(name)).frames == 25


def test_a_name_from_here(film, monkeypatch):
    path = film("-i.mp4")
    monkeypatch.chdir(path.parent)
    assert probe_video("-i.mp4").frames == 25


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{0}\n#EXT-X-ENDLIST\n"
HOSTILE = {
    "empty.mp4": b"",
    "text.mp4": b"not a video at all\n" * 99,
    "random.mp4": np.random.default_rng(0).bytes(50_000),
    "playlist.mp4": PLAYLIST,
    "list.mp4": b"ffconcat version 1.0\nfile '{0}'\n",
    "dash.mp4": b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    "session.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "boxes.mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(5000),
    "matroska.mkv": b"\x1aE\xdf\xa3" + bytes(5000),
    "gif.gif": b"GIF89a" + b"\xff" * 500,
    "ts.ts": (b"\x47" + bytes(187)) * 50,
    "avi.avi": b"RIFF\xff\xff\xff\xffAVI LIST" + bytes(500),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence(film, tmp_path, name):
    target = str(film("true.mp4")).encode()
    (tmp_path / name).write_bytes(HOSTILE[name].replace(b"{0}", target))
    with pytest.raises(UnreadableVideo) as error:
        probe_video(tmp_path / name)
    assert "\n" not in str(error.value) and name in str(error.value)


def test_a_playlist_behind_magic_bytes_is_refused(film, tmp_path):
    """The demuxer's own allow-list holds, not just our look at the first bytes."""
    from a2s.media import probe, source

    for text in (PLAYLIST, b"ffconcat version 1.0\nfile '{0}'\n"):
        path = tmp_path / "sneaky.mp4"
        path.write_bytes(text.replace(b"{0}", str(film("true.mp4")).encode()))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(source, "is_picture_container", lambda head: True)
            with pytest.raises(UnreadableVideo, match="cannot be opened"):
                probe.probe_video(path)


def test_truncated(film):
    """A file whose index is lost is refused; one that merely ends early is read as far as it goes."""
    whole = film("index-last.mp4")
    whole.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(UnreadableVideo, match="damaged or incomplete"):
        probe_video(whole)
    early = film("early.mkv", options={"bf": "0", "g": "1"})
    early.write_bytes(early.read_bytes()[: early.stat().st_size // 2])
    assert 1 <= probe_video(early).frames < 25


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_still_pictures(tmp_path, suffix):
    from PIL import Image

    path = tmp_path / f"still{suffix}"
    Image.new("RGB", (64, 48), "red").save(path)
    with pytest.raises(UnreadableVideo, match="still picture"):
        probe_video(path)


def test_sound_only(tmp_path):
    write_audio(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    write_audio(tmp_path / "a.flac", np.zeros(16_000), 16_000)
    soundfile.write(tmp_path / "a.mp3", np.zeros(16_000), 16_000)
    for name in ("a.wav", "a.flac", "a.mp3"):
        with pytest.raises(UnreadableVideo, match="sound only"):
            probe_video(tmp_path / name)


def test_a_cover_is_no_video(tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 48), "red").save(tmp_path / "cover.jpg")
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as out, av.open(str(tmp_path / "cover.jpg")) as cover:
        tone = out.add_stream("aac", rate=48_000)
        picture = out.add_stream_from_template(cover.streams.video[0], opaque=True)
        picture.disposition = av.stream.Disposition.attached_pic
        out.start_encoding()
        packet = next(cover.demux())
        packet.stream = picture
        out.mux(packet)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        out.mux(tone.encode(frame))
        out.mux(tone.encode(None))
    with av.open(str(path)) as written:
        assert len(written.streams.video) == 1  # there is something to mistake for a video
    with pytest.raises(UnreadableVideo, match="sound only"):
        probe_video(path)


def test_paths_that_are_not_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path, tmp_path / "missing.mp4", tmp_path / "pipe.mp4", tmp_path / "nul\0.mp4"):
        with pytest.raises(UnreadableVideo):
            probe_video(path)


@pytest.mark.parametrize(
    "limits",
    [Limits(max_bytes=100), Limits(max_seconds=0.5), Limits(max_frames=10), Limits(max_pixels=64 * 48 - 1)],
)
def test_limits(film, limits):
    with pytest.raises((TooLarge, UnreadableVideo)) as error:
        probe_video(film(), limits=limits)
    assert error.type is TooLarge


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "bomb.gif"
    size, colours = b"\x00\xfa\x00\xfa", b"\0\0\0\xff\xff\xff"  # 64 000 x 64 000
    path.write_bytes(b"GIF89a" + size + b"\x80\0\0" + colours + b"," + bytes(4) + size + b"\0\2\2\x4c\1\0;")
    with pytest.raises((TooLarge, UnreadableVideo)):
        probe_video(path)


def test_a_last_frame_that_claims_to_last_an_hour_is_too_long(film):
    path = film(times=[0, 40, 80], length=3_600_000, options={"bf": "0"})
    with pytest.raises(TooLarge, match=r"longer than 30 minutes, .*--limit max_seconds=... or A2S_MAX_SECONDS"):
        probe_video(path, limits=Limits(max_seconds=1800))
