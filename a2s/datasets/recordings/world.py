"""Stems of a long video from recordings: the action, the ambience, and a reference.

The reference has other takes of the same objects at about the same moments. It does for the object what the neighbour
does for the ambience: a model can take the timbre from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import fftconvolve

from a2s.audio.levels import db_to_amplitude
from a2s.cues.vocabulary import action_named, material_named
from a2s.datasets.foley_world.ambience import make_ambience
from a2s.datasets.foley_world.plan import Activity, Contact, Plan
from a2s.datasets.recordings.kinds import ambience_kind
from a2s.datasets.recordings.modal import ModalObject, ModalTables
from a2s.datasets.recordings.scenes import recorded_ambience, room_response
from a2s.datasets.recordings.sound_library import SoundLibrary

_LONG = ("scrape", "rub", "pour", "stir")
_REFERENCE_JITTER = (0.0, 0.004, 0.01)
"""s, standard deviation of a reference's moments: a creator's own recording is not exact to the sample."""


@dataclass(frozen=True)
class Stems:
    """(n,) float32 each, at the rate of the library. reference: other takes of the same objects."""

    action: np.ndarray
    ambience: np.ndarray
    reference: np.ndarray


@dataclass(frozen=True)
class RecordedObject:
    """Takes of one thing as they sound in one video. pitch: of playback; tilt: -1..1, dark to bright.

    fixed: the take that is the reference throughout, None for another each time.
    """

    takes: list[np.ndarray]
    pitch: float
    tilt: float
    fixed: int | None

    def pair(self, contact: Contact, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(sound, reference): two different takes where there are two."""
        count = len(self.takes)
        other = self.fixed if self.fixed is not None else int(rng.integers(count))
        made = int(rng.integers(count))
        if count > 1 and made == other:
            made = (made + 1 + int(rng.integers(count - 1))) % count
        gain = contact.strength * (0.25 + 0.75 * contact.strength)
        return self._shaded(made, rng) * gain, self._shaded(other, rng) * gain

    def _shaded(self, take: int, rng: np.random.Generator) -> np.ndarray:
        sound = self.takes[take]
        pitch = self.pitch * 2 ** rng.normal(0, 0.012)
        moved = np.interp(np.arange(0, len(sound) - 1, pitch), np.arange(len(sound)), sound)
        moved = moved + 4 * self.tilt * np.diff(moved, prepend=moved[:1])
        return moved / (np.abs(moved).max() + 1e-6)


@dataclass(frozen=True)
class Cast:
    """What objects are chosen from. tables: for materials without recordings."""

    library: SoundLibrary
    tables: ModalTables

    def choose(self, action: str, material: str, rng: np.random.Generator) -> RecordedObject | ModalObject:
        """An object of the class, else a measured one of the material, else another of the action, else any."""
        classes = self.library.classes
        fitting = [name for name, known in classes.items() if known == (action, material)]
        measured = any(modes.material == material for modes in self.tables.modes)
        if (not fitting or rng.random() < 0.15) and measured:
            return ModalObject(self.tables, material, rng, self.library.rate)
        fitting = fitting or [name for name, (known, _) in classes.items() if known == action] or list(classes)
        takes = self.library.objects[fitting[rng.integers(len(fitting))]]
        fixed = int(rng.integers(len(takes))) if rng.random() < 0.6 else None
        return RecordedObject(takes, 2 ** rng.uniform(-0.35, 0.35), rng.uniform(-0.4, 0.4), fixed)


def render(plan: Plan, cast: Cast) -> Stems:
    """The stems of one plan. The same plan gives the same stems. Names of `a2s.settings` are understood."""
    rate, rng = cast.library.rate, np.random.default_rng([plan.seed, 4])
    samples = int(plan.seconds * rate)
    action, reference = np.zeros((2, samples + 4 * rate))
    objects: dict[tuple[str, str], RecordedObject | ModalObject] = {}
    jitter = rng.choice(_REFERENCE_JITTER)
    for activity in plan.activities:
        key = action_named(activity.action) or "hit", material_named(activity.material) or ""
        if key not in objects:
            objects[key] = cast.choose(*key, rng)
        thing = objects[key]
        for contact in _contacts(activity, plan.seconds):
            made, other = _soundings(thing, key[0] in _LONG, contact, rate, rng)
            _lay(action, made, round(contact.time * rate))
            _lay(reference, other, max(0, round((contact.time + jitter * rng.standard_normal()) * rate)))
    if rng.random() < 0.5:
        action = fftconvolve(action, room_response(rate, rng))[: len(action)]
    gain = db_to_amplitude(plan.action_db)
    return Stems(
        np.tanh(0.8 * gain * action[:samples]).astype(np.float32),
        _place(plan, cast.library, samples, rng),
        np.tanh(0.8 * reference[:samples]).astype(np.float32),
    )


def _soundings(
    thing: RecordedObject | ModalObject, long: bool, contact: Contact, rate: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    seconds = contact.duration if long else 0.0
    if isinstance(thing, ModalObject):
        gain = 0.25 + 0.75 * contact.strength
        strokes = [
            thing.scrape(seconds, contact.strength, rng) if seconds > 0 else thing.hit(contact.strength, rng)
            for _ in range(2)
        ]
        return strokes[0] * gain, strokes[1] * gain
    made, other = thing.pair(contact, rng)
    if seconds > 0:
        n = max(8, int(seconds * rate))
        swell = np.sin(np.pi * np.linspace(0.02, 1, n)) ** 0.5 * 0.6
        made, other = np.resize(made, n) * swell, np.resize(other, n) * swell
    return made, other


def _place(plan: Plan, library: SoundLibrary, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Recorded in 70 % of the plans whose kind of ambience was recorded, else synthetic; at the plan's level."""
    fitting = {name: sound for name, sound in library.ambiences.items() if ambience_kind(name) == plan.ambience}
    if fitting and rng.random() < 0.7:
        sound = recorded_ambience(replace(library, ambiences=fitting), samples, rng)
    else:
        sound = make_ambience(plan.ambience, plan.seconds, rng, library.rate)[:samples]
    return (sound * np.float32(db_to_amplitude(plan.ambient_db))).astype(np.float32)


def _contacts(activity: Activity, seconds: float) -> list[Contact]:
    contacts = [contact for gesture in activity.gestures for contact in gesture.contacts]
    return [contact for contact in contacts if contact.time < seconds - 0.02]


def _lay(track: np.ndarray, sound: np.ndarray, first: int) -> None:
    track[first : first + len(sound)] += sound[: len(track) - first]
