"""A recipe that was dropped on the page, back into settings and cues.

It may come from anybody: every value is validated, and what will sound different from the original is reported.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.dubbing.job import model_source
from a2s.dubbing.recipe import Recipe, read_recipe
from a2s.errors import BadSettings
from a2s.io import display_name, sha256_of
from a2s.settings import AmbientChange, check_settings
from a2s.ui.state.records import OWN_RECORDING, RestoredRecipe

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines.ambience import AmbienceSource
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
    settings = recipe.settings
    check_settings(settings, engine.limits)
    model, model_notes = _model(recipe, engine)
    bank = engine.bank_of(visit, model or engine.default)
    sources = iter(recipe.ambience)
    chosen, clip, clip_notes = _ambience(next(sources), settings.ambient_clip, visit, bank)
    notes = (*_video_notes(recipe, visit), *model_notes, *clip_notes)
    kept, chosen_changes = [], {}
    for change, source in zip(settings.ambient_changes, sources, strict=True):
        chosen_there, clip_there, change_notes = _ambience(source, change.clip, visit, bank)
        notes = (*notes, *change_notes)
        if clip_there is not None and chosen_there is not None:
            kept.append(AmbientChange(change.time, clip_there))
            chosen_changes[change.time] = chosen_there
    settings = replace(settings, ambient_clip=clip, ambient_changes=tuple(kept))
    return RestoredRecipe(settings, recipe.cues, chosen, model, notes, chosen_changes)


def _video_notes(recipe: Recipe, visit: Visit) -> tuple[str, ...]:
    if recipe.video.sha256 == sha256_of(visit.need_video()):
        return ()
    return (f"This recipe was made for another video{_in_brackets(recipe.video.name)}; its cues may not fit this one.",)


def _model(recipe: Recipe, engine: Engine) -> tuple[str | None, tuple[str, ...]]:
    """The engine's model of the recipe's name, None for its default, and a note if the weights differ."""
    offered = [choice.name for choice in engine.model_choices() if not choice.missing]
    name = recipe.model.name if recipe.model.name in offered else None
    pipe, _ = engine.load(name)
    if recipe.model.sha256 == model_source(pipe).sha256:
        return name, ()
    return name, (f"This recipe was made with other weights{_in_brackets(recipe.model.name)}; the sound will differ.",)


def _ambience(source: AmbienceSource, setting: str | None, visit: Visit, bank: AmbientBank) -> Found:
    """The ambience of a recipe in this visit. setting: the `ambient_clip` of its settings."""
    wanted, checksum, own = source.clip, source.sha256, visit.own_recording
    called = _in_brackets(source.name)
    wanted = wanted or (None if checksum else setting)
    if wanted is not None and wanted in [clip.id for clip in bank.clips]:
        same = checksum == sha256(bank.waveform(wanted).tobytes()).hexdigest()
        note = f"The ambience{called} is another recording in this bank; the sound will differ."
        return wanted, wanted, () if same else (note,)
    if wanted is None and own and sha256_of(own.sound) == checksum:
        return OWN_RECORDING, str(own.sound), ()
    if wanted is None and checksum:
        note = (
            f"The ambience of this recipe is its author's own recording{called}. Upload that recording, then load the"
            " recipe again."
        )
    else:
        note = f"The ambience of this recipe{called} is not in this bank. Load its bank, or choose another ambience."
    return None, None, (note,)


def _in_brackets(name: str | None) -> str:
    """The name that a recipe gives to a thing, for the middle of a sentence."""
    return f" ({display_name(name[:60])})" if name else ""
