"""Data tracks, tags and boxes of the picture that ffmpeg cannot write are carried over into mp4 and mov files."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from a2s.media import Soundtrack, mux_soundtrack, probe_video
from a2s.media.boxes import Node, children, content, found, parsed, whole
from a2s.media.grafts import SPHERICAL, Grafts, metadata
from a2s.media.sample_tables import chunks, edited, set_chunk_offsets

SILENCE = Soundtrack(np.zeros(16_000, np.float32), 16_000)
XML = b"<rdf:SphericalVideo><GSpherical:Spherical>true</GSpherical:Spherical></rdf:SphericalVideo>"
UNITY = b"\0\1\0\0" + bytes(12) + b"\0\1\0\0" + bytes(12) + b"\x40\0\0\0"


def box(kind: bytes, *parts: bytes) -> bytes:
    return Node(b"free", b"".join(parts)).packed().replace(b"free", kind, 1)


def telemetry(samples: list[bytes], at: int, reference: bytes = b"\0\0\0\1") -> bytes:
    """A track of telemetry: 100 ticks per second, one chunk per sample, samples back to back from offset `at`."""
    count, sizes = len(samples), [len(sample) for sample in samples]
    offsets = [at + sum(sizes[:k]) for k in range(count)]
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), box(b"gpmd", bytes(7) + b"\1")),
        box(b"stts", struct.pack(">IIII", 0, 1, count, 100 // count)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(f">III{count}I", 0, 0, count, *sizes)),
        box(b"stco", struct.pack(f">II{count}I", 0, count, *offsets)),
    )
    dinf = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", reference)))
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 100, 100, 0x55C4, 0)),
        box(b"hdlr", bytes(8) + b"meta" + bytes(12) + b"GoPro MET\0"),
        box(b"minf", box(b"gmhd", box(b"gmin", bytes(16))), dinf, table),
    )
    return box(b"trak", box(b"tkhd", struct.pack(">IIIIII", 3, 0, 0, 7, 0, 1000), bytes(16), UNITY, bytes(8)), media)


def camera_file(film: Path, samples: list[bytes], reference: bytes = b"\0\0\0\1") -> Path:
    """The film with a track of telemetry, user data of the camera, and a 360-degree mark on its picture."""
    with film.open("rb") as file:
        moov = next(found(file, whole(file), b"moov"))
        nodes = parsed(content(file, moov, 2**20))
        data = film.read_bytes()
    at = len(data) + 8
    tree = Node(b"moov", nodes=nodes)
    picture = tree.first(b"trak")
    picture.nodes.append(Node(b"uuid", SPHERICAL + XML))
    tree.nodes += parsed(telemetry(samples, at, reference))
    udta = Node(b"udta", nodes=[Node(b"FIRM", b"HD9.01"), Node(b"\xa9xyz", b"\0\x0c\x15\xc7+10.0+020.0/")])
    tree.nodes.append(udta)
    old = data[moov.at : moov.end]
    assert data.endswith(old), "the index comes last"
    mdat = box(b"mdat", *samples)
    free = box(b"free", bytes(len(old) - 8))  # in the place of the old index, so that all offsets stay
    path = film.with_name("camera.mp4")
    path.write_bytes(data[: moov.at] + free + mdat + tree.packed())
    return path


SAMPLES = [b"DEVC one", b"DEVC the second", b"", b"DEVC four"]


def tracks(path: Path) -> dict[str, list[bytes]]:
    """The samples of each data track by its code, read by their chunks."""
    made = {}
    with path.open("rb") as file:
        for trak in found(file, next(found(file, whole(file), b"moov")), b"trak"):
            node = Node(b"trak", nodes=parsed(content(file, trak, 2**20)))
            table = node.first(b"mdia", b"minf", b"stbl")
            code = parsed(table.first(b"stsd").data[8:])[0].kind.decode()
            offsets, sizes = chunks(table)
            data = []
            for offset, size in zip(offsets.tolist(), sizes.tolist(), strict=True):
                file.seek(offset)
                data.append(file.read(size))
            made[code] = data
    return made


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p"])
def test_a_camera_file_keeps_its_telemetry_and_its_projection(film, tmp_path, suffix, pix_fmt):
    source, out = camera_file(film(pix_fmt=pix_fmt), SAMPLES), tmp_path / f"out{suffix}"
    report = mux_soundtrack(source, SILENCE, out, comment="recipe")
    (data,) = (stream for stream in report.streams if stream.kind == "data")
    assert (data.codec, data.outcome) == ("gpmd", "copied") and "Kept: gpmd data." in report.sentences()
    assert tracks(out)["gpmd"] == SAMPLES
    info = probe_video(out)
    assert (info.frames, info.start) == (25, 0) and info.duration == pytest.approx(1, abs=0.002)
    with av.open(str(out)) as container:
        (stream,) = container.streams.data
        read = [bytes(packet) for packet in container.demux(stream) if packet.size]
        assert read == [sample for sample in SAMPLES if sample]
        assert container.metadata["location"] == "+10.0+020.0/" and container.metadata["comment"] == "recipe"
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 25
    whole_file = out.read_bytes()
    assert whole_file.count(SPHERICAL + XML) == 1 and b"FIRMHD9.01" in whole_file
    assert whole_file.index(b"moov") < whole_file.index(b"mdat")


def test_mkv_names_the_telemetry_that_it_cannot_hold(film, tmp_path):
    report = mux_soundtrack(camera_file(film(), SAMPLES), SILENCE, tmp_path / "out.mkv")
    assert report.sentences() == "Picture copied (h264). Left out: gpmd data (mkv cannot hold it)."


def test_samples_in_another_file_are_not_read(film, tmp_path):
    source = camera_file(film(), SAMPLES, reference=b"\0\0\0\0file:///etc/passwd\0")
    report = mux_soundtrack(source, SILENCE, tmp_path / "out.mp4")
    assert "gpmd data (its samples are not in the file)" in report.sentences()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(struct.pack(">III", 0, 0, 4), struct.pack(">III", 0, 2**31, 4)),
        lambda data: data.replace(b"stsz", b"skip"),
        lambda data: data.replace(b"stsc", b"skip"),
        lambda data: data.replace(b"\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", b"\0\0\0\1\0\0\0\1\xff\xff\xff\xff\0\0\0\1"),
    ],
)  # fmt: skip
def test_a_damaged_track_is_left_out(film, tmp_path, spoil):
    source = camera_file(film(), SAMPLES)
    data = source.read_bytes()
    at = data.rindex(b"gmhd")
    source.write_bytes(data[:at] + spoil(data[at:]))
    assert source.read_bytes() != data
    grafts = Grafts(source, Fraction(0), Fraction(1), from_mov=True)
    assert grafts.take_track(7) and not grafts.tracks
    mux_soundtrack(source, SILENCE, tmp_path / "out.mp4")
    assert probe_video(tmp_path / "out.mp4").frames == 25


def test_tags_of_phones_are_kept(film, tmp_path):
    source = tmp_path / "phone.mov"
    with av.open(str(film())) as first, av.open(str(source), "w", options={"movflags": "use_metadata_tags"}) as out:
        picture = out.add_stream_from_template(first.streams.video[0], opaque=True)
        out.metadata.update({"com.apple.quicktime.make": "Maker", "com.apple.quicktime.model": "M \u00e9"})
        for packet in first.demux(first.streams.video[0]):
            if packet.size:
                packet.stream = picture
                out.mux(packet)
    for suffix in (".mp4", ".mov", ".mkv"):
        mux_soundtrack(source, SILENCE, tmp_path / f"out{suffix}", comment="recipe")
        with av.open(str(tmp_path / f"out{suffix}")) as container:
            tags = {key.lower(): value for key, value in container.metadata.items()}
        assert tags["com.apple.quicktime.make"] == "Maker" and tags["com.apple.quicktime.model"] == "M \u00e9"
        assert tags["comment"] == "recipe"


@pytest.mark.parametrize(("suffix", "timecode"), [(".mp4", "01:00:00;00"), (".mov", "10:20:30:05")])
def test_the_timecode_track(film, tmp_path, suffix, timecode):
    """Drop-frame at 29.97, and plain at 25 frames per second; mkv keeps it as a tag."""
    source = tmp_path / f"in{suffix}"
    rate = Fraction(30_000, 1001) if ";" in timecode else Fraction(25)
    with av.open(str(source), "w") as out:
        picture = out.add_stream("libx264", rate=rate)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        picture.metadata["timecode"] = timecode
        for k in range(30):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 8 * k, np.uint8))
            frame.pts, frame.time_base = k, 1 / rate
            for packet in picture.encode(frame):
                out.mux(packet)
        out.mux(picture.encode(None))
    for out_suffix in (".mp4", ".mov", ".mkv"):
        report = mux_soundtrack(source, SILENCE, tmp_path / f"out{out_suffix}")
        assert "Kept: timecode." in report.sentences()
        with av.open(str(tmp_path / f"out{out_suffix}")) as container:
            tags = {key.lower(): value for key, value in container.streams.video[0].metadata.items()}
            assert tags["timecode"] == timecode
            assert len(container.streams.data) == (out_suffix != ".mkv")


def track_of(edits: bytes = b"") -> Node:
    (track,) = parsed(telemetry([b"x"] * 4, 0))
    if edits:
        track.nodes.insert(1, Node(b"edts", nodes=[Node(b"elst", edits)]))
    return track


def entries(node: Node) -> list[tuple[int, int]]:
    data = node.nodes[0].data
    return [struct.unpack(">Qq", data[at : at + 16]) for at in range(8, len(data), 20)]


def test_edit_lists_follow_the_first_frame():
    half = Fraction(1, 2)
    assert entries(edited(track_of(), 600, Fraction(0), Fraction(10), 1000)) == [(1000, 0)]
    assert entries(edited(track_of(), 600, half, Fraction(10), 1000)) == [(500, 50)]
    late = struct.pack(">IIIiIIiI", 0, 2, 300, -1, 1 << 16, 600, 10, 1 << 16)  # half a second later, from tick 10
    assert entries(edited(track_of(late), 600, Fraction(0), Fraction(10), 1000)) == [(500, -1), (900, 10)]
    assert entries(edited(track_of(late), 600, half / 2, Fraction(10), 1000)) == [(250, -1), (900, 10)]
    assert entries(edited(track_of(late), 600, Fraction(1), half / 2, 1000)) == [(250, 60)]
    with pytest.raises(ValueError, match="outside of the picture"):
        edited(track_of(), 600, Fraction(2), Fraction(10), 1000)
    twice = struct.pack(">IIIiIIiI", 0, 2, 300, 0, 1 << 16, 300, 50, 1 << 16)
    with pytest.raises(ValueError, match="several pieces"):
        edited(track_of(twice), 600, Fraction(0), Fraction(10), 1000)


def test_boxes_read_back_as_they_were():
    data = metadata({"com.apple.quicktime.make": "Maker"})
    tree = Node(b"moov", nodes=[Node(b"meta", data), Node(b"udta", nodes=[Node(b"FIRM", b"1")])])
    again = parsed(tree.packed())
    assert again[0].packed() == tree.packed()
    assert [one.kind for one in children(io.BytesIO(data), 0, len(data))] == [b"hdlr", b"keys", b"ilst"]
    assert not list(children(io.BytesIO(b"\0\0\0\4free"), 0, 8)), "a box smaller than its header"
    assert not list(children(io.BytesIO(b"\0\0\xff\xfffree"), 0, 8)), "a box larger than its parent"


def test_large_offsets_take_64_bits():
    table = track_of().first(b"mdia", b"minf", b"stbl")
    set_chunk_offsets(table, np.array([1, 2**33, 3, 4]), wide=True)
    offsets, sizes = chunks(table)
    assert offsets.tolist() == [1, 2**33, 3, 4] and sizes.tolist() == [1, 1, 1, 1]
