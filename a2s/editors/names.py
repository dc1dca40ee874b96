"""Names of the sound files: plain ones, or those of the Universal Category System (UCS).

A UCS name is CatID_FXName_CreatorID_SourceID. The identifiers of categories (CatID) below belong to the list of UCS 8,
which is in the public domain: https://universalcategorysystem.com.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from a2s.cues import CueTrack

CREATOR = "A2S"
MAX_TITLE = 40

STEMS: Mapping[str, str] = {"mix": "MIX", "ambience": "AMBMisc", "original": "REF"}
"""Categories of files whose content does not depend on the cues."""

MIXED, UNKNOWN = "FOLYProp", "FOLYMisc"
"""Category of an action stem with several categories in it, and of one without a class."""

_MATERIALS: Mapping[str, str] = {
    "wood": "WOOD",
    "metal": "METL",
    "glass": "GLAS",
    "ceramic": "CERM",
    "stone": "ROCK",
    "plastic": "PLAS",
}
"""Materials whose UCS categories have both an impact (Impt) and a friction (Fric)."""

_ACTIONS: Mapping[str, str] = {"step": "FOLYFeet", "pour": "WATRPour", "splash": "WATRSplsh"}
"""Actions whose category does not depend on the material."""


def category(action: str | None, material: str | None) -> str:
    """The UCS category (CatID) of a cue's class."""
    if action is not None and action in _ACTIONS:
        return _ACTIONS[action]
    if action is None or material is None:
        return UNKNOWN
    if material == "cloth":
        return "CLOTHMvmt"
    if material == "water":
        return "WATRMvmt" if action == "scrape" else "WATRImpt"
    return _MATERIALS[material] + ("Fric" if action == "scrape" else "Impt") if material in _MATERIALS else UNKNOWN


def sound_name(stem: str, style: str, film: str, cues: CueTrack, take: int = 0) -> str:
    """The name of a stem's file, with its suffix. style: as `PackageOptions.names`. film: name of the film's file."""
    if style == "plain":
        return f"{stem}.wav"
    found = {category(cue.action, cue.material) for cue in cues} if stem == "action" else {STEMS[stem]}
    identifier = found.pop() if len(found) == 1 else MIXED if found else UNKNOWN
    title = _words(PurePath(film).stem)[:MAX_TITLE].strip() or "Film"
    return f"{identifier}_{title} {stem}_{CREATOR}_Take {take + 1}.wav"


def _words(text: str) -> str:
    """Letters, digits and single spaces of a name; UCS separates blocks with _ and -."""
    return " ".join(re.sub(r"[^A-Za-z0-9 ]", " ", text).split())
