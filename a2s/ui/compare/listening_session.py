"""The listening booth of a visit: what can be compared, and the trials in which it is."""

from __future__ import annotations

import csv
import io
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.audio.loudness import SILENCE_LUFS
from a2s.errors import A2SError
from a2s.evaluation.listening import ABX, NEITHER, QUESTIONS, SIDES
from a2s.media.files import shown

if TYPE_CHECKING:
    from a2s.ui.state import Visit

OPEN, BLIND = "open", "blind"
MODES = (OPEN, BLIND, ABX)
COLUMNS = ("trial", "clip", "first", "second", "question", "answer", "truth", "first_was", "seconds")
MOST_BROUGHT = 8
"""Recordings that a visitor may bring to compare; the oldest goes when there is one more."""

_CHANCE = random.SystemRandom()


@dataclass(frozen=True)
class Sound:
    """One side of a comparison. id: what a browser sends back. label: for a person. lufs: integrated, at least -70."""

    id: str
    label: str
    path: Path
    lufs: float


@dataclass(frozen=True)
class Trial:
    """One showing of a pair. turned: whether the second sound is called A. x: index of the sound that X is, for ABX."""

    number: int
    mode: str
    pair: tuple[Sound, Sound]
    turned: bool
    x: int
    began: float = field(default_factory=time.monotonic)

    def sounds(self) -> dict[str, Sound]:
        """What is heard under each letter."""
        a, b = reversed(self.pair) if self.turned else self.pair
        return {"a": a, "b": b} | ({"x": self.pair[self.x]} if self.mode == ABX else {})

    def side(self, letter: str) -> str:
        """ "first" or "second" for what was called A or B, "neither" for anything else."""
        if letter not in ("a", "b"):
            return NEITHER
        return SIDES[int((letter == "b") != self.turned)]


class ListeningSession:
    """folder: files of this comparison alone. clip: what this picture is called in answers. brought: the visitor's own
    recordings. answers: the visit's, as `compare_stats` takes them, with the columns of COLUMNS."""

    def __init__(self, folder: Path, clip: str, answers: list[dict]) -> None:
        self.folder, self.clip, self.answers = folder, clip, answers
        self.folder.mkdir()
        self.original: Sound | None = None
        self.brought: list[Sound] = []
        self.trial: Trial | None = None
        self.trials = max((answer["trial"] for answer in answers), default=0)

    def begin(self, mode: str, pair: tuple[Sound, Sound]) -> Trial:
        """The next trial; what is hidden is drawn anew. In the open, and in ABX, A is the first sound."""
        self.trials += mode != OPEN
        turned = mode == BLIND and _CHANCE.random() < 0.5
        self.trial = Trial(self.trials, mode, pair, turned, _CHANCE.randrange(2))
        return self.trial

    def answer(self, said: dict[str, str]) -> None:
        """Answers to the trial at hand: question to "a", "b" or "neither". Raises A2SError where one is missing."""
        trial = self.trial
        if trial is None or trial.mode == OPEN:
            raise A2SError("There is no trial: choose two sounds, and Blind or ABX.")
        asked = (ABX,) if trial.mode == ABX else tuple(QUESTIONS)
        if any(said.get(question) not in ("a", "b", NEITHER) for question in asked):
            raise A2SError("Answer every question first.")
        if trial.mode == ABX and said[ABX] == NEITHER:
            raise A2SError("Guess where you hear no difference: ABX counts on it.")
        for question in asked:
            self.answers.append(
                {
                    "trial": trial.number,
                    "clip": self.clip,
                    "first": trial.pair[0].label,
                    "second": trial.pair[1].label,
                    "question": question,
                    "answer": trial.side(said[question]),
                    "truth": SIDES[trial.x] if trial.mode == ABX else "",
                    "first_was": "B" if trial.turned else "A",
                    "seconds": round(time.monotonic() - trial.began, 1),
                }
            )
        self.trial = None

    def table(self) -> str:
        """All answers as CSV."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _plain(value) for key, value in answer.items()} for answer in self.answers)
        return text.getvalue()


def listening_session_of(visit: Visit) -> ListeningSession:
    """The visit's booth, begun if there is none for this picture."""
    if visit.booth is None:
        visit.booth = ListeningSession(visit.next_path("booth"), _clip(visit), visit.answers)
    return visit.booth


def _clip(visit: Visit) -> str:
    """A name for the picture that no other has that was answered for: its takes are counted from 1 again."""
    name, taken = shown(visit.name)[:60] or "clip", {answer["clip"] for answer in visit.answers}
    return next(each for each in (name, *(f"{name} ({n})" for n in range(2, len(taken) + 3))) if each not in taken)


def matched_gains(sounds: dict[str, Sound]) -> dict[str, float]:
    """Gain in dB, at most 0, that brings each sound to the softest one's loudness; silence is left out of it."""
    audible = [sound.lufs for sound in sounds.values() if sound.lufs > SILENCE_LUFS]
    softest = min(audible, default=SILENCE_LUFS)
    return {name: min(0.0, softest - sound.lufs) for name, sound in sounds.items()}


def _plain(value: object) -> object:
    """A spreadsheet takes what begins with one of these for a formula, and a visitor may name a file so."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
