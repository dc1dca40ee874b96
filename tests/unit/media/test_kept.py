"""Further sound tracks, subtitles, chapters, tags, covers and attached files of a film are kept, in time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from a2s.media import MuxReport, Soundtrack, mux_soundtrack
from a2s.media.soundtrack import OriginalTrack
from a2s.media.streams import StreamOutcome
from a2s.media.tags import film_tags

RATE = 48_000
SILENCE = np.zeros(16_000, np.float32)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090775"
    "3de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
TITLES = ("Mix", "Mic", "Game")


def tone(hertz: float, seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def rich_film(path: Path, start: float = 0.0) -> Path:
    """A film of 1 s whose picture begins at `start` s: three titled sound tracks, subtitles, chapters, tags."""
    with av.open(str(path), "w") as out:
        picture = out.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        picture.codec_context.time_base = Fraction(1, 1000)
        sounds = [out.add_stream("aac", rate=RATE, layout="mono") for _ in TITLES]
        for sound, title in zip(sounds, TITLES, strict=True):
            sound.metadata.update(title=title, language="deu")
        sounds[0].disposition = Disposition.default
        text = "subrip" if path.suffix == ".mkv" else "mov_text"
        words = out.add_mux_stream(text, time_base=Fraction(1, 1000))
        words.metadata["language"] = "eng"
        out.metadata.update(title="My film", artist="Nobody", comment="Take two", creation_time="2020-02-03T04:05:06Z")
        first = round(1000 * start)
        edges = (("A", 0, 400), ("B", 400, 1000))
        ticks = Fraction(1, 1000)
        out.set_chapters(
            [
                {"id": k, "start": first + a, "end": first + b, "time_base": ticks, "metadata": {"title": title}}
                for k, (title, a, b) in enumerate(edges, 1)
            ]
        )
        out.start_encoding()
        for k in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * k, np.uint8))
            frame.time_base, frame.pts = Fraction(1, 1000), first + 40 * k
            for packet in picture.encode(frame):
                packet.duration = 40
                out.mux(packet)
        out.mux(picture.encode(None))
        for k, sound in enumerate(sounds):
            frame = av.AudioFrame.from_ndarray(tone(400 + 400 * k, 1 + start)[None], "fltp", "mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
        packet = av.Packet(b"hello" if text == "subrip" else b"\0\5hello")
        packet.stream, packet.time_base = words, Fraction(1, 1000)
        packet.pts = packet.dts = first + 500
        packet.duration = 300
        out.mux(packet)
    return path


def loudest(path: Path, track: int) -> float:
    """Frequency in Hz of the loudest component of a sound track."""
    with av.open(str(path)) as container:
        wave = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=track)])
    return float(np.argmax(np.abs(np.fft.rfft(wave))) * RATE / len(wave))


def subtitles(path: Path) -> tuple[str, list[tuple[str, float, float]]]:
    """The codec of the subtitles, and text, time and length in seconds of each of them."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        assert stream.language == "eng"
        for packet in container.demux(stream):
            if text := packet.size and stream.decode2(packet):
                times = (round(float(ticks * packet.time_base), 2) for ticks in (packet.pts, packet.duration))
                found.append((text.rects[0].dialogue.decode(), *times))
        return stream.codec_context.codec.canonical_name, found


