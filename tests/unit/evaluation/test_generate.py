from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s.errors import BadSettings
from a2s.evaluation.experiments import ABLATION_EXPERIMENTS, MAIN_EXPERIMENTS, SWEEPS, TRUE_CUES, Experiment
from a2s.evaluation.generate import SoundGenerator, at_rate, make_all, read_sounds
from a2s.evaluation.plan import Recipe
from a2s.evaluation.pool import Pool
from tests.tiny import tiny_pipeline


@pytest.fixture(scope="module")
def kitchen(worlds_folder, tmp_path_factory) -> SoundGenerator:
    folder = tmp_path_factory.mktemp("kitchen")
    tiny_pipeline().save_pretrained(folder / "model")
    tiny_pipeline(1).save_pretrained(folder / "ablations" / "full")
    return SoundGenerator(
        Recipe(str(folder / "model"), str(worlds_folder), str(worlds_folder), str(folder / "ablations"), clips=3)
    )


def made(kitchen: SoundGenerator, **what) -> np.ndarray:
    return kitchen.sounds(Experiment("row", "a row", **({"steps": 2} | what))).waveforms


def test_every_row_has_a_name_of_its_own():
    rows = [*MAIN_EXPERIMENTS, *ABLATION_EXPERIMENTS, *TRUE_CUES, *(row for sweep in SWEEPS.values() for row in sweep)]
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.cues == "true" for row in TRUE_CUES) and "short-diff-foley" not in {row.model for row in TRUE_CUES}


def test_a_smaller_pool_is_the_beginning_of_the_larger(kitchen):
    pool = kitchen.pool
    assert len(pool) == 4 * 4, "four windows of 3 s in each video of 12 s"
    query = pool.embeddings[9]
    assert pool.nearest(query) == 9 and pool.nearest(query, 9) < 9
    assert np.abs(pool.waveform(9)).max() <= 1


def test_conditions_are_what_the_row_says(kitchen):
    conditions = {name: kitchen.conditions(Experiment("", "", condition=name)) for name in ("neighbour", "low", "zero")}
    assert all(np.array_equal(a, c.neighbour) for a, c in zip(conditions["neighbour"], kitchen.clips, strict=True))
    assert conditions["zero"] == [None] * 3
    assert all(np.square(wave).mean() < 1e-6 for wave in conditions["low"])
    for name in ("retrieved", "random"):
        first, again = (kitchen.conditions(Experiment("", "", condition=name)) for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_rows_differ_by_what_they_name_and_by_nothing_else(kitchen):
    plain = made(kitchen)
    assert plain.shape == (3, 48_000) and np.array_equal(plain, made(kitchen))
    for other in (
        {"condition": "zero"}, {"condition": "neighbour"}, {"model": "full"}, {"vocoder": "griffin-lim"},
        {"steps": 3}, {"guidance_scale": 1.0}, {"fps": 4},
    ):  # fmt: skip
        assert not np.array_equal(plain, made(kitchen, **other)), other
    assert not np.array_equal(plain, made(kitchen, cues="true"))
    truth = made(kitchen, source="truth")
    assert all(np.array_equal(wave, clip.mix) for wave, clip in zip(truth, kitchen.clips, strict=True))
    action = made(kitchen, source="action")
    assert all(np.array_equal(wave, clip.action) for wave, clip in zip(action, kitchen.clips, strict=True))


def test_what_is_missing_is_told(kitchen):
    with pytest.raises(BadSettings, match="no ablation denoised"):
        made(kitchen, model="denoised")
    with pytest.raises(BadSettings, match="--pool"):
        SoundGenerator(replace(kitchen.recipe, pool=None)).conditions(Experiment("", ""))


def test_another_training_into_the_same_folder_is_not_taken_for_the_first(kitchen, worlds_folder, tmp_path):
    for name in ("model", "ablations/full"):
        tiny_pipeline().save_pretrained(tmp_path / name)
    folders = str(tmp_path / "model"), str(worlds_folder), str(worlds_folder), str(tmp_path / "ablations")
    examined, ablated, truth = Experiment("a", ""), Experiment("b", "", model="full"), Experiment("c", "", "truth")

    def digests() -> list[str]:
        return [Recipe(*folders).digest(row) for row in (examined, ablated, truth)]

    first = digests()
    assert digests() == first and len(set(first)) == 3
    tiny_pipeline(2).unet.save_pretrained(tmp_path / "ablations/full/unet")
    second = digests()
    assert [a == b for a, b in zip(first, second, strict=True)] == [True, False, True]
    tiny_pipeline(2).unet.save_pretrained(tmp_path / "model/unet")
    assert all(a != b for a, b in zip(second, digests(), strict=True))


def test_sounds_are_kept_and_made_only_once(kitchen, tmp_path):
    rows, told = [Experiment("truth", "", "truth"), Experiment("b", "", condition="zero", steps=1)], []
    files = make_all(rows, kitchen, tmp_path, told.append, workers=1)
    before = {name: file.stat().st_mtime_ns for name, file in files.items()}
    assert make_all(rows, kitchen, tmp_path, told.append) == files
    assert {name: file.stat().st_mtime_ns for name, file in files.items()} == before
    assert told == ["truth", "b", "truth", "b"]
    assert read_sounds(files["b"]).seconds > 0 and read_sounds(files["truth"]).seconds == 0
    other = make_all([replace(rows[1], steps=2)], kitchen, tmp_path, told.append)
    assert other["b"] != files["b"], "another row of the same name is another sound"


def test_two_processes_make_what_one_makes(kitchen, tmp_path):
    rows = [Experiment("a", "", condition="zero", steps=1), Experiment("b", "", condition="neighbour", steps=1)]
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one = make_all(rows, kitchen, tmp_path / "one", lambda name: None, workers=1)
    two = make_all(rows, kitchen, tmp_path / "two", lambda name: None, workers=2)
    for name in ("a", "b"):
        apart = read_sounds(one[name]).waveforms - read_sounds(two[name]).waveforms
        assert np.abs(apart).max() < 1e-3, "as near as another number of threads comes"


def test_a_slower_rate_keeps_the_way_that_was_gone(kitchen):
    motion = kitchen.clips[0].motion
    slow = at_rate(motion, 6)
    assert len(slow.times) == pytest.approx(len(motion.times) / 4, abs=2)
    ways = [np.sum(m.velocity * np.diff(m.times, prepend=m.times[0])[:, None, None, None], 0) for m in (motion, slow)]
    assert np.allclose(ways[0], ways[1], atol=0.02 * np.abs(ways[0]).max() + 1e-3)
    assert np.allclose(at_rate(motion, 24).velocity[1:], motion.velocity[1:], atol=1e-4)
    assert at_rate(motion, None) is motion


def test_a_pool_is_drawn_anew_by_its_seed(kitchen, worlds_folder):
    first, other = (Pool.build(worlds_folder, kitchen.pipe, seed, limit=5) for seed in (0, 1))
    assert len(first) == 5 and not np.array_equal(first.waveforms, other.waveforms)
