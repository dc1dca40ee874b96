"""Broadcast Wave files, read back by wavinfo and libsndfile."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader

from a2s.media import broadcast, read_comment
from a2s.media.broadcast import Broadcast, BroadcastFile

SAMPLES = np.random.default_rng(0).integers(-(2**23), 2**23, (1001, 2), np.int32)


def write(path, about, comment=None, samples=SAMPLES):
    file = BroadcastFile(path, 48_000, 2, about, comment)
    for block in np.array_split(samples, 3):
        file.write(np.left_shift(block, 8))
    file.close()
    return path


def test_wavinfo_reads_every_field(tmp_path):
    about = Broadcast(172_800_000, "Küche: mix", date="2026-01-02", time="03:04:05", lufs=-23.004, true_peak_db=-1.5)
    info = WavInfoReader(str(write(tmp_path / "a.wav", about)))
    read = info.bext
    assert (read.time_reference, read.description, read.originator) == (172_800_000, "K?che: mix", "a2s")
    assert (read.originator_date, read.originator_time, read.version) == ("2026-01-02", "03:04:05", 2)
    assert read.loudness_value == pytest.approx(-23.0) and read.max_true_peak == pytest.approx(-1.5)
    assert (info.fmt.sample_rate, info.fmt.channel_count, info.fmt.bits_per_sample) == (48_000, 2, 24)
    assert info.data.frame_count == len(SAMPLES)


@pytest.mark.parametrize("frames", [1001, 1000, 0])
def test_samples_and_comment_survive(tmp_path, frames):
    path = write(tmp_path / "a.wav", Broadcast(), "a comment ü", SAMPLES[:frames])
    read, rate = soundfile.read(path, dtype="int32", always_2d=True)
    assert rate == 48_000 and np.array_equal(read >> 8, SAMPLES[:frames])
    assert struct.unpack("<I", path.read_bytes()[4:8])[0] == path.stat().st_size - 8
    if frames:
        assert read_comment(path) == "a comment ü"


def test_a_large_file_is_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(broadcast, "LARGEST_RIFF", 4000)
    path = write(tmp_path / "a.wav", Broadcast(5), "comment")
    head = path.read_bytes()[:48]
    riff, data, frames, _ = struct.unpack("<QQQI", head[20:48])
    assert head[:4] == b"RF64" and head[12:16] == b"ds64"
    assert (riff, data, frames) == (path.stat().st_size - 8, SAMPLES.size * 3, len(SAMPLES))
    # libsndfile expects the size of a real RF64 file in the chunk that RIFF uses
    raw = bytearray(path.read_bytes())
    for at in (4, raw.index(b"data") + 4):
        raw[at : at + 4] = b"\xff" * 4
    path.write_bytes(raw)
    read, _ = soundfile.read(path, dtype="int32")
    assert np.array_equal(read >> 8, SAMPLES) and WavInfoReader(str(path)).bext.time_reference == 5


def test_without_loudness_the_fields_are_marked_as_unused():
    chunk = Broadcast().chunk()
    assert len(chunk) == 602 and chunk[412:422] == struct.pack("<5h", *[0x7FFF] * 5)
    assert Broadcast(lufs=-200.0, true_peak_db=0.0).chunk()[412:414] == struct.pack("<h", -9999)
