"""Sixteen actions of a hand, twelve materials, and how narrations map onto the actions.

The vocabulary of recordings and of cues. The compact model knows the smaller one of `a2s.settings`: `MODEL_ACTIONS` and
`MODEL_MATERIALS` map each name to the nearest class that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping

from a2s import settings

ACTIONS = (
    "hit", "knock", "cut", "scrape", "rub", "set down", "handle", "open",
    "close", "press", "step", "drop", "pour", "splash", "stir", "break",
)  # fmt: skip
"""A class is its index, so the order must not change."""

MATERIALS = (
    "wood", "metal", "glass", "ceramic", "stone", "cloth",
    "plastic", "water", "paper", "skin", "earth", "cardboard",
)  # fmt: skip
"""A class is its index, so the order must not change. cloth: leather too; earth: soil, sand, snow, grass, plants."""

ACTION_ALIASES: Mapping[str, str] = {"chop": "cut", "bounce": "drop", "footstep": "step", "put down": "set down"}
"""Names of `a2s.settings.ACTIONS`, and everyday ones."""

MATERIAL_ALIASES: Mapping[str, str] = {
    "leather": "cloth", "fabric": "cloth", "soil": "earth", "gravel": "stone", "brick": "stone", "concrete": "stone",
    "body": "skin", "flesh": "skin", "rubber": "plastic", "porcelain": "ceramic",
}  # fmt: skip

MODEL_ACTIONS: Mapping[str, str] = {name: name for name in settings.ACTIONS} | {
    "cut": "chop", "rub": "scrape", "set down": "knock", "handle": "hit", "open": "knock", "close": "knock",
    "press": "hit", "drop": "bounce", "stir": "scrape", "break": "hit",
}  # fmt: skip
"""Every action that a cue may have -> the class of the compact model that sounds nearest."""

MODEL_MATERIALS: Mapping[str, str] = {name: name for name in settings.MATERIALS} | {
    "paper": "cloth", "skin": "cloth", "earth": "stone", "cardboard": "wood",
}  # fmt: skip
"""Every material that a cue may have -> the class of the compact model that sounds nearest."""

NARRATED: Mapping[str, str] = {
    verb: action
    for action, verbs in {
        "set down": "put place drop lay set arrange keep return",
        "handle": "pick move hold turn take remove lift adjust pull touch flip shake fold tighten sew carry grab raise "
        "get bring collect tie hang attach swing pass stretch wrap unfold twist loosen straighten",
        "cut": "cut chop peel slice trim saw",
        "open": "open unscrew unlock uncover",
        "close": "close cover lock shut",
        "step": "walk climb run jump",
        "pour": "pour sprinkle fill empty",
        "splash": "wash rinse spray dip soak water",
        "rub": "wipe clean rub spread sweep iron paint scrub roll smooth brush dry polish",
        "stir": "stir scoop mix whisk",
        "drop": "throw toss",
        "hit": "hit hammer beat strike",
        "knock": "tap knock pat",
        "press": "push press switch type squeeze knead click insert play",
        "scrape": "sand drag grate scrape dig plow scratch plaster",
        "break": "break tear crack split",
    }.items()
    for verb in verbs.split()
}
"""First verb of an egocentric narration -> action. Narrators write "drops" for what is put down as often as for what
falls, so that is `set down`. Machines (drill) are left out."""


def action_named(name: str) -> str | None:
    """The action with this name or alias, None where there is none."""
    name = " ".join(name.lower().replace("_", " ").split())
    name = ACTION_ALIASES.get(name, name)
    return name if name in ACTIONS else None


def material_named(name: str) -> str | None:
    """The material with this name or alias, None where there is none."""
    name = " ".join(name.lower().replace("_", " ").split())
    name = MATERIAL_ALIASES.get(name, name)
    return name if name in MATERIALS else None


def narrated_action(narration: str) -> str | None:
    """The action of a narration such as "#C C puts down the knife", None where none is known."""
    for word in narration.lower().replace("#c", " ").replace("#o", " ").split():
        if (verb := _plain(word.strip(".,"))) in NARRATED:
            return NARRATED[verb]
    return None


def _plain(word: str) -> str:
    """A verb without the ending of the third person."""
    if word in NARRATED or not word.endswith("s"):
        return word
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and (plain := word[: -len(ending)] + instead) in NARRATED:
            return plain
    return word
