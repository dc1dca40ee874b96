"""A recipe that was dropped on the page, back into settings and cues. It may come from anybody: nothing in it is taken
on trust, and what will sound different from the dub it describes is said."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.cues import CueTrack
from a2s.dubbing.job import model_source
from a2s.dubbing.recipe import read_recipe
from a2s.errors import BadSettings
from a2s.media.files import shown
from a2s.settings import AmbientChange, DubSettings, check_settings
from a2s.ui.dub.scene_changes import OWN

if TYPE_CHECKING:
    from a2s.ui.engine import Engine
    from a2s.ui.state import Visit


@dataclass(frozen=True)
class Restored:
    """What a recipe asks for, as this visit can make it.

    settings: within their ranges; ambient_clip is what `dub` takes, None where it isn't here. track: its cues.
    chosen: what `Visit.chosen` becomes, None to leave it; changes: what `Visit.changes` becomes. model: as the engine
    names it, None for its default. notes: sentences, plain text, about what differs from the dub that the recipe
    describes; none means the same sound.
    """

    settings: DubSettings
    track: CueTrack
    chosen: str | None
    model: str | None
    notes: tuple[str, ...] = field(default=())
    changes: dict[float, str] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether the same sound comes out again."""
        return not self.notes


def restored(file: Path, visit: Visit, engine: Engine, name: str | None = None) -> Restored:
    """Read a recipe's .json, or the one inside an exported .mp4, .wav or .flac, for the picture of this visit.

    name: what the visitor calls the file. Raises BadSettings, BadCues, TooLarge.
    """
    try:
        recipe = read_recipe(file).to_dict()
    except BadSettings:
        raise BadSettings(f"{shown(name or file.name)} carries no recipe of a2s.") from None
    settings, track = read_back(recipe)
    model, of_model = _model(recipe, engine)
    bank, said = engine.bank_of(visit, model or engine.default), _part(recipe, "ambient")
    chosen, clip, of_place = _place(said, settings.ambient_clip, visit, bank)
    kept, changes = [], {}
    for change, about in zip(settings.ambient_changes, _changes(said, len(settings.ambient_changes)), strict=True):
        name, found, notes = _place(about, change.clip, visit, bank)
        of_place = (*of_place, *notes)
        if found is not None:
            kept.append(AmbientChange(change.time, found))
            changes[change.time] = name
    settings = replace(settings, ambient_clip=clip, ambient_changes=tuple(kept))
    notes = (*_video(recipe, visit), *of_model, *of_place)
    return Restored(settings, track, chosen, model, notes, changes)


def read_back(recipe: dict) -> tuple[DubSettings, CueTrack]:
    """The settings and the cues of a recipe, judged like any others. Raises BadSettings, BadCues."""
    values = {name: value for name, value in _part(recipe, "settings").items() if isinstance(name, str)}
    settings = DubSettings.from_dict(values)
    check_settings(settings)
    return settings, CueTrack.from_json(json.dumps(recipe.get("cues")))


def _video(recipe: dict, visit: Visit) -> tuple[str, ...]:
    from a2s.io import sha256_of

    said = _part(recipe, "video")
    if said.get("sha256") == sha256_of(visit.need_picture()):
        return ()
    return (f"This recipe was made for another video{_called(said)}; its cues may not fit this one.",)


def _model(recipe: dict, engine: Engine) -> tuple[str | None, tuple[str, ...]]:
    """The engine's model of the recipe's name, if it has one, and whether its weights are the same."""
    said = _part(recipe, "model")
    offered = [choice.name for choice in engine.choices() if not choice.missing]
    model = said.get("name") if said.get("name") in offered else None
    pipe, _ = engine.parts(model)
    if said.get("sha256") == model_source(pipe).sha256:
        return model, ()
    return model, (f"This recipe was made with other weights{_called(said)}; the sound will differ.",)


def _changes(said: dict, count: int) -> list[dict]:
    """What a recipe says of its later places, as many as its settings have."""
    listed = said.get("changes")
    listed = [about if isinstance(about, dict) else {} for about in listed] if isinstance(listed, list) else []
    return (listed + [{}] * count)[:count]


def _place(said: dict, wanted: str | None, visit: Visit, bank) -> tuple[str | None, str | None, tuple[str, ...]]:
    """(what is chosen on the page, what `dub` takes, notes) of an ambience. said: its report; wanted: its setting."""
    from hashlib import sha256

    from a2s.io import sha256_of

    wanted = said.get("clip") or (None if said.get("sha256") else wanted)
    if wanted is not None and wanted in [clip.id for clip in bank.clips]:
        same = said.get("sha256") == sha256(bank.waveform(wanted)).hexdigest()
        note = f"The ambience{_called(said)} is another recording in this bank; the sound will differ."
        return wanted, wanted, () if same else (note,)
    if wanted is None and visit.own and sha256_of(visit.own.path) == said.get("sha256"):
        return OWN, str(visit.own.path), ()
    if wanted is None and said.get("sha256"):
        note = (
            f"This recipe's ambience is a recording of its maker's own{_called(said)}; bring it, then drop the recipe."
        )
    else:
        note = f"The ambience of this recipe{_called(said)} is not in this bank; load the bank, or choose another."
    return None, None, (note,)


def _part(recipe: dict, name: str) -> dict:
    value = recipe.get(name)
    return value if isinstance(value, dict) else {}


def _called(said: dict) -> str:
    """What a recipe calls a thing, as it may stand in a sentence."""
    name = said.get("name")
    return f" ({shown(name[:60])})" if isinstance(name, str) and name else ""
