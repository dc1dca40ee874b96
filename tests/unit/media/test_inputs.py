"""Containers and encrypted files: what opens, and the sentence that refuses the others."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from a2s.errors import UnreadableAudio, UnreadableVideo
from a2s.media import Soundtrack, mux_soundtrack, probe_video, read_audio
from tests.unit.media.conftest import corner_picture

SILENCE = np.zeros(16_000, np.float32)


def write(path, codec, size=(64, 48), pix_fmt="yuv420p", container=None, sound=None):
    """A film of 25 frames in 1 s; sound: codec of a tone."""
    with av.open(str(path), "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        tone = out.add_stream(sound, rate=48_000, layout="stereo", bit_rate=128_000) if sound else None
        for k in range(25):
            frame = av.VideoFrame.from_ndarray(corner_picture(k, *size)).reformat(format=pix_fmt)
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if tone:
            wave = 0.3 * np.sin(np.arange(48_000) / 10)
            frame = av.AudioFrame.from_ndarray(np.repeat(wave[None], 2, 0).astype(np.float32), "fltp", "stereo")
            frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), 0
            out.mux(tone.encode(frame))
            out.mux(tone.encode(None))
    return path


def write_y4m(path):
    planes = bytes(range(256)) * 12 + bytes(2 * 24 * 32)
    path.write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + planes) * 25)
    return path


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mxf", "mpeg2video", {"size": (64, 48)}),
        ("a.wmv", "wmv2", {"sound": "wmav2"}),
        ("a.dv", "dvvideo", {"size": (720, 576)}),
        ("a.apng", "apng", {"pix_fmt": "rgba"}),
        ("a.y4m", "", {}),
    ],
)
def test_further_containers_open(tmp_path, name, codec, options):
    path = write(tmp_path / name, codec, **options) if codec else write_y4m(tmp_path / name)
    info = probe_video(path)
    assert (info.frames, info.fps) == (25, pytest.approx(25)) and info.duration == pytest.approx(1)
    assert info.has_audio == ("sound" in options)
    mux_soundtrack(path, Soundtrack(SILENCE, 16_000), tmp_path / "out.mp4")
    after = probe_video(tmp_path / "out.mp4")
    assert (after.frames, after.start) == (25, 0) and after.duration == pytest.approx(1, abs=0.002)


CENC = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0f" * 16, "encryption_kid": "1e" * 16}


def with_key(data: bytes) -> bytes:
    """A live WebM whose track names a key: ContentEncodings at the end of its TrackEntry."""
    key = b"\x47\xe2\x84" + b"key!"  # ContentEncKeyID
    encryption = b"\x50\x35" + bytes([0x80 | (len(key) + 4)]) + b"\x47\xe1\x81\x05" + key  # ContentEncAlgo: AES
    encoding = b"\x50\x33\x81\x01" + encryption  # ContentEncodingType: encryption
    body = b"\x62\x40" + bytes([0x80 | len(encoding)]) + encoding
    encodings = b"\x6d\x80" + bytes([0x80 | len(body)]) + body
    tracks = data.rindex(b"\x16\x54\xae\x6b")  # the first one is in the index
    entry = data.index(b"\xae", tracks + 4)
    grown = bytearray(data)
    end = entry
    for at, width in ((tracks + 4, None), (entry + 1, None)):
        width = 9 - grown[at].bit_length()
        size = int.from_bytes(grown[at : at + width]) + len(encodings)
        end = at + width + size - len(encodings) - (1 << 7 * width)
        grown[at : at + width] = size.to_bytes(width)
    grown[end:end] = encodings
    return bytes(grown)


def test_encrypted_mp4_and_mov(tmp_path):
    path = write(tmp_path / "a.mp4", "libx264", container=CENC, sound="aac")
    with pytest.raises(UnreadableVideo, match=r"a\.mp4 is encrypted \(DRM\)"):
        probe_video(path)
    with pytest.raises(UnreadableAudio, match="is encrypted"):
        read_audio(path)
    clear = write(tmp_path / "b.mp4", "libx264")
    (tmp_path / "fairplay.mov").write_bytes(clear.read_bytes().replace(b"avc1\0\0", b"drmi\0\0"))
    with pytest.raises(UnreadableVideo, match="is encrypted"):
        probe_video(tmp_path / "fairplay.mov")
    assert probe_video(clear).frames == 25


def test_encrypted_webm(tmp_path):
    clear = write(tmp_path / "a.webm", "libvpx-vp9", container={"live": "1"})
    assert probe_video(clear).frames == 25
    (tmp_path / "b.webm").write_bytes(with_key(clear.read_bytes()))
    with pytest.raises(UnreadableVideo, match="is encrypted"):
        probe_video(tmp_path / "b.webm")


def test_encrypted_wmv(tmp_path):
    clear = write(tmp_path / "a.wmv", "wmv2")
    codecs, encryption = "4052d1861d31d011a3a400a0c90348f6", "fbb3112223bdd211b4b700a0c955fc6e"
    data = clear.read_bytes()
    assert bytes.fromhex(codecs) in data
    (tmp_path / "b.wmv").write_bytes(data.replace(bytes.fromhex(codecs), bytes.fromhex(encryption)))
    with pytest.raises(UnreadableVideo, match="is encrypted"):
        probe_video(tmp_path / "b.wmv")


def test_scrambled_transport_stream(tmp_path):
    data = bytearray(write(tmp_path / "a.ts", "mpeg2video").read_bytes())
    for at in range(0, len(data), 188):
        if (data[at + 1] & 0x1F) << 8 | data[at + 2] >= 0x100:  # not the tables
            data[at + 3] |= 0x80
    (tmp_path / "b.ts").write_bytes(data)
    with pytest.raises(UnreadableVideo, match="is encrypted"):
        probe_video(tmp_path / "b.ts")


def test_refused_formats_say_how_to_convert(tmp_path):
    frames = [Image.new("RGB", (64, 48), (k * 80, 0, 0)) for k in range(3)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    (tmp_path / "a.h264").write_bytes(b"\0\0\0\1\x67" + bytes(100))
    (tmp_path / "a.hevc").write_bytes(b"\0\0\0\1\x40" + bytes(100))
    (tmp_path / "a.rm").write_bytes(b".RMF" + bytes(100))
    for name, words in (
        ("a.webp", "an animated WebP"),
        ("a.h264", "raw H.264 stream.*ffmpeg -framerate 25 -i INPUT -c copy"),
        ("a.hevc", "raw HEVC stream"),
        ("a.rm", r"mxf, mpeg, ts, wmv.*ffmpeg -i INPUT"),
    ):
        with pytest.raises(UnreadableVideo, match=words):
            probe_video(tmp_path / name)
