"""A corpus of scenes: whole files in range, the same for the same seed, kept when the rendering is repeated."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from a2s.cli.main import main
from a2s.datasets.recordings import corpus
from a2s.datasets.recordings.corpus import RATE, Sources, draw_scene, load_cast, render_corpus
from a2s.datasets.recordings.labels import Recording
from a2s.datasets.recordings.world import Cast
from a2s.errors import BadSettings

ROWS = [
    Recording("kenney", "knock.wav", "event", "hit", "wood", "kenney:knock", "train", 0.0, -12.0, 0.5, "CC0", "a"),
    Recording("kenney", "silent.wav", "event", "hit", "metal", "kenney:silent", "train", 0.0, -90.0, 0.5, "CC0", "a"),
    Recording("esc10", "1-rain.wav", "ambience", "", "", "esc10:rain", "train", 0.0, -30.0, 1.0, "CC0", "b"),
    Recording("kenney", "other.wav", "event", "hit", "wood", "kenney:other", "held_out", 0.0, -12.0, 0.5, "CC0", "a"),
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Sources:
    folder, rng = tmp_path_factory.mktemp("sources"), np.random.default_rng(0)
    for name in ("kenney", "esc10", "py_impact/material_data", "py_impact/scrape_surfaces"):
        (folder / name).mkdir(parents=True)
    knock = 0.5 * np.exp(-np.arange(24_000) / 2000) * rng.standard_normal(24_000).clip(-1, 1)
    soundfile.write(folder / "kenney" / "knock.wav", knock, RATE)
    soundfile.write(folder / "kenney" / "silent.wav", np.zeros(24_000), RATE)
    soundfile.write(folder / "esc10" / "1-rain.wav", 0.1 * rng.standard_normal(RATE), RATE)
    modes = {"cf": [500.0, 1300.0], "op": [-30.0, -36.0], "rt": [0.2, 0.1]}
    (folder / "py_impact" / "material_data" / "ceramic_2_mm.json").write_text(json.dumps(modes))
    np.save(folder / "py_impact" / "scrape_surfaces" / "ceramic.npy", 1e-6 * rng.standard_normal(4000))
    return Sources(folder, folder / "esc10", folder / "py_impact")


@pytest.fixture(scope="module")
def cast(sources) -> Cast:
    return load_cast(sources, "train", ROWS)


def test_silent_recordings_and_other_splits_are_left_out(cast):
    assert list(cast.library.objects) == list(cast.library.classes) == ["kenney:knock"]
    assert list(cast.library.ambiences) == ["esc10/1-rain.wav"]


def test_scenes_are_written_once(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "SECONDS", 2.0)
    assert render_corpus(tmp_path / "out", cast, 2, seed=3) == 2
    first = np.load(tmp_path / "out" / "00000.npy")
    assert first.shape == (2 * RATE,) and first.dtype == np.int16 and 100 < np.abs(first.astype(int)).max() < 32_200
    assert np.array_equal(first, np.round(32767 * draw_scene(cast, 3, 0)))
    assert render_corpus(tmp_path / "out", cast, 3, seed=3) == 1
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["00000.npy", "00001.npy", "00002.npy"]


@pytest.mark.parametrize("share", [(1.0, 1.0), (0.0, 1.0), (0.0, 0.0)], ids=["recorded", "plan", "synthetic"])
def test_every_kind_of_scene_sounds_and_does_not_clip(cast, share, monkeypatch):
    monkeypatch.setattr(corpus, "SECONDS", 2.0)
    monkeypatch.setattr(corpus, "_RECORDED", share[0])
    monkeypatch.setattr(corpus, "_CAST", share[1])
    sound = draw_scene(cast, 0, 1)
    assert sound.shape == (2 * RATE,) and sound.dtype == np.float32 and 1e-3 < np.abs(sound).max() <= 0.981


def test_a_split_without_recordings_and_an_unknown_one_are_refused(sources):
    with pytest.raises(BadSettings, match="'spare' needs recordings"):
        load_cast(sources, "spare", ROWS)
    with pytest.raises(BadSettings, match="no split 'test'; choose from train"):
        load_cast(sources, "test", ROWS)


def test_the_command_renders_the_split(sources, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(corpus, "SECONDS", 2.0)
    monkeypatch.setattr(corpus, "read_labels", lambda: ROWS)
    folders = [str(sources.recordings), "--ambiences", str(sources.ambiences), "--tables"]
    target = ["-o", str(tmp_path / "out"), "--count", "1"]
    assert main(["world", "render-scenes", *folders, str(sources.tables), *target]) == 0
    assert "1 new scenes, 1 in all" in capsys.readouterr().out and Path(tmp_path / "out" / "00000.npy").is_file()
    assert main(["world", "render-scenes", *folders, str(tmp_path / "none"), *target]) == 2
    assert "does not exist" in capsys.readouterr().err
