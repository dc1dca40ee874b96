"""Names of columns in tables of cues: which of them hold times, labels and strengths, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TIME = (
    "time", "start", "start time", "time start", "onset", "onset time", "in", "mark in", "record in", "rec in",
    "timecode", "time code", "tc", "tc in", "in tc", "start tc", "timestamp", "time stamp", "begin", "begin time",
    "position", "seconds", "sec", "secs", "milliseconds", "ms", "frame", "frames", "start frame", "frame number",
    "source in", "t", "s", "at", "cue time", "event time", "in point",
)  # fmt: skip
"""Names of the column of times, the best first; the German and French names of spreadsheets are in `_OTHER_WORDS`."""

END = (
    "end", "end time", "time end", "out", "mark out", "record out", "rec out", "tc out", "out tc", "end tc", "stop",
    "offset", "finish", "end frame", "out point",
)  # fmt: skip
DURATION = ("duration", "dur", "length", "len", "sustain")
STRENGTH = (
    "strength", "velocity", "vel", "gain", "level", "intensity", "amplitude", "amp", "loudness", "volume", "force",
    "power", "dynamics", "dynamic", "db",
)  # fmt: skip
CONFIDENCE = ("confidence", "probability")
TEXT = (
    "action", "material", "object", "surface", "label", "class", "event", "sound", "foley", "name", "marker name",
    "marker", "cue", "type", "category", "tag", "text", "title", "description", "comment", "comments", "note", "notes",
)  # fmt: skip
"""Names of columns with words; all of them are read."""

_OTHER_WORDS = {
    "zeit": "time", "beginn": "start", "anfang": "start", "ende": "end", "dauer": "duration", "aktion": "action",
    "bezeichnung": "label", "beschreibung": "description", "lautstärke": "level", "stärke": "strength",
    "temps": "time", "début": "start", "fin": "end", "durée": "duration", "nom": "name", "niveau": "level",
    "tiempo": "time", "inicio": "start", "duración": "duration", "nombre": "name", "nivel": "level",
}  # fmt: skip

_UNITS = ("ms", "s", "sec", "seconds", "db", "dbfs", "%", "percent", "frames", "frame")
_UNIT = re.compile(r"[(\[{]\s*([^)\]}]*?)\s*[)\]}]")


@dataclass(frozen=True)
class Column:
    """A column of a table. name: normalised. unit: ms, s, db, % or frames, "" where the header gives none."""

    index: int
    name: str
    unit: str = ""


@dataclass(frozen=True)
class Columns:
    """The columns of a table by their content."""

    time: Column
    end: Column | None = None
    duration: Column | None = None
    strength: Column | None = None
    confidence: Column | None = None
    text: tuple[Column, ...] = ()


def find_columns(header: Sequence[str]) -> Columns | None:
    """The columns of a table with these headings; None where none of them is a column of times."""
    known: dict[str, Column] = {}
    for index, heading in enumerate(header):
        column = read_heading(heading, index)
        known.setdefault(column.name, column)
    time = _first(known, TIME)
    if time is None:
        return None
    rest = {name: column for name, column in known.items() if column is not time}
    return Columns(
        time,
        _first(rest, END),
        _first(rest, DURATION),
        _first(rest, STRENGTH),
        _first(rest, CONFIDENCE),
        tuple(rest[name] for name in TEXT if name in rest),
    )


def read_heading(heading: str, index: int = 0) -> Column:
    """A heading such as "Time (s)", "level_dB" or "Start [ms]"."""
    text, unit = heading.strip().lower()[:100], ""
    if found := _UNIT.search(text):
        unit = _unit(found.group(1))
        text = text[: found.start()] + text[found.end() :]
    words = [word for word in re.split(r"[^\w%]+|_+", text) if word]
    if len(words) > 1 and words[-1] in _UNITS:
        unit = unit or _unit(words.pop())
    name = " ".join(_OTHER_WORDS.get(word, word) for word in words)
    plain = {"ms": "ms", "milliseconds": "ms", "db": "db", "frame": "frames", "frames": "frames"}
    return Column(index, name, unit or plain.get(name, "frames" if "frame" in words else ""))


def _unit(text: str) -> str:
    short = {"sec": "s", "seconds": "s", "percent": "%", "dbfs": "db", "frame": "frames", "milliseconds": "ms"}
    text = text.strip()
    return short.get(text, text if text in _UNITS else "")


def _first(known: Mapping[str, Column], names: Sequence[str]) -> Column | None:
    return next((known[name] for name in names if name in known), None)
