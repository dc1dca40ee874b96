"""What a picture keeps when it is copied, how it changes when it is encoded, and what the report says about it."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import numpy as np
import pytest

from a2s.media import Soundtrack, mux_soundtrack, read_audio, read_frames
from a2s.media.crop import read_crop
from a2s.media.picture_filter import filtered
from a2s.media.picture_plan import Treatment
from a2s.media.picture_table import COPIED, holds, plays_in_browsers

RATE = 16_000
SILENCE = Soundtrack(np.zeros(RATE, np.float32), RATE)
PQ, HLG, BT2020 = 16, 18, 9
BT709 = 1
PRORES = {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}
EBML = b"\x1aE\xdf\xa3"


def packets(path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


def stream_of(path) -> dict[str, object]:
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        names = "codec_tag", "pix_fmt", "field_order", "color_trc", "color_primaries", "width", "height"
        return {name: getattr(context, name) for name in names}


@pytest.mark.parametrize(
    ("name", "to", "options"),
    [
        ("a.mov", ".mov", {"codec": "prores_ks", "pix_fmt": "yuva444p10le", "options": {"profile": "4444"}}),
        ("a.mov", ".mkv", PRORES),
        ("a.mov", ".mov", {"codec": "png", "pix_fmt": "rgba"}),
        ("a.mov", ".mov", {"codec": "qtrle", "pix_fmt": "argb"}),
        (
            "a.mov",
            ".mov",
            {"codec": "dnxhd", "pix_fmt": "yuv422p", "options": {"profile": "dnxhr_hq"}, "size": (256, 128)},
        ),
        ("a.mkv", ".mkv", {"codec": "ffv1"}),
        ("a.webm", ".mkv", {"codec": "libvpx", "options": {"auto-alt-ref": "0"}}),
        ("a.avi", ".mov", {"codec": "mjpeg", "pix_fmt": "yuvj422p"}),
        ("a.mp4", ".mov", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
        ("a.mp4", ".mkv", {"options": {"bf": "3"}}),
        ("a.mkv", ".mov", {"options": {"bf": "3"}}),
        ("mpeg4.mp4", ".mkv", {"codec": "mpeg4"}),
        ("av1.mkv", ".mkv", {"codec": "libsvtav1", "pix_fmt": "yuv420p10le", "options": {"preset": "12"}}),
    ],
)
def test_container_keeps_the_packets(film, tmp_path, name, to, options):
    video, out = film(name, **options), tmp_path / f"out{to}"
    report = mux_soundtrack(video, SILENCE, out)
    assert report.picture_copied and report.picture.reason == ""
    assert packets(out) == packets(video)
    assert stream_of(out)["pix_fmt"] == stream_of(video)["pix_fmt"]
    for (_, a), (_, b) in zip(read_frames(video, 32), read_frames(out, 32), strict=True):
        assert np.array_equal(a, b)


def test_codes_of_hevc_and_prores(film, tmp_path):
    hevc = film("a.mkv", codec="libx265", options={"x265-params": "log-level=none"})
    for suffix in (".mp4", ".mov"):
        mux_soundtrack(hevc, SILENCE, tmp_path / f"out{suffix}")
        assert stream_of(tmp_path / f"out{suffix}")["codec_tag"] == "hvc1"
    prores = film("a.mov", codec="prores_ks", pix_fmt="yuva444p10le", options={"profile": "4444"})
    mux_soundtrack(prores, SILENCE, tmp_path / "out.mov")
    assert stream_of(tmp_path / "out.mov")["codec_tag"] == stream_of(prores)["codec_tag"]


@pytest.mark.parametrize(
    ("name", "to", "options", "reasons"),
    [
        ("a.mov", ".mp4", PRORES, ["mp4 cannot hold prores", "10 bit", "4:2:2"]),
        ("a.mov", ".mkv", {"codec": "png", "pix_fmt": "rgba"}, ["mkv cannot hold png (mov", "becomes black"]),
        ("a.avi", ".mp4", {}, ["states no presentation times"]),
        ("a.gif", ".mp4", {"codec": "gif", "pix_fmt": "rgb8"}, ["mp4 cannot hold gif"]),
    ],
)  # fmt: skip
def test_reasons_of_an_encoded_picture(film, tmp_path, name, to, options, reasons):
    picture = mux_soundtrack(film(name, **options), SILENCE, tmp_path / f"out{to}").picture
    assert picture.outcome == "re-encoded" and all(reason in picture.reason for reason in reasons), picture.reason


def test_choices(film, tmp_path):
    vp9, ten = film("a.webm", codec="libvpx-vp9"), film("ten.mp4", pix_fmt="yuv420p10le")
    kept = mux_soundtrack(vp9, SILENCE, tmp_path / "a.mp4").picture
    assert kept.outcome == "copied" and "QuickTime and Premiere refuse it" in kept.reason
    asked = mux_soundtrack(vp9, SILENCE, tmp_path / "b.mp4", picture="h264").picture
    assert (asked.outcome, asked.reason) == ("re-encoded", "as H.264, as asked")
    assert mux_soundtrack(vp9, SILENCE, tmp_path / "c.mp4", picture="browser").picture_copied
    assert mux_soundtrack(ten, SILENCE, tmp_path / "d.mp4").picture_copied
    assert not mux_soundtrack(ten, SILENCE, tmp_path / "e.mp4", picture="browser").picture_copied


def test_table():
    assert all(set(names) <= {"mp4", "mov", "mkv"} for names in COPIED.values())
    assert holds("mov", "prores") and not holds("mp4", "prores") and not holds("mkv", "gif")
    assert plays_in_browsers("h264", "yuv420p") and not plays_in_browsers("hevc", "yuv420p")


def test_transparency_of_vp9(film, tmp_path):
    """WebM stores it beside the packets; mkv can, mp4 cannot."""
    video = film("a.webm", codec="libvpx-vp9", pix_fmt="yuva420p")
    assert mux_soundtrack(video, SILENCE, tmp_path / "a.mkv").picture.reason == ""
    with av.open(str(tmp_path / "a.mkv")) as container:
        stream = container.streams.video[0]
        assert {key.lower(): value for key, value in stream.metadata.items()}["alpha_mode"] == "1"
        found = [packet for packet in container.demux(stream) if packet.size]
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        assert decoder.decode(found[0])[0].format.name == "yuva420p"
    assert "transparency is lost" in mux_soundtrack(video, SILENCE, tmp_path / "a.mp4").picture.reason


def test_transparency_becomes_black():
    pixels = np.full((32, 32, 4), 200, np.uint8)
    pixels[:, :16, 3], pixels[:, 16:, 3] = 0, 255
    ((_, flat),) = filtered(iter([(0, av.VideoFrame.from_ndarray(pixels, format="rgba"))]), Treatment(flatten=True))
    rgb = flat.to_ndarray(format="rgb24")
    assert rgb[:, :15].max() == 0 and abs(int(rgb[:, 17:].mean()) - 200) <= 2


def woven(count: int) -> list[av.VideoFrame]:
    """Interlaced frames, top field first, of a bar that moves 3 pixels per field."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=64, height=48, format=av.VideoFormat("yuv420p"), time_base=Fraction(1, 25))
    mark, sink = graph.add("setfield", "tff"), graph.add("buffersink")
    source.link_to(mark)
    mark.link_to(sink)
    graph.configure()
    frames = []
    for k in range(count):
        picture = np.zeros((48, 64, 3), np.uint8)
        for field in (0, 1):
            first = 4 + 3 * (2 * k + field)
            picture[field::2, first : first + 12] = 255
        frame = av.VideoFrame.from_ndarray(picture).reformat(format="yuv420p")
        frame.pts, frame.time_base = k, Fraction(1, 25)
        graph.push(frame)
        frames.append(graph.pull())
    return frames


