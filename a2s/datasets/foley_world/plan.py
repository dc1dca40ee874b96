"""The plan of one long procedural video: its place, gestures and contacts, used by its sound and its picture.

A plan depends on its seed alone. The action stem is synthesised from its contacts and the picture is drawn from its
gestures, so both agree to the sample. Times are seconds from the start of the video.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2s.settings import ACTIONS, MATERIALS

PLACES: dict[str, dict[str, float]] = {
    "kitchen": {"kitchen": 0.7, "hum": 0.2, "room": 0.1},
    "living room": {"room": 0.5, "fan": 0.2, "quiet": 0.3},
    "office": {"fan": 0.5, "hum": 0.3, "room": 0.2},
    "workshop": {"workshop": 0.7, "hum": 0.2, "fan": 0.1},
    "studio": {"quiet": 0.7, "room": 0.3},
    "bathroom": {"fan": 0.6, "stream": 0.2, "hum": 0.2},
    "street": {"traffic": 0.8, "crowd": 0.2},
    "cafe": {"crowd": 0.7, "kitchen": 0.3},
    "forest": {"birds": 0.5, "wind": 0.4, "insects": 0.1},
    "garden": {"birds": 0.5, "insects": 0.3, "wind": 0.2},
    "porch": {"rain": 0.9, "wind": 0.1},
    "riverside": {"stream": 0.8, "birds": 0.2},
    "beach": {"sea": 0.8, "wind": 0.2},
    "night field": {"insects": 0.8, "wind": 0.2},
}
"""Places, and the probabilities of their kinds of ambience. Retrieval has to learn this relation."""

SOLID = tuple(m for m in MATERIALS if m != "water")
SURFACES = {
    "pour": ("water",),
    "splash": ("water",),
    "chop": ("wood", "wood", "plastic", "stone"),
    "step": ("wood", "stone", "cloth", "metal"),
}
"""The materials that an action may meet. Default: every solid one."""


@dataclass(frozen=True)
class Contact:
    """A moment that sounds. time: s; strength: 0..1; duration: s, 0 for an impact."""

    time: float
    strength: float
    duration: float = 0.0


@dataclass(frozen=True)
class Gesture:
    """One movement of the hand from `start` to `end` in s. Without contacts it is silent: a near miss, a turn, a
    fidget.

    reach: 0..1, size of the wind-up. Contacts lie within [start, end], except later bounces of a dropped object.
    """

    start: float
    end: float
    reach: float
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class Activity:
    """One action on one material during [start, end) s."""

    action: str
    material: str
    start: float
    end: float
    gestures: tuple[Gesture, ...]


@dataclass(frozen=True)
class Event:
    """The true cue of a contact, with the fields of `a2s.cues.Cue`."""

    time: float
    strength: float
    action: str
    material: str
    duration: float


@dataclass(frozen=True)
class Plan:
    """One long video. ambient_db: RMS of the ambience in dBFS. action_db: gain of the action stem in dB."""

    seed: int
    seconds: float
    place: str
    ambience: str
    ambient_db: float
    action_db: float
    activities: tuple[Activity, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The true events in order of time."""
        found = [
            Event(c.time, c.strength, a.action, a.material, c.duration)
            for a in self.activities
            for g in a.gestures
            for c in g.contacts
            if c.time < self.seconds - 0.02
        ]
        return tuple(sorted(found, key=lambda event: event.time))


RHYTHMS = {
    "hit": ((1, 6), (0.28, 0.95)),
    "chop": ((2, 9), (0.19, 0.5)),
    "knock": ((2, 6), (0.15, 0.32)),
    "splash": ((1, 3), (0.6, 1.4)),
    "step": ((3, 7), (0.4, 0.75)),
}
"""Repeated impacts: ranges of their number in a row and of their period in s."""


def _impacts(action: str, t: float, rng: np.random.Generator) -> list[Gesture]:
    (low, high), (fast, slow) = RHYTHMS[action]
    count, period = int(rng.integers(low, high)), rng.uniform(fast, slow)
    jitter = rng.choice([0.03, 0.15, 0.3])
    made = []
    for _ in range(count):
        step = period * float(np.clip(1 + jitter * rng.standard_normal(), 0.6, 1.7))
        strength = float(np.clip(rng.beta(2.2, 1.6), 0.12, 1.0))
        dwell = rng.uniform(0.0, 0.1) if rng.random() < 0.5 else 0.0
        made.append(Gesture(t, t + step + dwell, 0.25 + 0.75 * strength, (Contact(t + step, strength),)))
        t += step + dwell
    return made


