"""Cues as rows of a table that a person edits, and back. The rows hold what the file format holds, no more."""

from __future__ import annotations

import json

from a2s.cues import CueTrack

HEADERS = ["time (s)", "strength", "action", "material", "confidence", "length (s)"]
TYPES = ["number", "number", "str", "str", "number", "number"]
_KEYS = ("time", "strength", "action", "material", "confidence", "duration")


def rows_of(track: CueTrack) -> list[list]:
    """A row per cue; an action or material nobody has named is an empty cell."""
    return [
        [
            round(c.time, 3),
            round(c.strength, 3),
            c.action or "",
            c.material or "",
            round(c.confidence, 3),
            round(c.duration, 3),
        ]
        for c in track
    ]


def track_of(rows: list[list], seen: CueTrack | None = None) -> CueTrack:
    """The track that the table shows. Untouched rows of `seen` give `seen` itself, at full precision.

    Everything goes through the cue file's own reader, so a cell is judged as a file would be. Raises BadCues.
    """
    if seen is not None and rows == rows_of(seen):
        return seen
    cues = [_entry(row) for row in rows if any(cell not in (None, "") for cell in row)]
    return CueTrack.from_json(json.dumps({"version": 1, "source": "page", "cues": cues}))


def _entry(row: list) -> dict:
    """One row as an object of the file; empty cells are left out, so they get the format's defaults."""
    return {key: _cell(key, cell) for key, cell in zip(_KEYS, row, strict=False) if cell not in (None, "")}


def _cell(key: str, cell: object) -> object:
    """A table hands numbers over as text when a person has typed them."""
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    if key in ("action", "material"):
        return text.lower()
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