def combing(rgb: np.ndarray) -> float:
    """How much neighbouring lines differ more than lines of one field."""
    grey = rgb.mean(axis=2)
    return float(np.abs(np.diff(grey, axis=0)).mean() - np.abs(grey[2:] - grey[:-2]).mean())


@pytest.fixture
def interlaced(tmp_path) -> Path:
    path = tmp_path / "interlaced.ts"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg2video", rate=25, options={"flags": "+ildct+ilme", "qmax": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for frame in woven(8):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_interlaced_picture(interlaced, tmp_path):
    """Copied, it stays interlaced with its field order; encoded, it is deinterlaced, one frame for each."""
    top_first = stream_of(interlaced)["field_order"]
    assert top_first in (2, 4)
    for suffix in (".mov", ".mkv"):
        assert mux_soundtrack(interlaced, SILENCE, tmp_path / f"out{suffix}").picture_copied
        assert stream_of(tmp_path / f"out{suffix}")["field_order"] == top_first
    picture = mux_soundtrack(interlaced, SILENCE, tmp_path / "out.mp4").picture
    assert "deinterlaced" in picture.reason and stream_of(tmp_path / "out.mp4")["field_order"] in (0, 1)
    before, after = ([rgb for _, rgb in read_frames(path, 64)] for path in (interlaced, tmp_path / "out.mp4"))
    assert len(before) == len(after) == 8
    assert max(map(combing, after)) < 0.2 * min(map(combing, before))


