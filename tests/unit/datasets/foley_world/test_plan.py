"""The plan of a long video."""

from __future__ import annotations

from a2s.datasets.foley_world.ambience import KINDS
from a2s.datasets.foley_world.plan import PLACES, make_plan
from a2s.settings import ACTIONS, MATERIALS


def test_the_same_seed_gives_the_same_plan():
    assert make_plan(4) == make_plan(4)
    assert make_plan(4) != make_plan(5)


def test_plans_are_consistent():
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


def test_every_class_occurs_and_some_gestures_are_silent():
    plans = [make_plan(seed) for seed in range(150)]
    assert {e.action for p in plans for e in p.events} == set(ACTIONS)
    assert {e.material for p in plans for e in p.events} == set(MATERIALS)
    gestures = [g for p in plans for a in p.activities for g in a.gestures]
    silent = sum(not g.contacts for g in gestures) / len(gestures)
    assert 0.05 < silent < 0.4