def _strokes(t: float, rng: np.random.Generator) -> list[Gesture]:
    lead = rng.uniform(0.12, 0.4)
    made, strength = [Gesture(t, t + lead, 0.4)], rng.uniform(0.3, 1.0)
    t += lead
    for _ in range(int(rng.integers(1, 7))):
        length = rng.uniform(0.15, 0.6)
        reach = rng.uniform(0.3, 1.0)
        force = float(np.clip(strength * min(1.0, 0.45 * reach / length + 0.35), 0.1, 1.0))
        made.append(Gesture(t, t + length, reach, (Contact(t, force, length),)))
        t += length + (rng.uniform(0.08, 0.3) if rng.random() < 0.35 else 0.0)
    return made


def _pour(t: float, rng: np.random.Generator) -> list[Gesture]:
    tilt, length, fall = rng.uniform(0.2, 0.5), rng.uniform(0.5, 2.5), rng.uniform(0.04, 0.12)
    contact = Contact(t + tilt + fall, rng.uniform(0.35, 1.0), length)
    return [Gesture(t, t + tilt + length + rng.uniform(0.15, 0.35), rng.uniform(0.4, 0.9), (contact,))]


def _drop(t: float, rng: np.random.Generator) -> list[Gesture]:
    """A dropped object: lift, fall from rest, and rebounds with a constant coefficient of restitution."""
    height, restitution = rng.uniform(0.4, 1.1), rng.uniform(0.4, 0.75)
    lift = rng.uniform(0.25, 0.8)
    fall = rng.uniform(0.2, 0.36) * np.sqrt(height)
    strength = float(np.clip(rng.uniform(0.45, 1.0) * height, 0.15, 1.0))
    when, contacts, flight = t + lift + fall, [], fall
    contacts.append(Contact(when, strength))
    for _ in range(6):
        flight, strength = flight * restitution, strength * restitution
        if strength < 0.08 or flight < 0.045:
            break
        when += 2 * flight
        contacts.append(Contact(when, strength))
    return [Gesture(t, when + rng.uniform(0.05, 0.2), height, tuple(contacts))]


def _gestures(action: str, start: float, end: float, rng: np.random.Generator) -> tuple[Gesture, ...]:
    t, made = start + rng.uniform(0.05, 0.6), []
    while t < end - 0.4:
        if rng.random() < 0.22:
            span = min(rng.uniform(0.4, 1.3), end - t)
            made.append(Gesture(t, t + span, rng.uniform(0.2, 1.0)))
            t += span
        if action == "scrape":
            new = _strokes(t, rng)
        elif action == "pour":
            new = _pour(t, rng)
        elif action == "bounce":
            new = _drop(t, rng)
        else:
            new = _impacts(action, t, rng)
        new = [g for g in new if g.end <= end]
        if not new:
            break
        made += new
        t = new[-1].end + (rng.uniform(0.1, 1.0) if rng.random() < 0.8 else rng.uniform(1.0, 3.5))
    return tuple(made)


def make_plan(seed: int, seconds: float = 24.0) -> Plan:
    """Draw the plan of one long video of `seconds` s. The same seed gives the same plan."""
    rng = np.random.default_rng([seed, 0])
    place = str(rng.choice(list(PLACES)))
    kinds = PLACES[place]
    ambience = str(rng.choice(list(kinds), p=np.array(list(kinds.values())) / sum(kinds.values())))
    if ambience == "quiet" or rng.random() < 0.08:
        ambient_db = rng.uniform(-80.0, -58.0)
    else:
        ambient_db = rng.uniform(-62.0, -24.0)
    count = 1 if rng.random() < 0.55 else 2
    pair = [str(a) for a in rng.choice(ACTIONS, count, replace=False)]
    materials = {a: str(rng.choice(SURFACES.get(a, SOLID))) for a in pair}
    activities: list[Activity] = []
    t = 0.0
    while t < seconds - 0.5:
        end = min(seconds, t + (seconds if count == 1 else rng.uniform(4.0, 9.0)))
        action = pair[len(activities) % count]
        activities.append(Activity(action, materials[action], t, end, _gestures(action, t, end, rng)))
        t = end
    return Plan(seed, seconds, place, ambience, float(ambient_db), float(rng.uniform(-10.0, 0.0)), tuple(activities))