@pytest.mark.parametrize("start", [0.0, 0.6])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("source", [".mp4", ".mkv"])
def test_sound_tracks_chapters_and_tags_are_kept(tmp_path, source, suffix, start):
    film, out = rich_film(tmp_path / f"in{source}", start), tmp_path / f"out{suffix}"
    report = mux_soundtrack(film, Soundtrack(SILENCE, 16_000), out, comment="recipe")
    assert report.picture_copied and report.chapters == 2
    tracks = [stream for stream in report.streams if stream.kind == "sound"]
    assert [(one.title, one.outcome, one.replaced) for one in tracks] == [
        ("Mix", "dropped", True), ("Mic", "copied", False), ("Game", "copied", False)
    ]  # fmt: skip
    assert [one.language for one in tracks] == ["deu"] * 3
    with av.open(str(out)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
        assert (tags["title"], tags["artist"], tags["comment"]) == ("My film", "Nobody", "recipe")
        assert tags["creation_time"].startswith("2020-02-03T04:05:06")
        chapters = [
            (float(one["start"] * one["time_base"]), float(one["end"] * one["time_base"]), one["metadata"]["title"])
            for one in container.chapters()
        ]
        assert chapters == [(0, pytest.approx(0.4), "A"), (pytest.approx(0.4), pytest.approx(1), "B")]
        assert [bool(one.disposition & Disposition.default) for one in container.streams.audio] == [True, False, False]
        picture = container.streams.video[0]
        assert next(packet.pts for packet in container.demux(picture)) == 0
    words = next(stream for stream in report.streams if stream.kind == "subtitles")
    text = {".mkv": "subrip"}.get(suffix, "mov_text")
    same = (source == ".mkv") == (suffix == ".mkv")
    assert (words.outcome, words.language) == ("copied" if same else "re-encoded", "eng")
    assert subtitles(out) == (text, [("hello", 0.5, 0.3)])
    assert [loudest(out, track) for track in (1, 2)] == pytest.approx([800, 1200], abs=5)


def test_a_sound_track_that_is_mixed_in_is_not_repeated(tmp_path):
    film = rich_film(tmp_path / "in.mkv")
    mixed = Soundtrack(np.zeros(16_000, np.float32), 16_000, original=OriginalTrack(film, 2))
    report = mux_soundtrack(film, mixed, tmp_path / "out.mp4")
    tracks = [(one.title, one.outcome, one.reason) for one in report.streams if one.kind == "sound"]
    assert tracks == [("Mix", "copied", ""), ("Mic", "re-encoded", "mixed into the dub"), ("Game", "copied", "")]
    assert [loudest(tmp_path / "out.mp4", track) for track in (1, 2)] == pytest.approx([400, 1200], abs=5)


def test_an_encrypted_sound_track_is_left_out(tmp_path):
    film = rich_film(tmp_path / "in.mp4")
    data = film.read_bytes()
    at = data.rindex(b"mp4a")
    film.write_bytes(data[:at] + b"enca" + data[at + 4 :])
    report = mux_soundtrack(film, Soundtrack(SILENCE, 16_000), tmp_path / "out.mp4")
    assert [(one.title, one.reason) for one in report.streams if one.kind == "sound"] == [
        ("Mix", "the dub replaces it"), ("Mic", ""), ("Game", "it is encrypted")
    ]  # fmt: skip


def test_the_own_comment_of_a_film_becomes_its_description():
    assert film_tags({"comment": "mine"}, "recipe") == {"comment": "recipe", "description": "mine"}
    assert film_tags({"COMMENT": "mine", "DESCRIPTION": "text"}, "r") == {"comment": "r", "DESCRIPTION": "text"}
    assert film_tags({"comment": '{"a2s": "1.0"}'}, "recipe") == {"comment": "recipe"}
    assert film_tags({"comment": "mine", "major_brand": "qt"}, None) == {"comment": "mine"}


@pytest.mark.parametrize(("suffix", "kept"), [(".mp4", True), (".mkv", True), (".mov", False)])
def test_a_cover_and_a_font(film, tmp_path, suffix, kept):
    covered, out = tmp_path / "covered.mkv", tmp_path / f"out{suffix}"
    with av.open(str(film("film.mkv"))) as source, av.open(str(covered), "w") as target:
        picture = target.add_stream_from_template(source.streams.video[0], opaque=True)
        target.add_attachment("cover.png", "image/png", PIXEL)
        target.add_attachment("letters.ttf", "font/ttf", b"\0\1\0\0 font")
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = picture
                target.mux(packet)
    report = mux_soundtrack(covered, Soundtrack(SILENCE, 16_000), out)
    outcomes = {stream.kind: stream for stream in report.streams}
    assert outcomes["cover"].outcome == ("copied" if kept else "dropped")
    assert outcomes["attachment"].outcome == ("copied" if suffix == ".mkv" else "dropped")
    with av.open(str(out)) as container:
        covers = [one for one in container.streams.video if one.disposition & Disposition.attached_pic]
        assert len(covers) == kept
        if kept:
            assert bytes(next(container.demux(covers[0]))) == PIXEL
        fonts = [one.data for one in container.streams.attachments]
        assert fonts == ([b"\0\1\0\0 font"] if suffix == ".mkv" else [])


def test_the_line_of_a_report():
    streams = (
        StreamOutcome(0, "picture", "h264", "copied"),
        StreamOutcome(1, "sound", "aac", "dropped", "the dub replaces it", replaced=True),
        StreamOutcome(2, "sound", "aac", "copied", title="Mic"),
        StreamOutcome(3, "data", "gpmd", "dropped", "mkv cannot hold it"),
    )
    assert MuxReport(streams, chapters=2).sentences() == (
        "Picture copied (h264). Kept: 1 further sound track, chapters. Left out: gpmd data (mkv cannot hold it)."
    )
    assert MuxReport((StreamOutcome(0, "picture", "hevc", "re-encoded", "as H.264"),)).sentences() == (
        "Picture re-encoded (hevc: as H.264)."
    )
