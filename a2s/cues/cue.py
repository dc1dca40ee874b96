"""Cues and cue tracks: the moments of a video that have a sound, which the creator may edit.

Cue file format, version 1: a JSON object with the keys

- `version`: 1; optional.
- `source`: origin of the cues, such as "motion" or "creator"; a text of at most 200 characters; optional.
- `cues`: a list. Each cue is an object, or a number, which is its `time`. The keys of a cue:

  - `time`: seconds from the first frame, 0 or more; required.
  - `strength`: 0 (barely audible) to 1 (the hardest of the video); 0.7 by default.
  - `action`: one of `a2s.cues.vocabulary.MODEL_ACTIONS`, or null (the default), which leaves the class to the model.
  - `material`: one of `a2s.cues.vocabulary.MODEL_MATERIALS`, or null.
  - `confidence`: 0 to 1, the probability of a sound at this time; 1 by default.
  - `duration`: seconds; 0 (the default) is an impact, more is a scrape or a pour.

For example::

    {"version": 1, "source": "motion", "cues": [
        {"time": 1.2, "strength": 0.8, "action": "hit", "material": "wood", "confidence": 0.9, "duration": 0.0}]}

The list alone is a valid file too. An unknown key, version or class is an error.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from a2s.cues.vocabulary import MODEL_ACTIONS, MODEL_MATERIALS
from a2s.errors import BadCues
from a2s.io import atomic_file, display_name
from a2s.settings import Limits

VERSION = 1
MAX_BYTES = 8 * 1024 * 1024
"""Largest cue file. A cue takes about 120 bytes, so `Limits.max_cues` fill a fraction of it."""

DEFAULT_STRENGTH = 0.7
MAX_SOURCE = 200


@dataclass(frozen=True)
class Cue:
    """One sound of a video. Raises BadCues for a value out of range.

    time: seconds from the first frame, 0 or more. strength: 0 (barely audible) to 1 (the hardest of the video).
    action, material: keys of `MODEL_ACTIONS` and `MODEL_MATERIALS`, or None, which leaves the class to the model.
    confidence: 0 to 1, the probability of a sound at this time. duration: seconds; 0 is an impact, more is a scrape
    or a pour.
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
        _member(self.action, "action", tuple(MODEL_ACTIONS))
        _member(self.material, "material", tuple(MODEL_MATERIALS))


_RANGES = (
    ("time", 0.0, math.inf),
    ("strength", 0.0, 1.0),
    ("confidence", 0.0, 1.0),
    ("duration", 0.0, math.inf),
)
_KEYS = tuple(Cue.__dataclass_fields__)


@dataclass(frozen=True)
class CueTrack:
    """The cues of one video, sorted by time. source: origin of the cues, such as "motion" or "creator"."""

    cues: tuple[Cue, ...] = ()
    source: str = "creator"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cues", tuple(sorted(self.cues, key=lambda cue: cue.time)))

    def __len__(self) -> int:
        return len(self.cues)

    def __iter__(self) -> Iterator[Cue]:
        return iter(self.cues)

    @classmethod
    def at(cls, times: Iterable[float], source: str = "creator", **values) -> CueTrack:
        """Cues at the given times (s) with the same other values."""
        return cls(tuple(Cue(time, **values) for time in times), source)

    def between(self, start: float, end: float) -> CueTrack:
        """The cues with start <= time < end (s); their times stay relative to the first frame."""
        return CueTrack(tuple(cue for cue in self.cues if start <= cue.time < end), self.source)

    def to_json(self) -> str:
        """The cue file (version 1), one cue per line, so that a diff shows which cue changed."""
        lines = ",\n".join("  " + json.dumps(asdict(cue)) for cue in self.cues)
        body = f"[\n{lines}\n ]" if lines else "[]"
        return f'{{\n "version": {VERSION},\n "source": {json.dumps(self.source)},\n "cues": {body}\n}}\n'

    @classmethod
    def from_json(cls, text: str | bytes, limits: Limits | None = None) -> CueTrack:
        """Read the text of a cue file. Raises BadCues for text of another format and for cues beyond the limits."""
        limits = limits or Limits()
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
        if len(data) > limits.max_cues:  # checked before they are read
            raise BadCues(f"The cue file holds {len(data)} cues; {_most(limits)}.")
        return cls(tuple(_read_cue(entry, number, limits) for number, entry in enumerate(data, 1)), source)

    def check(self, limits: Limits | None = None) -> None:
        """Raises BadCues where the track has more cues than the limits allow, or a cue after the longest video."""
        limits = limits or Limits()
        if len(self.cues) > limits.max_cues:
            raise BadCues(f"There are {len(self.cues)} cues; {_most(limits)}.")
        for cue in self.cues:
            _check_cue(cue, limits)

    @classmethod
    def load(cls, path: str | Path, limits: Limits | None = None) -> CueTrack:
        """Read a cue file from disk. Raises BadCues."""
        try:
            with open(path, "rb") as file:
                text = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise BadCues(f"The cue file {display_name(Path(path).name)} cannot be read.") from error
        return cls.from_json(text, limits)

    def save(self, path: str | Path) -> None:
        """Write a cue file, atomically. Raises CannotWrite."""
        with atomic_file(path) as part:
            part.write_text(self.to_json(), encoding="utf-8")


def _number(value: object, what: str, low: float, high: float) -> float:
    """A finite float in [low, high]; numpy scalars are numbers, booleans and text are not. Raises BadCues."""
    try:
        number = math.nan if isinstance(value, (bool, str, bytes)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (low <= number <= high and math.isfinite(number)):
        allowed = f"a number from {low:g} to {high:g}" if math.isfinite(high) else f"a number of at least {low:g}"
        raise BadCues(f"{what[0].upper()}{what[1:]} must be {allowed}.")
    return number


def _most(limits: Limits) -> str:
    return f"at most {limits.max_cues} are allowed ({limits.raised_by('max_cues')})"


def _member(value: object, what: str, known: tuple[str, ...]) -> None:
    if value is not None and not (isinstance(value, str) and value in known):
        raise BadCues(f"A cue's {what} must be one of {', '.join(known)}, or null.")


def _check_cue(cue: Cue, limits: Limits) -> Cue:
    """Raises BadCues for a cue that lies or lasts beyond the longest video."""
    for name in ("time", "duration"):
        _number(getattr(cue, name), f"a cue's {name}", 0.0, limits.max_seconds)
    return cue


def _read_cue(entry: object, number: int, limits: Limits) -> Cue:
    """One entry of a cue file. An error message gives the entry's number, counted from 1."""
    try:
        if isinstance(entry, dict):
            unknown = [key for key in entry if key not in _KEYS]
            if unknown:
                raise BadCues(f"A cue has no {unknown[0][:40]!r}; known are {', '.join(_KEYS)}.")
            if "time" not in entry:
                raise BadCues("A cue must have a time.")
            return _check_cue(Cue(**entry), limits)
        return _check_cue(Cue(entry), limits)  # type: ignore[arg-type]  # Cue refuses what is no number
    except BadCues as error:
        raise BadCues(f"Cue {number} of the file: {error}") from error
