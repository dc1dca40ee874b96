"""What the readers share: text of any encoding, words of a label, and rows that become cues."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from a2s.cues.cue import DEFAULT_STRENGTH, Cue, CueTrack
from a2s.cues.vocabulary import ACTION_ALIASES, action_named, material_named, narrated_action
from a2s.errors import BadCues
from a2s.settings import ACTIONS, MATERIALS, Limits

SUSTAINED = ("scrape", "pour")
"""Actions whose cue lasts as long as a subtitle or a note; the others are impacts."""

MAX_LABEL = 500
"""Letters of a label that are searched for classes."""

_SMALLER = {larger: smaller for smaller, larger in ACTION_ALIASES.items() if smaller in ACTIONS}
_NUMBER = re.compile(r"(?<![\w.,])([+-]?\d+(?:[.,]\d+)?)\s*(%|dB|s|sec|ms)?(?![\w%])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Row:
    """One cue of a file. time, duration: s. strength: 0 to 1. text: words that may name an action and a material."""

    time: float
    text: str = ""
    strength: float | None = None
    duration: float | None = None
    confidence: float = 1.0


@dataclass(frozen=True)
class Label:
    """What the words of a label say; None where they say nothing."""

    action: str | None = None
    material: str | None = None
    strength: float | None = None
    duration: float | None = None


def decode_text(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 (also without a mark), or a Western single-byte encoding. Raises BadCues."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif data[1:2] == b"\0":
        encodings = ["utf-16-le"]
    elif data[:1] == b"\0":
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadCues("The cue file is not text.")


def read_label(text: str) -> Label:
    """Classes, strength and duration in words such as "hit wood 0.8", "Metal scrape -6 dB 1.5 s", "he chops bread"."""
    text = text[:MAX_LABEL]
    words = [word.lower() for word in _WORD.findall(text.replace("_", " "))]
    material = next((found for word in words if (found := material_named(word)) in MATERIALS), None)
    action = next((found for word in words if word not in MATERIALS and (found := _action(word))), None)
    strength = duration = None
    for number, unit in _NUMBER.findall(text):
        value, unit = float(number.replace(",", ".")), unit.lower()
        if unit in ("s", "sec", "ms"):
            duration = max(0.0, value) / (1000 if unit == "ms" else 1)
        elif strength is None and (unit or 0 <= value <= 1):
            strength = _strength(value, unit)
    return Label(action, material, strength, duration)


def write_label(cue: Cue) -> str:
    """Words that `read_label` reads: class, strength, and the duration of a cue that lasts."""
    words = [word for word in (cue.action, cue.material) if word] or ["cue"]
    lasts = [f"{cue.duration:.3f}s"] if cue.duration else []
    return " ".join([*words, f"{cue.strength:.2f}", *lasts])


def track_of(rows: Sequence[Row], limits: Limits) -> CueTrack:
    """The cues of a file's rows. Raises BadCues, which counts the rows from 1."""
    if len(rows) > limits.max_cues:
        most = f"at most {limits.max_cues} are allowed ({limits.raised_by('max_cues')})"
        raise BadCues(f"The cue file holds {len(rows)} cues; {most}.")
    return CueTrack(tuple(_cue(row, number) for number, row in enumerate(rows, 1)), "creator")


def _cue(row: Row, number: int) -> Cue:
    label = read_label(row.text)
    strength = label.strength if row.strength is None else row.strength
    duration = label.duration
    if duration is None:
        duration = row.duration or 0.0
    try:
        return Cue(
            row.time,
            DEFAULT_STRENGTH if strength is None else min(max(strength, 0.0), 1.0),
            label.action,
            label.material,
            row.confidence,
            duration,
        )
    except BadCues as error:
        raise BadCues(f"Cue {number} of the file: {error}") from error


def _action(word: str) -> str | None:
    for found in (word, action_named(word), narrated_action(word)):
        found = _SMALLER.get(found or "", found)
        if found in ACTIONS:
            return found
    return None


def _strength(value: float, unit: str) -> float:
    return value / 100 if unit == "%" else 10 ** (value / 20) if unit == "db" else value
