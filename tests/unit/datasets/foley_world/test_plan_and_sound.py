"""The script of a long video and its action stem."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.datasets.foley_world.ambience import KINDS
from a2s.datasets.foley_world.plan import PLACES, make_plan
from a2s.datasets.foley_world.sound import TIMBRES, SoundingObject, action_stem
from a2s.datasets.foley_world.world import ambient_stem, read_plan, render_dataset, render_stems
from a2s.errors import BadSettings
from a2s.settings import ACTIONS, MATERIALS
from a2s.vision import Motion


def test_same_seed_same_plan_other_seed_another():
    assert make_plan(4) == make_plan(4)
    assert make_plan(4) != make_plan(5)


def test_plans_are_sound():
    for seed in range(40):
        plan = make_plan(seed)
        assert plan.ambience in PLACES[plan.place] and plan.ambience in KINDS
        for activity in plan.activities:
            ends = [g.end for g in activity.gestures]
            starts = [g.start for g in activity.gestures]
            assert all(a <= b + 1e-9 for a, b in zip(ends, starts[1:])), "gestures follow one another"
            for gesture in activity.gestures:
                assert activity.start <= gesture.start < gesture.end <= activity.end + 1e-9
                assert all(gesture.start <= c.time <= gesture.end for c in gesture.contacts)
        assert all(0 < e.strength <= 1 and 0 <= e.time < plan.seconds for e in plan.events)


def test_every_class_comes_up_and_some_gestures_are_silent():
    plans = [make_plan(seed) for seed in range(150)]
    assert {e.action for p in plans for e in p.events} == set(ACTIONS)
    assert {e.material for p in plans for e in p.events} == set(MATERIALS)
    gestures = [g for p in plans for a in p.activities for g in a.gestures]
    silent = sum(not g.contacts for g in gestures) / len(gestures)
    assert 0.05 < silent < 0.4


def test_sound_begins_at_the_contact():
    """The loudest rise of the stem lies at an impact's time, to 5 ms."""
    for seed in range(30):
        plan = make_plan(seed)
        events = [e for e in plan.events if e.action in ("hit", "knock")]
        times = np.array([e.time for e in plan.events])
        alone = [e for e in events if (np.abs(times - e.time) < 0.3).sum() == 1]
        if not alone:
            continue
        stem = np.abs(action_stem(plan))
        event = max(alone, key=lambda e: e.strength)
        i = round(event.time * 16_000)
        before, after = stem[i - 160 : i - 16].max(), stem[i : i + 160].max()
        assert after > 3 * before
        return
    pytest.fail("no plan had an impact that stands alone")


def test_a_harder_hit_is_louder_and_brighter():
    thing = SoundingObject("wood", np.random.default_rng(0))
    soft, hard = (thing.hit(s, np.random.default_rng(1)) for s in (0.2, 1.0))
    assert np.abs(hard).max() == pytest.approx(5 * np.abs(soft).max(), rel=0.05)

    def centroid(y):
        power = np.abs(np.fft.rfft(y)) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centroid(hard) > centroid(soft)


def test_materials_have_their_own_timbre():
    assert set(TIMBRES) == set(MATERIALS)
    long, short = (SoundingObject(m, np.random.default_rng(0)).t60.max() for m in ("metal", "stone"))
    assert long > 5 * short


def test_ambience_has_the_level_that_the_plan_says():
    plan = make_plan(3)
    stem = ambient_stem(plan)
    assert 20 * np.log10(stem.std()) == pytest.approx(plan.ambient_db, abs=0.2)


def test_stems_never_clip():
    for seed in range(10):
        assert np.abs(render_stems(make_plan(seed)).astype(int).sum(0)).max() < 32768


def test_a_few_frames_are_enough_for_keyframes(tmp_path):
    (folder,) = render_dataset(tmp_path / "world", 0.4, seed=3, workers=1, fps=1.0)
    motion = Motion.load(folder / "motion.npz")
    assert len(motion.times) == len(motion.keyframes) == 24 and motion.keyframes.std() > 5
    with pytest.raises(BadSettings, match="Frames a second"):
        render_dataset(tmp_path / "world", 0.4, fps=0.1)


def test_data_set_is_whole_and_is_not_rendered_twice(tmp_path):
    folders = render_dataset(tmp_path / "world", 0.7, seed=3, picture=False, workers=1)
    assert len(folders) == 2 and not list((tmp_path / "world").glob("*.part"))
    assert read_plan(folders[1]) == make_plan(3_000_001, 24.0)
    before = (folders[0] / "stems.npy").stat().st_mtime_ns
    render_dataset(tmp_path / "world", 0.7, seed=3, picture=False, workers=1)
    assert (folders[0] / "stems.npy").stat().st_mtime_ns == before
