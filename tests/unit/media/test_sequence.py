"""Numbered pictures become a film of constant frame rate, without loss."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from a2s.errors import A2SError, BadSettings, TooLarge, UnreadableVideo
from a2s.limits import Limits
from a2s.media import probe_video
from a2s.media.sequence import is_sequence, read_rate, sequence_files, write_sequence
from tests.unit.media.conftest import corner_picture


def write(folder, suffix=".png", numbers=range(98, 108), prefix="shot_", size=(64, 48)):
    """Pictures whose numbers have no leading zeros, so that their names are not in order."""
    folder.mkdir(exist_ok=True)
    for k, number in enumerate(numbers):
        Image.fromarray(corner_picture(k, *size)).save(folder / f"{prefix}{number}{suffix}")
    return folder


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
def test_a_folder_becomes_a_film(tmp_path, suffix):
    folder = write(tmp_path / "shots", suffix)
    write_sequence(folder, Fraction(24_000, 1001), tmp_path / "film.mov", Limits())
    info = probe_video(tmp_path / "film.mov")
    assert (info.frames, info.fps) == (10, pytest.approx(24_000 / 1001))
    with av.open(str(tmp_path / "film.mov")) as container:
        assert {packet.duration * packet.time_base for packet in container.demux() if packet.size} == {
            Fraction(1001, 24_000)
        }
    with av.open(str(tmp_path / "film.mov")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for k, frame in enumerate(frames):
        difference = np.abs(frame.astype(int) - corner_picture(k, 64, 48)).mean()
        assert difference < 8 if suffix == ".jpg" else difference == 0


def test_png_and_jpg_are_copied_bit_for_bit(tmp_path):
    for suffix in (".png", ".jpg"):
        folder = write(tmp_path / suffix[1:], suffix)
        write_sequence(folder, Fraction(25), tmp_path / "film.mov", Limits())
        with av.open(str(tmp_path / "film.mov")) as container:
            packets = [bytes(packet) for packet in container.demux() if packet.size]
        assert packets == [(folder / f"shot_{number}{suffix}").read_bytes() for number in range(98, 108)]


def test_folder_pattern_and_first_picture_name_the_same_files(tmp_path):
    folder = write(tmp_path / "shots")
    write(folder, ".png", range(3), prefix="other_")
    (folder / "notes.txt").write_text("x")
    names = [f"shot_{number}.png" for number in range(98, 108)]
    for path in (folder / "shot_%04d.png", folder / "shot_98.png"):
        assert is_sequence(path) and [file.name for file in sequence_files(path)] == names
    assert is_sequence(folder)
    with pytest.raises(UnreadableVideo, match=r"several sequences \(other_\*.png, shot_\*.png\)"):
        sequence_files(folder)
    assert not is_sequence(folder / "film.mp4") and not is_sequence(folder / "cover.png")


def test_faults_of_a_sequence_are_one_sentence(tmp_path):
    out, rate = tmp_path / "film.mov", Fraction(25)

    def refused(folder, match, kind: type[A2SError] = UnreadableVideo, limits=None):
        with pytest.raises(kind, match=match):
            write_sequence(folder, rate, out, limits or Limits())
        assert not out.exists()

    refused(write(tmp_path / "gap", numbers=[1, 2, 4]), "gap has a gap: picture 3 is missing")
    (tmp_path / "none").mkdir()
    refused(tmp_path / "none", "holds no numbered pictures")
    sizes = write(tmp_path / "sizes", numbers=[1, 2])
    write(sizes, numbers=[3], size=(32, 48))
    refused(sizes, "shot_3.png is 32 x 48 png; the first picture is 64 x 48 png")
    bad = write(tmp_path / "bad", numbers=[1, 2])
    (bad / "shot_3.png").write_bytes(b"#EXTM3U\n/etc/passwd\n")
    refused(bad, "shot_3.png is not a picture that a2s opens")
    (bad / "shot_3.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    refused(bad, "shot_3.png is damaged")
    long = write(tmp_path / "long", numbers=range(30))
    refused(long, "max_frames", TooLarge, Limits(max_frames=20))
    refused(long, "max_seconds", TooLarge, Limits(max_seconds=1.0))
    refused(long, "max_bytes", TooLarge, Limits(max_bytes=1000))
    refused(long, "damaged, or has more than 0.0 million pixels", limits=Limits(max_pixels=100))


@pytest.mark.parametrize(
    ("text", "rate"),
    [("25", 25), ("23.976", Fraction(24_000, 1001)), ("24000/1001", Fraction(24_000, 1001)), ("12.5", Fraction(25, 2))],
)
def test_rates(text, rate):
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["", "0", "-25", "fast", "1/0", "1e9", "nan"])
def test_bad_rates(text):
    with pytest.raises(BadSettings, match="frame rate"):
        read_rate(text)
