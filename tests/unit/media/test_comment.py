"""The comment tag, in which an export carries its recipe."""

from __future__ import annotations

import json

import numpy as np
import pytest

from a2s.dubbing.take import read_recipe
from a2s.errors import BadSettings
from a2s.media import encode_frames, mux_soundtrack, read_audio, read_comment, write_audio

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
    mux_soundtrack(tmp_path / "silent.mp4", SOUND, 16_000, tmp_path / "dub.mp4", comment=json.dumps(RECIPE))
    assert read_recipe(tmp_path / "dub.mp4") == RECIPE


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".json"])
def test_what_the_file_is_called_does_not_matter(tmp_path, suffix):
    path = tmp_path / f"take{suffix}"
    if suffix == ".json":
        path.write_text("\n" + json.dumps(RECIPE))
    else:
        write_audio(path, SOUND, 16_000, comment=json.dumps(RECIPE))
    assert read_recipe(path.rename(tmp_path / "recipe-1")) == RECIPE


def test_a_recipe_with_very_many_cues_fits_in(tmp_path):
    long = RECIPE | {"cues": [{"time": k / 7, "strength": 0.5, "action": "hit"} for k in range(5000)]}
    encode_frames(tmp_path / "silent.mp4", [(0.0, np.zeros((48, 64, 3), np.uint8))], 10)
    for name in ("take.flac", "take.wav"):
        write_audio(tmp_path / name, SOUND, 16_000, comment=json.dumps(long))
    mux_soundtrack(tmp_path / "silent.mp4", SOUND, 16_000, tmp_path / "take.mp4", comment=json.dumps(long))
    for name in ("take.flac", "take.wav", "take.mp4"):
        assert read_recipe(tmp_path / name) == long


def test_files_without_a_recipe_say_so(tmp_path):
    write_audio(tmp_path / "plain.wav", SOUND, 16_000)
    assert read_comment(tmp_path / "plain.wav") == ""
    (tmp_path / "other.json").write_text("[1, 2]")
    (tmp_path / "half.json").write_text('{"settings": [1')
    (tmp_path / "deep.json").write_text('{"settings": ' + "[" * 100_000)
    (tmp_path / "long.json").write_text('{"settings": {}}' + " " * 9_000_000)
    for name in ("plain.wav", "other.json", "half.json", "deep.json", "long.json"):
        with pytest.raises(BadSettings, match="carries no recipe"):
            read_recipe(tmp_path / name)
