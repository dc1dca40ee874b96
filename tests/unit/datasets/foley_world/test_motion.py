"""Limbs touch the surface exactly at the contacts of the plan, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.datasets.foley_world.actors import Actor
from a2s.datasets.foley_world.flight import move
from a2s.datasets.foley_world.motion import Track
from a2s.datasets.foley_world.plan import Activity, Contact, Gesture, make_plan


def _activities(action: str, count: int = 4):
    found = (a for seed in range(400) for a in make_plan(seed, 16.0).activities if a.action == action and a.gestures)
    return [a for a, _ in zip(found, range(count), strict=False)]


def _height(activity: Activity, limbs: int, time: float, seed: int = 5, stones: bool = False) -> float:
    made, _ = move(activity, limbs, stones, np.random.default_rng(seed))
    return min(abs(float(limb.height.at(np.array([time]))[0])) for limb in made)


def test_tracks_pass_their_keys_and_accelerate_towards_them():
    track = Track(0.0, 1.0).to(1.0, 0.0, "accelerate", 2.0).to(2.0, 0.5, "brake")
    assert np.allclose(track.at(np.array([0.0, 1.0, 2.0, 9.0])), [1.0, 0.0, 0.5, 0.5])
    before = track.at(np.array([0.0, 0.1, 0.9, 1.0]))
    assert before[2] - before[3] > 5 * (before[0] - before[1])


@pytest.mark.parametrize("action", ["hit", "knock", "chop", "splash", "step", "bounce", "scrape"])
@pytest.mark.parametrize("limbs", [1, 2])
def test_the_surface_is_reached_at_the_contact(action, limbs):
    for activity in _activities(action):
        for gesture in activity.gestures:
            for contact in gesture.contacts:
                assert _height(activity, limbs, contact.time) < 1e-6


@pytest.mark.parametrize("action", ["hit", "knock", "chop", "bounce"])
def test_a_fall_comes_down_to_the_contact(action):
    for activity in _activities(action):
        made, _ = move(activity, 1, False, np.random.default_rng(1))
        for gesture in activity.gestures:
            if gesture.contacts:
                time = gesture.contacts[0].time
                heights = made[0].height.at(time - np.array([0.03, 0.01, 0.0]))
                assert heights[0] > heights[1] > heights[2] - 1e-9


@pytest.mark.parametrize("action", ["hit", "knock", "chop", "splash"])
def test_a_gesture_without_contact_stays_above_the_surface(action):
    silent = Gesture(1.0, 2.0, 0.8)
    for seed in range(60):
        activity = Activity(action, "wood", 0.0, 4.0, (Gesture(0.2, 0.8, 0.7, (Contact(0.8, 0.7),)), silent))
        made, _ = move(activity, 1, False, np.random.default_rng(seed))
        heights = made[0].height.at(np.linspace(1.5, 2.0, 60))
        assert heights.min() > 0.02, seed


def test_a_harder_strike_arrives_faster():
    def speed(strength: float) -> float:
        gesture = Gesture(1.0, 1.5, 0.25 + 0.75 * strength, (Contact(1.5, strength),))
        made = [
            move(Activity("hit", "wood", 0.0, 3.0, (gesture,)), 1, False, np.random.default_rng(s))[0][0]
            for s in range(40)
        ]
        return float(np.mean([limb.height.at(np.array([1.49]))[0] for limb in made]))

    assert speed(1.0) > 1.5 * speed(0.2)


@pytest.mark.parametrize("action", ["hit", "knock", "chop", "scrape"])
def test_the_tip_of_an_arm_is_at_the_surface_at_contact_and_above_it_elsewhere(action):
    for k, activity in enumerate(_activities(action)):
        rng = np.random.default_rng(k)
        actor = Actor.draw(action, 0.5, rng)
        limb = move(activity, 1, False, rng)[0][0]
        times = np.linspace(activity.start, activity.end, 2000)
        height, tip = limb.height.at(times), actor.arm(limb, times, rng.normal(0, 1, (2000, 2)))[:, 0]
        assert tip[height > 0.05, 2].min(initial=1.0) > 0
        contacts = np.array([c.time for g in activity.gestures for c in g.contacts])
        assert np.abs(actor.arm(limb, contacts, np.zeros((len(contacts), 2)))[:, 0, 2]).max(initial=0.0) < 1e-6


def test_stones_and_pours_meet_the_water_on_time():
    for activity in _activities("splash"):
        for gesture in activity.gestures:
            if gesture.contacts:
                assert _height(activity, 1, gesture.contacts[0].time, stones=True) < 1e-6
    for activity in _activities("pour"):
        limb = move(activity, 1, False, np.random.default_rng(0))[0][0]
        for gesture in activity.gestures:
            if gesture.contacts:
                contact = gesture.contacts[0]
                assert limb.tilt.at(np.array([contact.time + 0.3 * contact.duration]))[0] > 0.9


@pytest.mark.parametrize("action", ["hit", "scrape", "pour", "step", "bounce", "splash"])
def test_an_activity_too_short_for_any_gesture_is_still(action):
    """The last activity of a video may be too short for a stroke."""
    activity = Activity(action, "wood", 23.4, 24.0, ())
    limbs, _ = move(activity, 1, False, np.random.default_rng(0))
    assert all(np.isfinite(limb.height.at(np.array([23.5, 23.9]))).all() for limb in limbs)
