"""Recipes and reports: in files, as JSON, from version 0.1, and from strangers."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest

from a2s.cues import CueTrack
from a2s.dubbing.recipe import (
    LoudnessFigures,
    ModelSource,
    Recipe,
    Report,
    VideoSource,
    read_recipe,
    read_report,
)
from a2s.errors import BadCues, BadSettings
from a2s.media import Soundtrack, encode_frames, mux_soundtrack, read_audio, read_comment, write_audio
from a2s.pipelines.ambience import AmbienceSource
from a2s.settings import AmbientChange, DubSettings, check_settings

DATA = Path(__file__).resolve().parents[2] / "data"

RECIPE = Recipe(
    DubSettings(
        ambient=0.4,
        seed=7,
        steps=12,
        guidance_scale=2.5,
        ambient_clip='a "quoted" café; name=1\nnext',
        ambient_changes=(AmbientChange(2.5, "rain"),),
    ),
    CueTrack.at(range(500)),
    VideoSource("clip.mp4", "ab" * 32, 6.0, 768, 432, 30.0, 180),
    ModelSource("compact", "cd" * 32),
    (
        AmbienceSource("room", "Room", "a2s", "CC0-1.0", 0.5, "ef" * 32, 0.4, -58.0),
        AmbienceSource("rain", "Rain", None, None, None, "01" * 32, 0.4, -40.0, 2.5),
    ),
    "0f76e25f",
    samples=96_000,
    take=3,
)
REPORT = Report(RECIPE, LoudnessFigures(-28.5, -1.0, 2.0), -63.2, {"reading": 0.5, "generating": 4.0})
OLD = DATA / "recipe-0.1.0.json"
SOUND = 0.1 * np.sin(np.arange(16_000) / 10).astype(np.float32)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_sound_files_carry_it(tmp_path, suffix):
    path = tmp_path / f"take{suffix}"
    write_audio(path, SOUND, 16_000, comment=RECIPE.to_json())
    assert read_recipe(path) == RECIPE
    assert np.allclose(read_audio(path, 16_000), SOUND, atol=1e-6), "the tag leaves the sound alone"


def test_mp4_carries_it(tmp_path):
    frames = [(k / 10, np.full((48, 64, 3), 20 * k, np.uint8)) for k in range(10)]
    encode_frames(tmp_path / "silent.mp4", frames, 10)
    mux_soundtrack(tmp_path / "silent.mp4", Soundtrack(SOUND, 16_000), tmp_path / "dub.mp4", comment=RECIPE.to_json())
    assert read_recipe(tmp_path / "dub.mp4") == RECIPE


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".json"])
def test_what_the_file_is_called_does_not_matter(tmp_path, suffix):
    path = tmp_path / f"take{suffix}"
    if suffix == ".json":
        path.write_text("\n" + RECIPE.to_json())
    else:
        write_audio(path, SOUND, 16_000, comment=RECIPE.to_json())
    assert read_recipe(path.rename(tmp_path / "recipe-1")) == RECIPE


def test_a_recipe_with_very_many_cues_fits_in(tmp_path):
    long = replace(RECIPE, cues=CueTrack.at([k / 7 for k in range(5000)], strength=0.5, action="hit"))
    encode_frames(tmp_path / "silent.mp4", [(0.0, np.zeros((48, 64, 3), np.uint8))], 10)
    for name in ("take.flac", "take.wav"):
        write_audio(tmp_path / name, SOUND, 16_000, comment=long.to_json())
    mux_soundtrack(tmp_path / "silent.mp4", Soundtrack(SOUND, 16_000), tmp_path / "take.mp4", comment=long.to_json())
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


def test_recipe_and_report_come_back_from_json_as_they_were():
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE
    assert Report.from_json(REPORT.to_json()) == REPORT
    assert Recipe.from_json(REPORT.to_json()) == RECIPE, "a report is a recipe too"
    assert Report.from_json(REPORT.tag()) == replace(REPORT, seconds={}), "the same dub is the same file"
    with pytest.raises(FrozenInstanceError):
        RECIPE.take = 1


def test_a_recipe_of_several_takes_gives_that_of_one():
    one = replace(RECIPE, settings=replace(RECIPE.settings, takes=3, first_take=2)).of_take(1)
    assert (one.take, one.settings.takes, one.settings.first_take) == (3, 1, 3)


def test_a_recipe_of_version_0_1_still_loads():
    report = read_report(OLD)
    recipe = report.recipe
    assert recipe.version == "0.1.0" and recipe.video.name == "walking.mp4" and len(recipe.video.sha256) == 64
    assert (recipe.settings.seed, recipe.settings.ambient, recipe.settings.steps) == (7, 0.4, 12)
    assert recipe.uses_cues and recipe.model.name == "compact" and recipe.threads == 1 and len(recipe.cues) > 3
    assert recipe.ambience[0].clip and recipe.ambience[0].amount == 0.4 and recipe.ambience[0].score > 0
    assert report.loudness.lufs < -10 and report.ambience_level_db < -30
    assert {"seeing", "generating"} <= set(report.seconds)
    check_settings(recipe.settings)
    assert Report.from_json(report.to_json()) == report


def test_hears_cues_of_version_0_1_is_read():
    values = json.loads(OLD.read_text()) | {"hears_cues": False}
    assert Recipe.from_dict(values).uses_cues is False


@pytest.mark.parametrize("strange", [None, 5, "x", [], {}, [1], {"name": 3, "clip": [], "sha256": {}, "changes": 7}])
def test_values_of_the_wrong_type_become_defaults(strange):
    names = (
        "video",
        "model",
        "ambient",
        "bank",
        "samples",
        "threads",
        "take",
        "loudness",
        "seconds",
        "uses_cues",
        "a2s",
    )
    values = {"settings": {"seed": 3, "ambient_changes": [{"time": 1.0, "clip": None}]}, "cues": []}
    report = Report.from_dict(values | dict.fromkeys(names, strange))
    assert report.recipe.settings.seed == 3 and len(report.recipe.ambience) == 2
    plain = (report.recipe.video.sha256, report.recipe.model.name, report.recipe.ambience[0].clip, report.loudness.lufs)
    assert all(value is None or isinstance(value, str | float) for value in plain)
    assert Report.from_json(report.to_json()) == report


def test_a_recipe_without_settings_or_cues_is_refused():
    for text in ("[]", "null", "{}", '{"settings": []}', "no json"):
        with pytest.raises(BadSettings):
            Recipe.from_json(text)
    with pytest.raises(BadCues):
        Recipe.from_json('{"settings": {}, "cues": [{"time": "soon"}]}')
