"""The stages of curation, in order, and their thresholds.

The first four are those of Ego4D-Sounds (Action2Sound, section 3.5): sound at all, scenario, speech or music, low
energy. The others are our own: clipped sound, a picture without motion, and sound out of sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from a2s.errors import BadSettings

NO_SOUND, SCENARIO, SPEECH_OR_MUSIC, LOW_ENERGY = "no sound", "scenario", "speech or music", "low energy"
CLIPPED, NO_MOTION, OUT_OF_SYNC = "clipped", "no motion", "out of sync"

STAGES = (NO_SOUND, SCENARIO, SPEECH_OR_MUSIC, LOW_ENERGY, CLIPPED, NO_MOTION, OUT_OF_SYNC)
"""In order: a clip is counted at the first stage that leaves it out."""

SOCIAL_SCENARIOS = (
    "talking with friends/housemates", "talking with family members", "talking to colleagues", "on a call",
    "attending a party", "eating out", "hanging out at a bar", "attending a lecture/class", "watching tv",
    "watching movies at cinema", "listening to music", "attending religious events", "attending a festival or fair",
    "playing board games", "playing cards",
)  # fmt: skip
"""Scenarios that are mainly social, where sounds are rarely of the camera wearer's actions. In lower case."""


@dataclass(frozen=True)
class Thresholds:
    """silence_db: RMS below it is no sound. speech, music: probability from which a clip is speech or music (0.5 in
    the published table). energy_db: least level of the loudest 50 ms. clipped: least share of samples at the top of a
    clipped sound. speed: least `motion_speed`, widths/s. sync: least probability of the sync judge.
    """

    silence_db: float = -90.0
    speech: float = 0.5
    music: float = 0.5
    energy_db: float = -45.0
    clipped: float = 0.002
    speed: float = 0.02
    sync: float = 0.05

    def changed(self, values: Mapping[str, float]) -> Thresholds:
        """These thresholds with some others. Raises BadSettings for an unknown name."""
        names = [each.name for each in fields(self)]
        for name in values:
            if name not in names:
                raise BadSettings(f"There is no threshold {name!r}; there are {', '.join(names)}.")
        return Thresholds(**{name: float(values.get(name, getattr(self, name))) for name in names})


@dataclass(frozen=True)
class Measures:
    """What is known of a clip, in the units of Thresholds; None is not measured, and passes. tags: of a tagger."""

    level_db: float | None = None
    tags: Mapping[str, float] = field(default_factory=dict)
    energy_db: float | None = None
    clipped: float | None = None
    speed: float | None = None
    sync: float | None = None


@dataclass(frozen=True)
class Verdict:
    """stage: the one that leaves the clip out; None keeps it. value: what decided, in words with a number."""

    stage: str | None
    value: str = ""


KEPT = Verdict(None)


def judge_sound(measures: Measures, limits: Thresholds) -> Verdict:
    """The verdict of the stages that need the sound alone."""
    if measures.level_db is not None and measures.level_db < limits.silence_db:
        return Verdict(NO_SOUND, f"{measures.level_db:.1f} dBFS RMS")
    for tag, limit in (("speech", limits.speech), ("background_music", limits.music)):
        if measures.tags.get(tag, 0.0) >= limit:
            return Verdict(SPEECH_OR_MUSIC, f"{tag} {measures.tags[tag]:.2f}")
    if measures.energy_db is not None and measures.energy_db < limits.energy_db:
        return Verdict(LOW_ENERGY, f"{measures.energy_db:.1f} dBFS in 50 ms")
    if measures.clipped is not None and measures.clipped >= limits.clipped:
        return Verdict(CLIPPED, f"{measures.clipped:.2%} of the samples at the top")
    return KEPT


def judge_picture(measures: Measures, limits: Thresholds) -> Verdict:
    """The verdict of the stages that need the picture."""
    if measures.speed is not None and measures.speed < limits.speed:
        return Verdict(NO_MOTION, f"{measures.speed:.4f} widths/s")
    if measures.sync is not None and measures.sync < limits.sync:
        return Verdict(OUT_OF_SYNC, f"in sync with probability {measures.sync:.2f}")
    return KEPT


def is_social(scenarios: list[str], social: tuple[str, ...] = SOCIAL_SCENARIOS) -> bool:
    """Whether a video is mainly social: most of its scenarios are."""
    known = [scenario.strip().lower() for scenario in scenarios]
    return bool(known) and 2 * sum(scenario in social for scenario in known) > len(known)
