"""The motion of dropped and thrown objects and of walking feet, and `move`, which selects the motion of an action."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from a2s.datasets.foley_world.motion import CLEARANCE, Limb, Manner, Track, pours, strikes, strokes
from a2s.datasets.foley_world.plan import Activity, Gesture


def _fall_time(gesture: Gesture) -> float:
    """Seconds from the release to the first contact: derived from the second contact, else of a free fall."""
    first, *later = gesture.contacts
    if later and first.strength > 0:
        fall = 0.5 * (later[0].time - first.time) / (later[0].strength / first.strength)
    else:
        fall = 0.28 * np.sqrt(gesture.reach)
    return float(np.clip(fall, 0.08, 0.8 * (first.time - gesture.start)))


def _drop(limb: Limb, gesture: Gesture, thrown: bool, rng: np.random.Generator) -> None:
    """Lift (or enter from outside), release, fall from rest and bounce with falling height."""
    first = gesture.contacts[0]
    start, fall = max(limb.height.time, gesture.start), _fall_time(gesture)
    release, top = first.time - fall, gesture.reach
    for track in (limb.height, limb.along, limb.depth, limb.away, limb.held, limb.turn):
        track.hold(start)
    if thrown:
        limb.away.to(start + 1e-3, 1.0).hold(release).to(first.time, 0.0, "accelerate", 1.0)
        limb.height.to(start + 2e-3, top)
        limb.held.to(start + 1e-3, 0.0)
    else:
        grasp = start if limb.held.value == 1.0 else start + 0.45 * (release - start)
        _grasp(limb, start, grasp)
        limb.hand.to(release - min(0.06, 0.3 * (release - start)), top).to(release, top)
        limb.held.hold(release).to(release + rng.uniform(0.2, 0.5), 0.0)
    limb.height.to(release - min(0.06, 0.3 * (release - start)), top).to(release, top)
    limb.along.to(release, rng.uniform(-0.5, 0.5) if rng.random() < 0.5 else 0.0)
    limb.turn.hold(release)
    limb.height.to(first.time, 0.0, "accelerate", 2.0)
    drift, spin = rng.normal(0, 0.12), rng.normal(0, 0.7)
    limb.along.to(first.time, limb.along.value + drift)
    limb.turn.to(first.time, limb.turn.value + spin, "accelerate", 1.0)
    for one, two in pairwise(gesture.contacts):
        flight = 0.5 * (two.time - one.time)
        peak = top * (flight / fall) ** 2
        limb.height.to(one.time + flight, peak, "brake", 2.0).to(two.time, 0.0, "accelerate", 2.0)
        drift, spin = drift * 0.7, -spin * 0.6
        limb.along.to(two.time, float(np.clip(limb.along.value + drift, -1, 1)), "accelerate", 1.0)
        limb.turn.to(two.time, limb.turn.value + spin, "accelerate", 1.0)
    limb.height.hold(max(gesture.end, limb.height.time + 0.02))


def _grasp(limb: Limb, start: float, grasp: float) -> None:
    """A hand approaches the object from `start` on and holds it at `grasp`, both in s."""
    limb.height.hold(grasp)
    if grasp > start:
        limb.held.hold(start).to(grasp, 1.0)
        limb.hand.hold(start).to(grasp, limb.height.value)
        limb.away.hold(start).to(grasp, 0.0)


def drops(activity: Activity, rng: np.random.Generator) -> list[Limb]:
    """An object that is dropped or thrown in. In a silent gesture it is lifted and stays in the hand."""
    limb, thrown = Limb.at_rest(activity.start, 0.0), rng.random() < 0.25
    limb.held = Track(activity.start, 0.0)
    for gesture in activity.gestures:
        if gesture.contacts:
            _drop(limb, gesture, thrown, rng)
            continue
        start = max(limb.height.time, gesture.start)
        if gesture.end - start < 0.2:
            continue
        span, low = gesture.end - start, rng.uniform(CLEARANCE, 0.4)
        up, down = start + 0.65 * span, gesture.end
        for track in (limb.height, limb.along, limb.held, limb.hand):
            track.hold(start)
        _grasp(limb, start, start if limb.held.value == 1.0 else start + 0.35 * span)
        for track in (limb.height, limb.hand):
            track.to(up, max(0.3, gesture.reach)).to(down, low)
        limb.along.to(up, rng.uniform(-0.7, 0.7)).to(down, rng.uniform(-0.5, 0.5))
    limb.height.hold(activity.end)
    return [limb]


def stones(activity: Activity, rng: np.random.Generator) -> list[Limb]:
    """Stones thrown into water: they enter from outside and vanish below the surface."""
    limb = Limb.at_rest(activity.start, -1.0, 1.0)
    limb.held = Track(activity.start, 0.0)
    for gesture in activity.gestures:
        if not gesture.contacts:
            continue
        time = gesture.contacts[0].time
        fall = min(rng.uniform(0.16, 0.4), 0.8 * (time - gesture.start))
        start = max(limb.height.time, time - fall)
        for track in (limb.height, limb.along, limb.away):
            track.hold(start)
        limb.height.to(start + 1e-3, gesture.reach * rng.uniform(0.9, 1.4)).to(
            time, 0.0, "accelerate", rng.uniform(1.2, 2.0)
        )
        limb.along.to(start + 1e-3, rng.uniform(-0.5, 0.5))
        limb.away.to(start + 1e-3, rng.uniform(0.3, 1.0)).to(time, 0.0, "accelerate", 1.0)
        limb.turn.to(time, limb.turn.value + rng.normal(0, 0.5), "accelerate", 1.0)
        limb.height.to(time + 0.03, -0.5).to(time + 0.05, -1.0)
    return [limb]


def steps(activity: Activity, rng: np.random.Generator) -> tuple[list[Limb], Track]:
    """Two feet in turn, and the distance that the ground has passed, in strides. A foot on the ground moves with it."""
    manner = Manner.draw("step", rng)
    walks = rng.random() < 0.75
    feet = [Limb.at_rest(activity.start, 0.0) for _ in range(2)]
    ground, last, turn = Track(activity.start, 0.0), activity.start - 9.0, 0
    for gesture in activity.gestures:
        foot, other = feet[turn % 2], feet[1 - turn % 2]
        if not gesture.contacts:
            start = max(foot.height.time, gesture.start)
            if gesture.end - start > 0.25:
                span = gesture.end - start
                foot.height.hold(start).to(start + 0.4 * span, max(0.2, 0.6 * gesture.reach), manner.lift)
                foot.along.hold(start).to(start + 0.6 * span, foot.along.value + rng.normal(0, 0.3)).to(
                    gesture.end, foot.along.value
                )
                foot.height.to(gesture.end, rng.uniform(CLEARANCE, 0.25))
            continue
        contact = gesture.contacts[0]
        start = max(foot.height.time, gesture.start, last)
        room = max(contact.time - start, 0.06)
        fall = float(np.clip(room * manner.fall_share, 0.05, 0.5 * room + 0.02))
        foot.height.hold(start).to(contact.time - fall, 0.3 + 0.7 * contact.strength, manner.lift)
        foot.height.to(contact.time, 0.0, "accelerate", 1.0 + 1.2 * contact.strength)
        if walks:
            ground.hold(start).to(contact.time, ground.value + 1.0, "accelerate", 1.0)
            foot.along.hold(start).to(contact.time, 0.5, "brake", 1.3)
            other.along.hold(start).to(contact.time, -0.5, "accelerate", 1.0)
            if other.height.value == 0:
                other.height.hold(contact.time)
            else:
                other.height.to(contact.time, 0.0)
        last, turn = contact.time, turn + 1
    return feet, ground


def move(activity: Activity, limbs: int, thrown_stones: bool, rng: np.random.Generator) -> tuple[list[Limb], Track]:
    """The limbs of an activity, and the distance that the ground has passed, in strides.

    limbs: number of hands that strike in turn. thrown_stones: splashes are made by stones, not by hands.
    """
    ground = Track(activity.start, 0.0)
    if activity.action == "step":
        return steps(activity, rng)
    if activity.action == "bounce":
        return drops(activity, rng), ground
    if activity.action == "pour":
        return pours(activity, rng), ground
    if activity.action == "scrape":
        return strokes(activity, rng), ground
    if activity.action == "splash" and thrown_stones:
        return stones(activity, rng), ground
    return strikes(activity, limbs, rng), ground
