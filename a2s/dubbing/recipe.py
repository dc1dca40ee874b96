"""Recipe and report of a take: what went in, enough to make it again, and what came out.

Both are JSON. A recipe is stored in the comment tag of an exported file and in `--report` files; those of version 0.1
can be read too. A file may come from anybody, so every value is checked for its type when it is read.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from a2s._version import __version__
from a2s.errors import BadSettings, UnreadableAudio
from a2s.pipelines.ambience import AmbienceSource
from a2s.settings import AUDIO, DubSettings

if typing.TYPE_CHECKING:
    from a2s.cues import CueTrack

MAX_RECIPE_BYTES = 8 * 1024 * 1024
"""Several times the size of a recipe with `Limits.max_cues` cues."""

Record = TypeVar("Record")


@dataclass(frozen=True)
class VideoSource:
    """The video of a take. duration: seconds. fps: mean frame rate."""

    name: str = ""
    sha256: str | None = None
    duration: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    frames: int = 0


@dataclass(frozen=True)
class ModelSource:
    """The model of a take. sha256: of its folder, see `a2s.weights.fingerprint`; None for one in memory."""

    name: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class LoudnessFigures:
    """Loudness of a take as it is delivered, in stereo.

    lufs: integrated loudness of the mix. true_peak_db: dBTP of the mix. gain_db: the gain that mastering applied to the
    dub. target: LUFS that were asked for, None for none. dub_lufs: of the dub without the original soundtrack, which is
    what the target is about. limited_db, compressed_db: the largest reduction of a peak. range_lu: loudness range of
    the mix. momentary, short_term: the maxima of the mix in LUFS.
    """

    lufs: float = 0.0
    true_peak_db: float = 0.0
    gain_db: float = 0.0
    target: float | None = None
    dub_lufs: float | None = None
    limited_db: float = 0.0
    compressed_db: float = 0.0
    range_lu: float | None = None
    momentary: float | None = None
    short_term: float | None = None


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a take. The same recipe gives the same sound on one machine.

    settings: of this take alone. cues: with their classes. ambience: one for each place, in order of time. bank: hash
    of the model that embedded the ambient bank. uses_cues: whether the model follows cues. original_audio: whether the
    original soundtrack is mixed in. samples: at `sample_rate`. threads: of torch. take: its number. version: of a2s.
    """

    settings: DubSettings
    cues: CueTrack
    video: VideoSource = VideoSource()
    model: ModelSource = ModelSource()
    ambience: tuple[AmbienceSource, ...] = ()
    bank: str | None = None
    uses_cues: bool = True
    original_audio: bool = False
    samples: int = 0
    sample_rate: int = AUDIO.sample_rate
    threads: int = 1
    take: int = 0
    version: str = __version__

    def of_take(self, index: int) -> Recipe:
        """The recipe that makes one take of several alone. index: from 0."""
        number = self.settings.first_take + index
        return replace(self, settings=replace(self.settings, takes=1, first_take=number), take=number)

    def to_dict(self) -> dict[str, Any]:
        """JSON values, in the layout of the file."""
        first, *later = self.ambience or (AmbienceSource(),)
        ambient = _without_time(first)
        if later:
            ambient["changes"] = [{"time": source.time} | _without_time(source) for source in later]
        return {
            **({"a2s": self.version} if self.version else {}),
            "video": asdict(self.video),
            "samples": self.samples,
            "sample_rate": self.sample_rate,
            "settings": self._public_settings(),
            "seed": self.settings.seed,
            "threads": self.threads,
            "original_audio": self.original_audio,
            "model": asdict(self.model),
            "uses_cues": self.uses_cues,
            "bank": self.bank,
            "ambient": ambient,
            "cues": json.loads(self.cues.to_json()),
            "take": self.take,
        }

    def _public_settings(self) -> dict[str, Any]:
        """The settings as JSON values. A recording is named without its folder, which belongs to a user's machine."""
        values = json.loads(json.dumps(self.settings.to_dict()))
        places = [values, *values["ambient_changes"]]
        for place, source in zip(places, self.ambience, strict=False):
            key = "ambient_clip" if place is values else "clip"
            if source.clip is None and place[key] is not None:
                place[key] = source.name
        return values

    def to_json(self) -> str:
        """The recipe as a JSON text of one line."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Read what `to_dict` returns. A missing value, or one of the wrong type, becomes its default.

        The ranges of the settings are not checked; `a2s.settings.check_settings` does that. Raises BadCues, and
        BadSettings where there are no settings.
        """
        from a2s.cues import CueTrack  # keeps `import a2s` fast: the detector needs scipy

        settings = values.get("settings")
        if not isinstance(settings, dict):
            raise BadSettings("A recipe needs settings; these are missing.")
        plain = _typed(cls, values, "bank", "original_audio", "samples", "sample_rate", "threads", "take")
        heard = values.get("uses_cues", values.get("hears_cues"))  # the key of version 0.1
        return cls(
            DubSettings.from_dict(settings),
            CueTrack.from_json(json.dumps(values.get("cues"))),
            _record(VideoSource, values.get("video")),
            _record(ModelSource, values.get("model")),
            _ambience(values.get("ambient"), settings.get("ambient_changes")),
            uses_cues=heard if isinstance(heard, bool) else True,
            version=values["a2s"] if isinstance(values.get("a2s"), str) else "",
            **plain,
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Recipe:
        """Read a recipe or a report, also of version 0.1. Raises BadSettings, BadCues."""
        return cls.from_dict(_parsed(text))


@dataclass(frozen=True)
class Report:
    """A recipe and what was measured.

    loudness: of the take. ambience_level_db: RMS of its quietest half second, dBFS. seconds: of each stage.
    notes: sentences for the user about what was not done as asked, or what the sound lacks.
    """

    recipe: Recipe
    loudness: LoudnessFigures = LoudnessFigures()
    ambience_level_db: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values: those of the recipe, and what was measured."""
        values = self.recipe.to_dict()
        values["ambient"]["level_out_db"] = self.ambience_level_db
        values["loudness"] = asdict(self.loudness)
        values["notes"] = list(self.notes)
        values["seconds"] = dict(self.seconds)
        return values

    def to_json(self, indent: int | None = 1) -> str:
        """The report as a JSON text."""
        return json.dumps(self.to_dict(), indent=indent)

    def tag(self) -> str:
        """JSON for the comment tag of a file: without `seconds`, so that the same dub is the same file."""
        return replace(self, seconds={}).to_json(indent=None)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Report:
        """Read what `to_dict` returns. Raises BadSettings, BadCues."""
        ambient, seconds, notes = values.get("ambient"), values.get("seconds"), values.get("notes")
        level = ambient.get("level_out_db") if isinstance(ambient, dict) else None
        timed = seconds.items() if isinstance(seconds, dict) else ()
        return cls(
            Recipe.from_dict(values),
            _record(LoudnessFigures, values.get("loudness")),
            level if _fits(level, float) else None,
            {stage: spent for stage, spent in timed if _fits(spent, float)},
            tuple(note for note in notes if isinstance(note, str)) if isinstance(notes, list) else (),
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Read a report, also of version 0.1; of a recipe the measured values are missing. Raises as `from_dict`."""
        return cls.from_dict(_parsed(text))


def read_recipe(path: str | Path) -> Recipe:
    """The recipe in an exported .mp4, .mov, .mkv, .wav or .flac file, or in a .json file, whatever its name.

    Raises BadSettings for a file without a recipe, BadCues, TooLarge.
    """
    return read_report(path).recipe


def read_report(path: str | Path) -> Report:
    """The report in a file, as `read_recipe`. What a file's tag leaves out is empty."""
    from a2s.media import read_comment  # keeps `import a2s` fast: PyAV

    path = Path(path)
    try:
        with open(path, "rb") as file:
            text: str | bytes = file.read(MAX_RECIPE_BYTES + 1)
        if not text.lstrip()[:1] == b"{":
            text = read_comment(path)
        return Report.from_json(text)
    except (OSError, BadSettings, UnreadableAudio):
        raise BadSettings(f"{path.name} carries no recipe of a2s.") from None


def _parsed(text: str | bytes) -> dict[str, Any]:
    if len(text) > MAX_RECIPE_BYTES:
        raise BadSettings(f"A recipe may have {MAX_RECIPE_BYTES // 2**20} MB, not more.")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BadSettings("A recipe must be a JSON object.")
    return values


def _ambience(first: Any, changes: Any) -> tuple[AmbienceSource, ...]:
    """The ambiences of a recipe: the first, and one for each change that its settings have."""
    later = first.get("changes") if isinstance(first, dict) else None
    later = later if isinstance(later, list) else []
    count = len(changes) if isinstance(changes, list) else 0
    return tuple(_record(AmbienceSource, values) for values in (first, *(later + [None] * count)[:count]))


def _without_time(source: AmbienceSource) -> dict[str, Any]:
    return {name: value for name, value in asdict(source).items() if name != "time"}


def _record(kind: type[Record], values: Any) -> Record:
    """A dataclass with the values that have the right type; the others keep their defaults."""
    names = list(typing.get_type_hints(kind))
    return kind(**_typed(kind, values if isinstance(values, dict) else {}, *names))


def _typed(kind: type, values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    hints = typing.get_type_hints(kind) if kind is not Recipe else _RECIPE_HINTS
    return {name: values[name] for name in names if name in values and _fits(values[name], hints[name])}


_RECIPE_HINTS: dict[str, Any] = {
    "bank": str | None,
    "original_audio": bool,
    "samples": int,
    "sample_rate": int,
    "threads": int,
    "take": int,
}


def _fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value has a type: str, int, float, bool, or one of them or None."""
    kinds = typing.get_args(hint) or (hint,)
    if isinstance(value, bool):
        return bool in kinds
    if float in kinds and isinstance(value, int | float):
        return True
    return isinstance(value, tuple(kinds))
