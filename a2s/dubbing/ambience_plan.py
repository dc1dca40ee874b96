"""Where a film is heard to be: the ambient condition of each of its places, at the amount that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.audio.levels import level_db
from a2s.dubbing.analysis import retrieve
from a2s.errors import BadSettings
from a2s.settings import AUDIO, LIMITS, AmbientChange, DubSettings
from a2s.weights.registry import model_folder, sha256_of

if TYPE_CHECKING:
    from a2s.vision import Motion


@dataclass(frozen=True)
class Place:
    """The ambient condition, 16 kHz. waveform: at the amount; low: nearly no ambience. report: for the recipe.

    The report's sha256 is of a bank clip's samples as the bank gives them, or of a recording's file. time: s, from
    where on the film is there.
    """

    waveform: np.ndarray
    low: np.ndarray
    report: dict
    time: float = 0.0


_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)=(.*)", re.DOTALL)


def read_places(texts: Iterable[str]) -> tuple[str | None, tuple[AmbientChange, ...]]:
    """(`ambient_clip`, `ambient_changes`) of what the command line was given: ID|FILE, or TIME=ID|FILE for a change.

    A time is in seconds, minutes:seconds or hours:minutes:seconds; nothing behind the = is the best match. A file whose
    name begins like a time is told with its folder: ./12=3.wav. Raises BadSettings for two first places.
    """
    first, changes = [], []
    for text in texts:
        timed = _TIME.fullmatch(text)
        if timed is None:
            first.append(text)
        else:
            hours, minutes, seconds, clip = timed.groups()
            time = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
            changes.append(AmbientChange(time, clip or None))
    changes.sort(key=lambda change: change.time)
    if changes and changes[0].time == 0:
        first.append(changes.pop(0).clip)
    if len(first) > 1:
        raise BadSettings(f"The film begins in one place, not in both {first[0]} and {first[1]}; give one a time.")
    return (first[0] if first else None), tuple(changes)


def choose_places(settings: DubSettings, pipe, bank, motion: Motion) -> tuple[Place, ...]:
    """The place of each stretch of the film, in order. Raises BadSettings, UnreadableAudio, BankError."""
    changes, end = settings.ambient_changes, motion.duration
    if changes and changes[-1].time > end:
        raise BadSettings(f"The place changes at {changes[-1].time:g} s, behind the end of the film at {end:.2f} s.")
    begins = [0.0, *(change.time for change in changes)]
    chosen = [settings.ambient_clip, *(change.clip for change in changes)]
    stretches = zip(begins, [*begins[1:], end], strict=True) if changes else [None]
    return tuple(
        _place(clip, settings.ambient, pipe, bank, motion, within)
        for clip, within in zip(chosen, stretches, strict=True)
    )


def _place(chosen: str | None, amount: float, pipe, bank, motion: Motion, within: tuple | None) -> Place:
    """The ambience asked for (bank id or file), else the bank's best match of the film, or of a stretch of it (s)."""
    clips, score = {clip.id: clip for clip in bank.clips}, None
    if chosen is None:
        match = retrieve(motion, 1, pipe, bank, within)[0]
        chosen, score = match.clip.id, match.score
    if chosen in clips:
        waveform, clip = bank.waveform(chosen), clips[chosen]
        report = {"clip": clip.id, "name": clip.name, "author": clip.author, "licence": clip.licence, "score": score}
        report["sha256"] = sha256(waveform).hexdigest()
    elif Path(chosen).is_file():
        from a2s.media import read_audio

        waveform = read_audio(chosen, AUDIO.sample_rate, max_seconds=LIMITS.max_ambient_seconds)
        report = {"clip": None, "name": Path(chosen).name, "sha256": sha256_of(chosen), "score": None}
    else:
        raise BadSettings(f"There is no ambience {chosen[:80]!r}: it is neither a clip of the bank nor a file.")
    scaled = at_amount(waveform, amount, clips[chosen].kind if chosen in clips else None, pipe, bank)
    low = bank.waveform(bank.low_ambient.id)
    report |= {"amount": amount, "level_in_db": round(level_db(scaled), 2)}
    return Place(scaled, low, report, within[0] if within else 0.0)


def at_amount(waveform: np.ndarray, amount: float, kind: str | None, pipe, bank) -> np.ndarray:
    """The condition of a dub, 16 kHz, for an ambience at an amount 0..1. kind: of a bank's clip. Raises BadSettings."""
    from a2s.ambient import Calibration, full_level, scale_ambience

    low, folder = bank.low_ambient, model_folder(pipe)
    if amount == 0:
        return bank.waveform(low.id)
    calibration = Calibration.load(folder) if folder else None
    return scale_ambience(waveform, amount, low.level_db, full_level(level_db(waveform), kind), calibration)