def hdr_frame(code: np.ndarray, transfer: int) -> av.VideoFrame:
    """A grey ramp. code: (n,) signal 0..1 of n stripes."""
    frame = av.VideoFrame(16 * len(code), 32, "yuv420p10le")
    luma = np.repeat(np.rint(64 + 876 * code), 16)
    for plane, values in zip(frame.planes, (luma, *[np.full(8 * len(code), 512)] * 2), strict=True):
        rows = np.frombuffer(plane, np.uint16).reshape(plane.height, -1)
        rows[:, : len(values)] = values
    frame.color_primaries = frame.colorspace = BT2020
    frame.color_trc, frame.color_range = transfer, 1
    return frame


def pq(candela: np.ndarray) -> np.ndarray:
    """Signal of a luminance in cd/m2 (SMPTE ST 2084)."""
    power = (candela / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def check_levels(luma: np.ndarray) -> None:
    """Black, mid grey, light skin, the white of a page and a highlight (ITU-R BT.2408) lie in the range of SDR."""
    black, grey, skin, white, highlight = (luma[16, 8::16].astype(float) - 16) / 219
    assert black < 0.03 and 0.25 < grey < 0.5 and grey + 0.05 < skin < 0.65 and 0.55 < white < highlight <= 1.01


def test_hlg_becomes_sdr():
    frame = hdr_frame(np.array([0, 0.38, 0.5, 0.75, 1.0]), HLG)
    ((_, made),) = filtered(iter([(0, frame)]), Treatment(to_bt709=True))
    assert (made.format.name, made.color_trc, made.color_primaries, made.colorspace) == ("yuv420p", 1, 1, 1)
    check_levels(np.frombuffer(made.planes[0], np.uint8).reshape(32, -1)[:, :80])


def test_hdr_film(tmp_path):
    """Copied, it keeps bits and tags; as H.264 it is tagged as what it is."""
    video = tmp_path / "hdr.mp4"
    with av.open(str(video), "w") as out:
        stream = out.add_stream("libx265", rate=24, options={"x265-params": "log-level=none"})
        stream.width, stream.height, stream.pix_fmt = 80, 32, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries = context.colorspace = BT2020
        context.color_trc, context.color_range = PQ, 1
        for k in range(3):
            frame = hdr_frame(pq(np.array([0.01, 26, 60, 203, 1000])), PQ)
            frame.pts = k
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert mux_soundtrack(video, SILENCE, tmp_path / "a.mov").picture_copied
    kept = stream_of(tmp_path / "a.mov")
    assert (kept["pix_fmt"], kept["color_trc"], kept["color_primaries"]) == ("yuv420p10le", PQ, BT2020)
    picture = mux_soundtrack(video, SILENCE, tmp_path / "a.mp4", picture="h264").picture
    assert "PQ HDR is tone-mapped to SDR BT.709" in picture.reason
    made = stream_of(tmp_path / "a.mp4")
    assert (made["pix_fmt"], made["color_trc"], made["color_primaries"]) == ("yuv420p", BT709, BT709)
    with av.open(str(tmp_path / "a.mp4")) as container:
        check_levels(next(container.decode(video=0)).to_ndarray()[:32])


def with_clap(path: Path, crop: tuple[int, int, int, int]) -> Path:
    """Insert a `clap` box into an mp4 of 64 x 48 whose index is at its end."""
    data = bytearray(path.read_bytes())
    left, top, right, bottom = crop
    values = 64 - left - right, 1, 48 - top - bottom, 1, left - right, 2, top - bottom, 2
    at = data.index(b"avc1", data.index(b"stsd")) - 4
    size = struct.unpack_from(">I", data, at)[0]
    data[at + size : at + size] = struct.pack(">I4s8i", 40, b"clap", *values)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        begin = data.index(name, data.index(b"moov")) - 4
        struct.pack_into(">I", data, begin, struct.unpack_from(">I", data, begin)[0] + 40)
    path.write_bytes(data)
    return path


def test_crop(film, tmp_path):
    crop = (4, 6, 8, 2)
    video = with_clap(film(), crop)
    assert read_crop(video) == crop and read_crop(film("plain.mp4")) is None
    for suffix in (".mp4", ".mov", ".mkv"):
        assert mux_soundtrack(video, SILENCE, tmp_path / f"out{suffix}").picture_copied
        assert read_crop(tmp_path / f"out{suffix}") == crop
    picture = mux_soundtrack(video, SILENCE, tmp_path / "h264.mp4", picture="h264").picture
    made = stream_of(tmp_path / "h264.mp4")
    assert "cropped" in picture.reason and (made["width"], made["height"]) == (52, 40)
    (_, whole), (_, cut) = next(read_frames(video, 64)), next(read_frames(tmp_path / "h264.mp4", 52))
    assert np.abs(whole[6:46, 4:56].astype(int) - cut).mean() < 4


@pytest.mark.parametrize(
    "data", [b"", b"\x1aE\xdf\xa3" + bytes(40), b"\0\0\0\x10ftypisom" + b"\xff" * 60, b"\x1aE\xdf\xa3" + b"\xff" * 60]
)
def test_damaged_crop_is_none(tmp_path, data):
    (tmp_path / "a.mkv").write_bytes(data)
    assert read_crop(tmp_path / "a.mkv") is None


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("picture", ["copy", "h264"])
def test_flash_and_click(tmp_path, click_track, suffix, picture):
    """A white frame and a click at one time, in a film whose picture begins late and has B-frames."""
    clicks, find = click_track
    flashes = [13, 31]
    video, out = tmp_path / "flash.mkv", tmp_path / f"out{suffix}"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30_000, 1001), options={"bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(45):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 255 if k in flashes else 0, np.uint8))
            frame.pts, frame.time_base = 1001 * (k + 20), Fraction(1, 30_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    times = [k * 1001 / 30_000 for k in flashes]
    mux_soundtrack(video, Soundtrack(clicks(times, 45 * 1001 / 30_000, 48_000), 48_000), out, picture=picture)
    white = [time for time, rgb in read_frames(out, 32) if rgb.mean() > 128]
    sound = read_audio(out, 48_000, align_to_picture=True)
    assert white == pytest.approx(times, abs=0.0005)
    assert find(sound, times, 48_000) == pytest.approx(white, abs=0.0015)
    assert len(sound) / 48_000 == pytest.approx(45 * 1001 / 30_000, abs=0.001)
