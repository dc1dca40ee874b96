"""Long videos as a data set."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.datasets.foley_world.plan import make_plan
from a2s.datasets.foley_world.world import ambient_stem, read_plan, render_dataset, render_stems
from a2s.errors import BadSettings
from a2s.vision import Motion


def test_ambience_has_the_level_that_the_plan_says():
    plan = make_plan(3)
    stem = ambient_stem(plan)
    assert 20 * np.log10(stem.std()) == pytest.approx(plan.ambient_db, abs=0.2)


def test_stems_never_clip():
    for seed in range(6):
        assert np.abs(render_stems(make_plan(seed, 12.0)).astype(int).sum(0)).max() < 32768


def test_a_few_frames_are_enough_for_keyframes(tmp_path):
    (folder,) = render_dataset(tmp_path / "world", 0.4, seed=3, workers=1, fps=1.0)
    motion = Motion.load(folder / "motion.npz")
    assert len(motion.times) == len(motion.keyframes) == 24 and motion.keyframes.std() > 5
    with pytest.raises(BadSettings, match="frame rate"):
        render_dataset(tmp_path / "world", 0.4, fps=0.1)


def test_a_data_set_is_complete_and_not_rendered_twice(tmp_path):
    folders = render_dataset(tmp_path / "world", 0.7, seed=3, picture=False, workers=1)
    assert len(folders) == 2 and not list((tmp_path / "world").glob("*.part"))
    assert read_plan(folders[1]) == make_plan(3_000_001, 24.0)
    before = (folders[0] / "stems.npy").stat().st_mtime_ns
    render_dataset(tmp_path / "world", 0.7, seed=3, picture=False, workers=1)
    assert (folders[0] / "stems.npy").stat().st_mtime_ns == before
