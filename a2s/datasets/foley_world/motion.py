"""The motion of hands and tools: the gestures of an activity as smooth tracks of height, position and tilt.

The height is 0 where the tip touches the surface and 1 at a full wind-up. It is 0 at the exact time of each contact,
and stays above `CLEARANCE` in gestures without contacts. The shape of wind-up, fall, rebound and rest is random per
activity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2s.datasets.foley_world.plan import Activity, Gesture

CLEARANCE = 0.1
"""Lowest height of a silent gesture."""


SHAPES = ("smooth", "accelerate", "brake")


class Track:
    """A number over time, interpolated between keys. Each key has a shape for the way to it.

    Shapes: "smooth" has zero speed at both ends, "accelerate" is fastest at the end, "brake" at the start. `power` is
    the sharpness of the latter two; 1 is constant speed.
    """

    def __init__(self, start: float, value: float) -> None:
        self._keys: list[tuple[float, float, int, float]] = [(start, value, 0, 1.0)]

    @property
    def time(self) -> float:
        """Time of the last key in s."""
        return self._keys[-1][0]

    @property
    def value(self) -> float:
        """Value of the last key."""
        return self._keys[-1][1]

    def to(self, time: float, value: float, shape: str = "smooth", power: float = 2.0) -> Track:
        """Add a key at `time`; it replaces keys at or after that time."""
        while len(self._keys) > 1 and self._keys[-1][0] >= time - 1e-6:
            self._keys.pop()
        self._keys.append((time, value, SHAPES.index(shape), power))
        return self

    def hold(self, time: float) -> Track:
        """Keep the value until `time`."""
        return self.to(time, self.value) if time > self.time + 1e-6 else self

    def at(self, times: np.ndarray) -> np.ndarray:
        """Values at `times` (n,) in s."""
        t, v, shape, power = (np.array(column) for column in zip(*self._keys, strict=True))
        if len(t) == 1:
            return np.full(len(times), v[0])
        i = np.clip(np.searchsorted(t, times, side="left"), 1, len(t) - 1)
        u = np.clip((times - t[i - 1]) / np.maximum(t[i] - t[i - 1], 1e-6), 0.0, 1.0)
        kind, p = shape[i], power[i]
        way = np.where(kind == 0, u * u * (3 - 2 * u), np.where(kind == 1, u**p, 1 - (1 - u) ** p))
        return v[i - 1] + (v[i] - v[i - 1]) * way


@dataclass
class Limb:
    """The tracks of one hand, foot or object.

    height: above the surface. along, depth: -1..1 on the surface. tilt: 0..1 of a vessel. away: 0..1, 1 outside the
    picture. held: 1 while a hand holds the object. hand: height of that hand. turn: rotation of the object in turns.
    """

    height: Track
    along: Track
    depth: Track
    tilt: Track
    away: Track
    held: Track
    hand: Track
    turn: Track

    @classmethod
    def at_rest(cls, start: float, height: float, away: float = 0.0, along: float = 0.0) -> Limb:
        """A limb that rests from `start` s on."""
        zero = {name: Track(start, 0.0) for name in ("depth", "tilt", "turn", "hand")}
        return cls(Track(start, height), Track(start, along), away=Track(start, away), held=Track(start, 1.0), **zero)


@dataclass
class Manner:
    """How an actor moves, random per activity.

    fall_share, fall_power: duration and sharpness of the fall. lift: shape of the wind-up. hover: pause at the top in
    s. rebound, rebound_power, slide, dip: what follows the contact. rest, rest_height: between gestures. advance,
    scatter: shift along the surface from strike to strike. amplitude: of the wind-up. silent: kinds of silent
    gestures.
    """

    fall_share: float
    fall_power: float
    lift: str
    hover: float
    rebound: float
    rebound_power: float
    slide: float
    rest: str
    rest_height: float
    advance: float
    scatter: float
    amplitude: float
    dip: float = 0.0
    silent: tuple[str, ...] = ("short", "wave", "past", "fidget", "reach", "leave")

    @classmethod
    def draw(cls, action: str, rng: np.random.Generator) -> Manner:
        """A manner that suits `action`."""
        bounces = rng.random() < {"hit": 0.6, "knock": 0.8, "chop": 0.25}.get(action, 0.0)
        small = {"knock": (0.35, 0.8), "chop": (0.35, 0.9), "step": (0.4, 0.9)}.get(action, (0.6, 1.1))
        return cls(
            fall_share=rng.choice(
                [rng.uniform(0.14, 0.25), rng.uniform(0.25, 0.5), rng.uniform(0.45, 0.65)], p=[0.5, 0.4, 0.1]
            ),
            fall_power=rng.uniform(1.4, 3.0),
            lift=str(rng.choice(["smooth", "brake", "accelerate"], p=[0.72, 0.25, 0.03])),
            hover=rng.uniform(0.02, 0.12) if rng.random() < 0.3 else 0.0,
            rebound=rng.uniform(0.15, 0.7) if bounces else 0.0,
            rebound_power=rng.uniform(1.4, 2.6),
            slide=rng.uniform(0.2, 0.8) if action == "hit" and rng.random() < 0.15 else 0.0,
            rest=str(rng.choice(["hover", "surface", "leave"], p=[0.5, 0.3, 0.2])),
            rest_height=rng.uniform(0.25, 0.9),
            advance=rng.uniform(0.02, 0.14) * rng.choice([-1, 1]) if action == "chop" else 0.0,
            scatter=rng.choice([0.0, 0.05, 0.25]),
            amplitude=rng.uniform(*small),
            dip=rng.uniform(0.1, 0.35) if action == "splash" else 0.0,
        )


def rest(limb: Limb, until: float, manner: Manner, rng: np.random.Generator) -> None:
    """Between gestures: hover, lie on the surface or leave the picture."""
    gap = until - limb.height.time
    if gap < 0.12:
        return
    start, move = limb.height.time, min(gap * 0.9, rng.uniform(0.3, 1.2))
    for track in (limb.along, limb.depth, limb.away):
        track.hold(start)
    resting = manner.rest if rng.random() < 0.75 else str(rng.choice(["hover", "surface", "leave"]))
    if resting == "leave" and gap > 0.7 and limb.away.value == 0.0:
        limb.height.to(start + move, rng.uniform(0.4, 1.0))
        limb.away.to(start + move, 1.0)
    elif resting == "surface" and limb.height.value == 0.0:
        limb.height.hold(until)
    else:
        limb.height.to(
            start + move,
            max(CLEARANCE, manner.rest_height * rng.uniform(0.6, 1.3)),
            str(rng.choice(["smooth", "brake"], p=[0.75, 0.25])),
            1.6,
        )
        limb.along.to(start + move, float(np.clip(limb.along.value + rng.normal(0, 0.3), -1, 1)))


def _move_silently(limb: Limb, gesture: Gesture, manner: Manner, rng: np.random.Generator) -> None:
    """A gesture without contact."""
    start, end, reach = max(gesture.start, limb.height.time + 1e-3), gesture.end, gesture.reach * manner.amplitude
    span, kind = end - start, str(rng.choice(manner.silent))
    for track in (limb.along, limb.depth, limb.away):
        track.hold(start)
    if limb.away.value > 0:
        limb.away.to(start + 0.35 * span, 0.0)
    home, side = limb.along.value, float(rng.choice([-1, 1]))
    if kind == "short":
        fall = np.clip(span * manner.fall_share, 0.06, 0.35)
        stop = end - rng.uniform(0.1, 0.35) * span
        limb.height.to(max(start + 0.1 * span, stop - fall), max(0.35, reach), manner.lift)
        low = rng.uniform(CLEARANCE, 0.35)
        limb.height.to(stop, low, str(rng.choice(["smooth", "accelerate"], p=[0.7, 0.3])), 1.5).to(
            end, low + rng.uniform(0.05, 0.5)
        )
    elif kind == "wave":
        limb.height.to(start + 0.3 * span, max(0.3, reach))
        for k, u in enumerate(np.linspace(0.3, 1.0, int(rng.integers(2, 5)))):
            limb.along.to(start + u * span, home + (-1) ** k * side * rng.uniform(0.3, 1.0) * (u < 1))
        limb.height.to(end, rng.uniform(0.2, 0.8))
    elif kind == "past":
        limb.height.to(start + 0.35 * span, max(0.3, reach)).to(
            start + 0.75 * span, rng.uniform(CLEARANCE, 0.3), "accelerate", manner.fall_power
        )
        limb.along.to(start + 0.35 * span, home).to(end, home + side * rng.uniform(0.7, 1.5), "brake")
        limb.height.to(end, rng.uniform(0.3, 0.8), "brake")
    elif kind == "fidget":
        for u in np.linspace(0.2, 1.0, int(rng.integers(3, 7))):
            limb.height.to(start + u * span, rng.uniform(0.2, 0.45))
            limb.depth.to(start + u * span, rng.normal(0, 0.2) * (u < 1))
    elif kind == "reach":
        limb.height.to(start + 0.5 * span, rng.uniform(0.15, 0.6)).to(end, rng.uniform(0.2, 0.8))
        limb.along.to(start + 0.5 * span, home + side * rng.uniform(0.6, 1.6)).to(end, home)
        limb.depth.to(start + 0.5 * span, rng.normal(0, 0.7)).to(end, 0.0)
    else:
        limb.height.to(end, rng.uniform(0.4, 1.0))
        limb.away.to(end, rng.uniform(0.4, 1.0))


def _strike(limb: Limb, gesture: Gesture, manner: Manner, rng: np.random.Generator) -> None:
    """Wind up, fall, touch at the exact time of the contact, then rebound or stop."""
    contact = gesture.contacts[0]
    begin = limb.height.time
    room = contact.time - begin
    fall = float(np.clip(min(room, 1.2) * manner.fall_share * (1.25 - 0.5 * contact.strength), 0.04, 0.45))
    fall = min(fall, 0.8 * room)
    top = gesture.reach * manner.amplitude * rng.uniform(0.85, 1.15)
    apex = contact.time - fall
    hover = min(manner.hover, 0.3 * (apex - begin))
    start = max(begin, apex - rng.uniform(0.15, 0.8)) if room > 0.5 else begin
    limb.height.hold(start).to(apex - hover, top, manner.lift)
    if hover > 0.01:
        limb.height.to(apex, top * rng.uniform(0.9, 1.15))
    limb.height.to(contact.time, 0.0, "accelerate", manner.fall_power * (0.75 + 0.4 * contact.strength))
    aim = manner.advance + rng.normal(0, 1) * manner.scatter
    for track in (limb.along, limb.depth, limb.away):
        track.hold(start)
    limb.along.to(apex, float(np.clip(limb.along.value + aim if manner.advance else aim, -0.9, 0.9)))
    if limb.away.value > 0:
        limb.away.to(apex, 0.0)
    limb.depth.to(apex, rng.normal(0, 0.5) * manner.scatter)
    _follow_through(limb, gesture, top, manner, rng)


def _follow_through(limb: Limb, gesture: Gesture, top: float, manner: Manner, rng: np.random.Generator) -> None:
    """After the contact: stop, rebound, slide or sink into water. top: height of the wind-up."""
    end, time = gesture.end, gesture.contacts[0].time
    room = end - time
    if manner.rebound and rng.random() < 0.85:
        up = min(rng.uniform(0.03, 0.13), max(room, 0.04))
        limb.height.to(time + up, manner.rebound * top * rng.uniform(0.6, 1.2), "brake", manner.rebound_power)
    elif manner.dip:
        limb.height.to(time + rng.uniform(0.05, 0.12), -manner.dip * gesture.contacts[0].strength, "brake")
        limb.height.to(max(end, time + rng.uniform(0.15, 0.35)), 0.05, "smooth")
    elif manner.slide:
        slide = rng.uniform(0.08, 0.2)
        limb.height.to(time + slide, 0.0)
        limb.along.hold(time).to(time + slide, limb.along.value + manner.slide * rng.choice([-1, 1]), "brake")
    else:
        limb.height.hold(max(end, time + rng.uniform(0.005, 0.05)))


def strikes(activity: Activity, limbs: int, rng: np.random.Generator) -> list[Limb]:
    """Impacts by `limbs` in turn."""
    manner = Manner.draw(activity.action, rng)
    away = float(rng.random() < 0.4)
    made = [
        Limb.at_rest(activity.start, rng.uniform(0.3, 0.9) if activity.action != "step" else 0.0, away)
        for _ in range(limbs)
    ]
    turn = 0
    for gesture in activity.gestures:
        limb = made[turn % limbs]
        if not gesture.contacts:
            if gesture.start > limb.height.time - 0.05 and gesture.end - limb.height.time > 0.2:
                rest(limb, gesture.start, manner, rng)
                _move_silently(limb, gesture, manner, rng)
            continue
        rest(limb, gesture.contacts[0].time - min(0.9, 2.2 * (gesture.contacts[0].time - gesture.start)), manner, rng)
        _strike(limb, gesture, manner, rng)
        turn += 1
    for limb in made:
        rest(limb, activity.end, manner, rng)
    return made


def strokes(activity: Activity, rng: np.random.Generator) -> list[Limb]:
    """Strokes back and forth on the surface.

    Lead-ins come down to it silently; between strokes the tool may lift off.
    """
    manner = Manner.draw("scrape", rng)
    limb, side = (
        Limb.at_rest(activity.start, rng.uniform(0.3, 0.9), float(rng.random() < 0.3)),
        float(rng.choice([-1, 1])),
    )
    gestures = activity.gestures
    shape, power = str(rng.choice(["smooth", "brake"], p=[0.6, 0.4])), rng.uniform(1.1, 2.0)
    lifts, spread = rng.random() < 0.4, rng.uniform(0.5, 1.0)
    for gesture, following in zip(gestures, (*gestures[1:], None)):  # empty for no gestures
        if gesture.contacts:
            contact = gesture.contacts[0]
            if contact.time - limb.height.time > 0.06:
                if lifts:
                    middle = 0.5 * (contact.time + limb.height.time)
                    limb.height.to(middle, rng.uniform(0.08, 0.3))
                    limb.along.hold(limb.height.time).to(contact.time, side * rng.uniform(0.2, 0.6))
                limb.height.to(contact.time, 0.0)
            limb.along.hold(contact.time)
            side = -np.sign(limb.along.value) if abs(limb.along.value) > 0.15 else -side
            limb.along.to(contact.time + contact.duration, side * spread * (0.15 + 0.7 * gesture.reach), shape, power)
            limb.height.to(contact.time + contact.duration, 0.0)
        elif following is not None and following.contacts and gesture.reach == 0.4:
            rest(limb, gesture.start, manner, rng)
            start = max(limb.height.time, gesture.start)
            limb.height.hold(start).to(gesture.end, 0.0, str(rng.choice(["smooth", "brake"])))
            limb.along.hold(start).to(gesture.end, side * rng.uniform(0.2, 0.8))
            limb.away.hold(start).to(gesture.end, 0.0)
        else:
            rest(limb, gesture.start, manner, rng)
            _move_silently(limb, gesture, manner, rng)
    rest(limb, activity.end, manner, rng)
    return [limb]


def pours(activity: Activity, rng: np.random.Generator) -> list[Limb]:
    """A vessel that tilts until it pours, and returns."""
    manner = Manner.draw("pour", rng)
    high = rng.uniform(0.7, 1.3)
    limb = Limb.at_rest(activity.start, high, float(rng.random() < 0.3))
    for gesture in activity.gestures:
        if not gesture.contacts:
            manner.silent = ("wave", "reach", "leave", "tilt")
            start = max(gesture.start, limb.height.time + 1e-3)
            _move_silently(limb, gesture, manner, rng)
            if rng.random() < 0.5:
                middle = 0.5 * (start + gesture.end)
                limb.tilt.hold(start).to(middle, rng.uniform(0.1, 0.35)).to(gesture.end, 0.0)
            continue
        contact = gesture.contacts[0]
        start = max(gesture.start, limb.height.time)
        full = min(contact.time - 0.03, max(contact.time - 0.06, start + 0.05))
        for track in (limb.height, limb.tilt, limb.away, limb.along):
            track.hold(start)
        limb.tilt.to(full, 1.0, str(rng.choice(["smooth", "brake"])))
        limb.away.to(full, 0.0)
        limb.along.to(full, 0.0)
        limb.height.to(full, gesture.reach * high + 0.2)
        stop = contact.time + contact.duration - 0.05
        limb.height.to(stop, gesture.reach * high + 0.2 + rng.normal(0, 0.1))
        limb.tilt.to(stop, rng.uniform(0.95, 1.2)).to(max(gesture.end, stop + 0.1), 0.0)
        limb.height.to(max(gesture.end, stop + 0.1), high)
    return [limb]
