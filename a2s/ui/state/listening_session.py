"""A visit's listening test: the sounds that can be compared and the trials in which they are."""

from __future__ import annotations

import csv
import io
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from a2s.audio.loudness import SILENCE_LUFS
from a2s.errors import A2SError
from a2s.evaluation.listening import ABX, NEITHER, QUESTIONS, SIDES

OPEN, BLIND = "open", "blind"
MODES = (OPEN, BLIND, ABX)
COLUMNS = ("trial", "clip", "first", "second", "question", "answer", "truth", "first_was", "seconds")
MAX_UPLOADS = 8
"""Audio files that a visitor may upload to compare. One more removes the oldest."""

_RANDOM = random.SystemRandom()


@dataclass(frozen=True)
class Sound:
    """One side of a comparison. id: what a browser sends back. label: for a person. lufs: integrated, at least -70."""

    id: str
    label: str
    path: Path
    lufs: float


@dataclass(frozen=True)
class Trial:
    """One presentation of a pair. swapped: the second sound is called A. x: index of the sound that X is, for ABX.
    began: seconds of the monotonic clock."""

    number: int
    mode: str
    pair: tuple[Sound, Sound]
    swapped: bool
    x: int
    began: float = field(default_factory=time.monotonic)

    def sounds(self) -> dict[str, Sound]:
        """Letter to sound."""
        a, b = reversed(self.pair) if self.swapped else self.pair
        return {"a": a, "b": b} | ({"x": self.pair[self.x]} if self.mode == ABX else {})

    def side(self, letter: str | None) -> str:
        """ "first" or "second" for the sound that was called A or B, "neither" for anything else."""
        if letter not in ("a", "b"):
            return NEITHER
        return SIDES[int((letter == "b") != self.swapped)]


class ListeningSession:
    """The comparisons of one video.

    folder: made here, for files of these comparisons alone. clip: the video's name in the answers. answers: a list that
    the visit owns, in the form that `compare_stats` takes, with the columns of COLUMNS. uploads: the visitor's audio.
    """

    def __init__(self, folder: Path, clip: str, answers: list[dict]) -> None:
        self.folder, self.clip, self.answers = folder, clip, answers
        self.folder.mkdir()
        self.original: Sound | None = None
        self.uploads: list[Sound] = []
        self.trial: Trial | None = None
        self.trials = max((answer["trial"] for answer in answers), default=0)

    def begin(self, mode: str, pair: tuple[Sound, Sound]) -> Trial:
        """The next trial, with a new random assignment. In the modes open and ABX, A is the first sound."""
        self.trials += mode != OPEN
        swapped = mode == BLIND and _RANDOM.random() < 0.5
        self.trial = Trial(self.trials, mode, pair, swapped, _RANDOM.randrange(2))
        return self.trial

    def answer(self, given: dict[str, str | None]) -> None:
        """Note the answers to the current trial. given: question to "a", "b" or "neither". Raises A2SError if one is
        missing."""
        trial = self.trial
        if trial is None or trial.mode == OPEN:
            raise A2SError("There is no trial: choose two sounds, then the mode Blind or ABX.")
        questions = (ABX,) if trial.mode == ABX else tuple(QUESTIONS)
        if any(given.get(question) not in ("a", "b", NEITHER) for question in questions):
            raise A2SError("Answer every question first.")
        if trial.mode == ABX and given[ABX] == NEITHER:
            raise A2SError("If you hear no difference, guess: ABX needs an answer.")
        for question in questions:
            self.answers.append(
                {
                    "trial": trial.number,
                    "clip": self.clip,
                    "first": trial.pair[0].label,
                    "second": trial.pair[1].label,
                    "question": question,
                    "answer": trial.side(given[question]),
                    "truth": SIDES[trial.x] if trial.mode == ABX else "",
                    "first_was": "B" if trial.swapped else "A",
                    "seconds": round(time.monotonic() - trial.began, 1),
                }
            )
        self.trial = None

    def reset(self) -> None:
        """Forget all answers and the current trial."""
        self.answers.clear()
        self.trial, self.trials = None, 0

    def to_csv(self) -> str:
        """All answers."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _no_formula(value) for key, value in answer.items()} for answer in self.answers)
        return text.getvalue()


def matched_gains(sounds: dict[str, Sound]) -> dict[str, float]:
    """Gain in dB, at most 0, that brings each sound to the loudness of the softest. Silent sounds don't count."""
    audible = [sound.lufs for sound in sounds.values() if sound.lufs > SILENCE_LUFS]
    softest = min(audible, default=SILENCE_LUFS)
    return {name: min(0.0, softest - sound.lufs) for name, sound in sounds.items()}


def _no_formula(value: object) -> object:
    """A spreadsheet takes text that begins with one of these for a formula, and a visitor may name a file so."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
