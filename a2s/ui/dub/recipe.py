"""A recipe that was dropped on the page, back into settings and cues.

It may come from anybody: every value is validated, and what will sound different from the original is reported.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.cues import CueTrack
from a2s.dubbing.job import model_report
from a2s.dubbing.take import read_recipe
from a2s.errors import BadSettings
from a2s.io import display_name
from a2s.settings import AmbientChange, DubSettings, check_settings
from a2s.ui.state.records import OWN_RECORDING, RestoredRecipe

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.ui.engine import Engine
    from a2s.ui.state import Visit

Found = tuple[str | None, str | None, tuple[str, ...]]
"""Of an ambience: (what is chosen on the page, what `dub` takes, notes)."""


def restore(file: Path, visit: Visit, engine: Engine, name: str | None = None) -> RestoredRecipe:
    """Read a recipe's .json, or the one inside an exported .mp4, .wav or .flac, for the video of this visit.

    name: the visitor's name for the file. Raises BadSettings, BadCues, TooLarge.
    """
    try:
        recipe = read_recipe(file)
    except BadSettings:
        raise BadSettings(f"{display_name(name or file.name)} contains no a2s recipe.") from None
    settings, cues = read_settings_and_cues(recipe)
    model, notes = _model(recipe, engine)
    bank, ambient = engine.bank_of(visit, model or engine.default), _section(recipe, "ambient")
    chosen, clip, clip_notes = _ambience(ambient, settings.ambient_clip, visit, bank)
    notes = (*_video_notes(recipe, visit), *notes, *clip_notes)
    kept, chosen_changes = [], {}
    reports = _change_reports(ambient, len(settings.ambient_changes))
    for change, report in zip(settings.ambient_changes, reports, strict=True):
        chosen_there, clip_there, change_notes = _ambience(report, change.clip, visit, bank)
        notes = (*notes, *change_notes)
        if clip_there is not None and chosen_there is not None:
            kept.append(AmbientChange(change.time, clip_there))
            chosen_changes[change.time] = chosen_there
    settings = replace(settings, ambient_clip=clip, ambient_changes=tuple(kept))
    return RestoredRecipe(settings, cues, chosen, model, notes, chosen_changes)


def read_settings_and_cues(recipe: dict) -> tuple[DubSettings, CueTrack]:
    """The settings and the cues of a recipe, validated. Raises BadSettings, BadCues."""
    values = {name: value for name, value in _section(recipe, "settings").items() if isinstance(name, str)}
    settings = DubSettings.from_dict(values)
    check_settings(settings)
    return settings, CueTrack.from_json(json.dumps(recipe.get("cues")))


def _video_notes(recipe: dict, visit: Visit) -> tuple[str, ...]:
    from a2s.weights.registry import sha256_of

    video = _section(recipe, "video")
    if video.get("sha256") == sha256_of(visit.need_video()):
        return ()
    return (f"This recipe was made for another video{_in_brackets(video)}; its cues may not fit this one.",)


def _model(recipe: dict, engine: Engine) -> tuple[str | None, tuple[str, ...]]:
    """The engine's model of the recipe's name, None for its default, and a note if the weights differ."""
    model = _section(recipe, "model")
    offered = [choice.name for choice in engine.model_choices() if not choice.missing]
    name = model.get("name") if model.get("name") in offered else None
    pipe, _ = engine.load(name)
    if model.get("sha256") == model_report(pipe)["sha256"]:
        return name, ()
    return name, (f"This recipe was made with other weights{_in_brackets(model)}; the sound will differ.",)


def _change_reports(ambient: dict, count: int) -> list[dict]:
    """What a recipe reports about its ambient changes, as many as its settings have."""
    listed = ambient.get("changes")
    listed = [report if isinstance(report, dict) else {} for report in listed] if isinstance(listed, list) else []
    return (listed + [{}] * count)[:count]


def _ambience(report: dict, setting: str | None, visit: Visit, bank: AmbientBank) -> Found:
    """The ambience of a recipe in this visit. report: what the recipe says about it; setting: its `ambient_clip`."""
    from hashlib import sha256

    from a2s.weights.registry import sha256_of

    wanted, checksum, own = report.get("clip"), report.get("sha256"), visit.own_recording
    wanted = wanted or (None if checksum else setting)
    if wanted is not None and wanted in [clip.id for clip in bank.clips]:
        same = checksum == sha256(bank.waveform(wanted).tobytes()).hexdigest()
        note = f"The ambience{_in_brackets(report)} is another recording in this bank; the sound will differ."
        return wanted, wanted, () if same else (note,)
    if wanted is None and own and sha256_of(own.sound) == checksum:
        return OWN_RECORDING, str(own.sound), ()
    if wanted is None and checksum:
        note = (
            f"The ambience of this recipe is its author's own recording{_in_brackets(report)}. Upload that recording,"
            " then load the recipe again."
        )
    else:
        note = (
            f"The ambience of this recipe{_in_brackets(report)} is not in this bank. Load its bank, or choose another"
            " ambience."
        )
    return None, None, (note,)


def _section(recipe: dict, name: str) -> dict:
    value = recipe.get(name)
    return value if isinstance(value, dict) else {}


def _in_brackets(section: dict) -> str:
    """The name that a recipe gives to a thing, for the middle of a sentence."""
    name = section.get("name")
    return f" ({display_name(name[:60])})" if isinstance(name, str) and name else ""
