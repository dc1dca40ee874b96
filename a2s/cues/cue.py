"""A cue says that something is heard at a moment; a cue track is the score of a video, which the creator may edit.

File format, version 1::

    {"version": 1, "source": "motion", "cues": [
        {"time": 1.2, "strength": 0.8, "action": "hit", "material": "wood", "confidence": 0.9, "duration": 0.0}]}

Only `time` is required. A bare list of cues, or of numbers (times in seconds), is read as well.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from a2s.errors import BadCues, CannotWrite
from a2s.settings import ACTIONS, LIMITS, MATERIALS

VERSION = 1
MAX_BYTES = 8 * 1024 * 1024
"""A cue takes about 120 bytes, so this is several times what `Limits.max_cues` can fill."""

DEFAULT_STRENGTH = 0.7
MAX_SOURCE = 200


@dataclass(frozen=True)
class Cue:
    """One moment that is heard.

    time: seconds from the first frame. strength: 0 barely audible .. 1 the hardest of the video.
    action, material: members of `ACTIONS` and `MATERIALS`, or None when nobody has said yet.
    confidence: 0..1 that there is a sound at all. duration: seconds; 0 is an impact, more a scrape or a pour.
    """

    time: float
    strength: float = DEFAULT_STRENGTH
    action: str | None = None
    material: str | None = None
    confidence: float = 1.0
    duration: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            object.__setattr__(self, name, _number(getattr(self, name), f"a cue's {name}", low, high))
        _member(self.action, "action", ACTIONS)
        _member(self.material, "material", MATERIALS)


_RANGES = (
    ("time", 0.0, LIMITS.max_seconds),
    ("strength", 0.0, 1.0),
    ("confidence", 0.0, 1.0),
    ("duration", 0.0, LIMITS.max_seconds),
)
_KEYS = tuple(Cue.__dataclass_fields__)


@dataclass(frozen=True)
class CueTrack:
    """The cues of one video, always sorted by time. source: who wrote it, such as "motion" or "creator"."""

    cues: tuple[Cue, ...] = ()
    source: str = "creator"

    def __post_init__(self) -> None:
        if len(self.cues) > LIMITS.max_cues:
            raise BadCues(f"There are {len(self.cues)} cues; at most {LIMITS.max_cues} are allowed.")
        object.__setattr__(self, "cues", tuple(sorted(self.cues, key=lambda cue: cue.time)))

    def __len__(self) -> int:
        return len(self.cues)

    def __iter__(self):
        return iter(self.cues)

    @classmethod
    def at(cls, times: Iterable[float], source: str = "creator", **values) -> CueTrack:
        """Cues at the given times (s), all else alike."""
        return cls(tuple(Cue(time, **values) for time in times), source)

    def between(self, start: float, end: float) -> CueTrack:
        """The cues with start <= time < end; times stay as they are."""
        return CueTrack(tuple(cue for cue in self.cues if start <= cue.time < end), self.source)

    def to_json(self) -> str:
        """One cue a line, so that a person can read it and a diff shows what changed."""
        lines = ",\n".join("  " + json.dumps(asdict(cue)) for cue in self.cues)
        body = f"[\n{lines}\n ]" if lines else "[]"
        return f'{{\n "version": {VERSION},\n "source": {json.dumps(self.source)},\n "cues": {body}\n}}\n'

    @classmethod
    def from_json(cls, text: str | bytes) -> CueTrack:
        """Read a cue file. Raises BadCues with one sentence for anything that is not one."""
        if len(text) > MAX_BYTES:
            raise BadCues(f"The cue file is larger than {MAX_BYTES // 2**20} MB.")
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadCues("The cue file is not JSON.") from error
        source = "creator"
        if isinstance(data, dict):
            if data.get("version", VERSION) != VERSION or isinstance(data.get("version"), bool):
                raise BadCues(f"The cue file has a version that a2s does not know; version {VERSION} is known.")
            source = data.get("source", source)
            if not isinstance(source, str) or len(source) > MAX_SOURCE:
                raise BadCues(f"The cue file's source must be a text of at most {MAX_SOURCE} letters.")
            data = data.get("cues")
        if not isinstance(data, list):
            raise BadCues("The cue file holds no list of cues.")
        if len(data) > LIMITS.max_cues:
            raise BadCues(f"The cue file holds {len(data)} cues; at most {LIMITS.max_cues} are allowed.")
        return cls(tuple(_read_cue(entry, number) for number, entry in enumerate(data, 1)), source)

    @classmethod
    def load(cls, path: str | Path) -> CueTrack:
        """Read a cue file from disk. Raises BadCues."""
        try:
            with open(path, "rb") as file:
                text = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise BadCues(f"The cue file {Path(path).name} cannot be read.") from error
        return cls.from_json(text)

    def save(self, path: str | Path) -> None:
        """Write the file atomically. Raises CannotWrite."""
        path = Path(path)
        temporary = None
        try:
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
                temporary = file.name
                file.write(self.to_json().encode())
            os.replace(temporary, path)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise CannotWrite(f"The cue file cannot be written to {path}.") from error


def _number(value: object, what: str, low: float, high: float) -> float:
    """A finite float in [low, high], or BadCues. numpy scalars pass, booleans and text don't."""
    try:
        number = math.nan if isinstance(value, (bool, str, bytes)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:
        raise BadCues(f"{what[0].upper()}{what[1:]} must be a number from {low:g} to {high:g}.")
    return number


def _member(value: object, what: str, known: tuple[str, ...]) -> None:
    if value is not None and not (isinstance(value, str) and value in known):
        raise BadCues(f"A cue's {what} must be one of {', '.join(known)}, or null.")


def _read_cue(entry: object, number: int) -> Cue:
    """One entry of a cue file; a bad one is named by its number, counted from 1."""
    try:
        if isinstance(entry, dict):
            unknown = [key for key in entry if key not in _KEYS]
            if unknown:
                raise BadCues(f"A cue has no {unknown[0][:40]!r}; known are {', '.join(_KEYS)}.")
            if "time" not in entry:
                raise BadCues("A cue must have a time.")
            return Cue(**entry)
        return Cue(entry)  # type: ignore[arg-type]
    except BadCues as error:
        raise BadCues(f"Cue {number} of the file: {error}") from error
