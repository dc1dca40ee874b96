"""Sound files."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from a2s.errors import CannotWrite
from a2s.media import read_audio, write_audio


@pytest.mark.parametrize("name", ["a.wav", "b.FLAC"])
def test_round_trip_at_24_bits(tmp_path, name):
    waveform = np.random.default_rng(0).uniform(-1, 1, 5000).astype(np.float32)
    write_audio(tmp_path / name, waveform, 16_000)
    assert soundfile.info(str(tmp_path / name)).subtype == "PCM_24"
    assert np.abs(soundfile.read(tmp_path / name)[0] - waveform).max() < 2**-22
    assert np.abs(read_audio(tmp_path / name) - waveform).max() < 1e-6


def test_out_of_range_is_clipped(tmp_path):
    write_audio(tmp_path / "a.wav", np.array([2, -2, np.nan, 0.5]), 16_000)
    assert soundfile.read(tmp_path / "a.wav")[0] == pytest.approx([1, -1, 0, 0.5], abs=1e-6)


def test_refusals_leave_nothing(tmp_path):
    (tmp_path / "folder.wav").mkdir()
    for name in ("a.mp3", "a", "none/a.wav", "folder.wav"):
        with pytest.raises(CannotWrite):
            write_audio(tmp_path / name, np.zeros(10), 16_000)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.wav"]


def test_a_file_is_replaced_atomically(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"old")
    write_audio(tmp_path / "a.wav", np.zeros(100), 16_000)
    assert len(soundfile.read(tmp_path / "a.wav")[0]) == 100
    assert len(list(tmp_path.iterdir())) == 1
