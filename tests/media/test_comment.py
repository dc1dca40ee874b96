"""The comment tag, in which an export carries its recipe."""

from __future__ import annotations

import json

import numpy as np
import pytest

from a2s.errors import BadSettings
from a2s.media import encode_frames, mux, read_audio, read_comment, write_audio
from a2s.take import read_recipe

RECIPE = {"settings": {"seed": 7, "ambient_clip": 'a "quoted" café; name=1\nnext'}, "cues": list(range(500))}
SOUND = 0.1 * np.sin(np.arange(16_000) / 10).astype(np.float32)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_sound_files_carry_it(tmp_path, suffix):
    path = tmp_path / f"take{suffix}"
    write_audio(path, SOUND, 16_000, comment=json.dumps(RECIPE))
    assert read_recipe(path) == RECIPE
    assert np.allclose(read_audio(path, 16_000), SOUND, atol=1e-6), "the tag leaves the sound alone"


def test_mp4_carries_it(tmp_path):
    frames = [(k / 10, np.full((48, 64, 3), 20 * k, np.uint8)) for k in range(10)]
    encode_frames(tmp_path / "silent.mp4", frames, 10)
    mux(tmp_path / "silent.mp4", SOUND, 16_000, tmp_path / "dub.mp4", comment=json.dumps(RECIPE))
    assert read_recipe(tmp_path / "dub.mp4") == RECIPE


def test_files_without_a_recipe_say_so(tmp_path):
    write_audio(tmp_path / "plain.wav", SOUND, 16_000)
    assert read_comment(tmp_path / "plain.wav") == ""
    (tmp_path / "other.json").write_text("[1, 2]")
    for name in ("plain.wav", "other.json"):
        with pytest.raises(BadSettings, match="carries no recipe"):
            read_recipe(tmp_path / name)
