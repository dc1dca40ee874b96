from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s.errors import BadSettings
from a2s.evaluation.experiments import ABLATION_EXPERIMENTS, MAIN_EXPERIMENTS, SWEEPS, TRUE_CUE_EXPERIMENTS, Experiment
from a2s.evaluation.generate import SoundGenerator, generate_all, read_audio_file, resample_motion
from a2s.evaluation.plan import EvaluationPlan
from a2s.evaluation.pool import RetrievalPool
from tests.tiny import tiny_pipeline


@pytest.fixture(scope="module")
def generator(model_folder, worlds_folder, tmp_path_factory) -> SoundGenerator:
    ablations = tmp_path_factory.mktemp("ablations")
    tiny_pipeline(1).save_pretrained(ablations / "full")
    return SoundGenerator(
        EvaluationPlan(str(model_folder), str(worlds_folder), str(worlds_folder), str(ablations), clips=3)
    )


def audio(generator: SoundGenerator, **what) -> np.ndarray:
    return generator.audio(Experiment("experiment", "an experiment", **({"steps": 2} | what))).waveforms


def test_every_experiment_has_its_own_name():
    sweeps = [each for sweep in SWEEPS.values() for each in sweep]
    experiments = [*MAIN_EXPERIMENTS, *ABLATION_EXPERIMENTS, *TRUE_CUE_EXPERIMENTS, *sweeps]
    assert len({each.name for each in experiments}) == len(experiments)
    assert all(each.cues == "true" and each.model != "diff-foley" for each in TRUE_CUE_EXPERIMENTS)


def test_a_smaller_pool_is_the_start_of_the_larger(generator):
    pool = generator.pool
    assert len(pool) == 4 * 4, "four windows of 3 s in each video of 12 s"
    query = pool.embeddings[9]
    assert pool.nearest(query) == 9 and pool.nearest(query, 9) < 9
    assert np.abs(pool.waveform(9)).max() <= 1


def test_conditions_are_those_of_the_experiment(generator):
    conditions = {
        name: generator.conditions(Experiment("", "", condition=name)) for name in ("neighbour", "low", "zero")
    }
    assert all(np.array_equal(a, c.neighbour) for a, c in zip(conditions["neighbour"], generator.clips, strict=True))
    assert conditions["zero"] == [None] * 3
    assert all(np.square(wave).mean() < 1e-6 for wave in conditions["low"])
    for name in ("retrieved", "random"):
        first, again = (generator.conditions(Experiment("", "", condition=name)) for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_every_setting_of_an_experiment_changes_its_audio(generator):
    plain = audio(generator)
    assert plain.shape == (3, 48_000) and np.array_equal(plain, audio(generator))
    for other in (
        {"condition": "zero"}, {"condition": "neighbour"}, {"model": "full"}, {"vocoder": "griffin-lim"},
        {"steps": 3}, {"guidance_scale": 1.0}, {"fps": 4},
    ):  # fmt: skip
        assert not np.array_equal(plain, audio(generator, **other)), other
    assert not np.array_equal(plain, audio(generator, cues="true"))
    truth = audio(generator, source="truth")
    assert all(np.array_equal(wave, clip.mix) for wave, clip in zip(truth, generator.clips, strict=True))
    action = audio(generator, source="action")
    assert all(np.array_equal(wave, clip.action) for wave, clip in zip(action, generator.clips, strict=True))


def test_missing_folders_are_named(generator):
    with pytest.raises(BadSettings, match="ablation denoised"):
        audio(generator, model="denoised")
    with pytest.raises(BadSettings, match="--pool"):
        SoundGenerator(replace(generator.plan, pool=None)).conditions(Experiment("", ""))


def test_a_retrained_folder_has_another_digest(generator, worlds_folder, tmp_path):
    for name in ("model", "ablations/full"):
        tiny_pipeline().save_pretrained(tmp_path / name)
    folders = str(tmp_path / "model"), str(worlds_folder), str(worlds_folder), str(tmp_path / "ablations")
    evaluated, ablated, truth = Experiment("a", ""), Experiment("b", "", model="full"), Experiment("c", "", "truth")

    def digests() -> list[str]:
        return [EvaluationPlan(*folders).digest(each) for each in (evaluated, ablated, truth)]

    first = digests()
    assert digests() == first and len(set(first)) == 3
    tiny_pipeline(2).unet.save_pretrained(tmp_path / "ablations/full/unet")
    second = digests()
    assert [a == b for a, b in zip(first, second, strict=True)] == [True, False, True]
    tiny_pipeline(2).unet.save_pretrained(tmp_path / "model/unet")
    assert all(a != b for a, b in zip(second, digests(), strict=True))


def test_audio_is_cached_and_generated_once(generator, tmp_path):
    experiments, names = [Experiment("truth", "", "truth"), Experiment("b", "", condition="zero", steps=1)], []
    files = generate_all(experiments, generator, tmp_path, names.append, workers=1)
    before = {name: file.stat().st_mtime_ns for name, file in files.items()}
    assert generate_all(experiments, generator, tmp_path, names.append) == files
    assert {name: file.stat().st_mtime_ns for name, file in files.items()} == before
    assert names == ["truth", "b", "truth", "b"]
    assert read_audio_file(files["b"]).seconds > 0 and read_audio_file(files["truth"]).seconds == 0
    other = generate_all([replace(experiments[1], steps=2)], generator, tmp_path, names.append)
    assert other["b"] != files["b"], "another experiment of the same name"


def test_two_processes_generate_the_same_as_one(generator, tmp_path):
    experiments = [Experiment("a", "", condition="zero", steps=1), Experiment("b", "", condition="neighbour", steps=1)]
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one = generate_all(experiments, generator, tmp_path / "one", lambda name: None, workers=1)
    two = generate_all(experiments, generator, tmp_path / "two", lambda name: None, workers=2)
    for name in ("a", "b"):
        difference = read_audio_file(one[name]).waveforms - read_audio_file(two[name]).waveforms
        assert np.abs(difference).max() < 1e-3, "up to the number of threads"


def test_a_lower_frame_rate_keeps_the_displacement(generator):
    motion = generator.clips[0].motion
    slow = resample_motion(motion, 6)
    assert len(slow.times) == pytest.approx(len(motion.times) / 4, abs=2)
    paths = [np.sum(m.velocity * np.diff(m.times, prepend=m.times[0])[:, None, None, None], 0) for m in (motion, slow)]
    assert np.allclose(paths[0], paths[1], atol=0.02 * np.abs(paths[0]).max() + 1e-3)
    assert np.allclose(resample_motion(motion, 24).velocity[1:], motion.velocity[1:], atol=1e-4)
    assert resample_motion(motion, None) is motion


def test_a_pool_depends_on_its_seed(generator, worlds_folder):
    first, other = (RetrievalPool.build(worlds_folder, generator.pipe, seed, limit=5) for seed in (0, 1))
    assert len(first) == 5 and not np.array_equal(first.waveforms, other.waveforms)
