"""Sixteen actions, twelve materials, and the narrations that they cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s import settings
from a2s.cues import Cue, CueTrack, draw_cue_roll
from a2s.cues.vocabulary import (
    ACTIONS,
    MATERIALS,
    MODEL_ACTIONS,
    MODEL_MATERIALS,
    NARRATED,
    action_named,
    material_named,
    narrated_action,
)
from a2s.errors import BadCues
from a2s.settings import AUDIO

COUNTED = (
    "put 1304, pick 1240, drop 590, move 504, place 454, cut 325, open 314, walk 277, hold 266, turn 252, take 241, "
    "remove 216, pour 209, close 196, wash 189, throw 185, lift 166, adjust 164, wipe 164, scoop 157, pull 153, "
    "stir 136, rinse 135, touch 133, clean 120, hit 118, roll 90, flip 86, rub 71, push 62, shake 60, press 49, "
    "fold 47, spread 44, mix 42, sweep 41, knead 37, sand 34, switch 34, iron 32, drag 31, paint 31, scrub 30, "
    "squeeze 30, sew 29, grate 23, "
    "dig 23, peel 18, type 16, tighten 15, scrape 15, drill 12, chop 12, spray 11, break 11, tap 11"
)
NARRATIONS = 11_449
"""First verbs of the test narrations of Ego4D-Sounds; those counted less than eleven times are not listed."""


def test_the_vocabulary_covers_four_fifths_of_the_narrations():
    counts = {verb: int(number) for verb, number in (entry.split() for entry in COUNTED.split(", "))}
    assert sum(n for verb, n in counts.items() if verb in NARRATED) / NARRATIONS >= 0.8


def test_sizes_and_targets():
    assert len(set(ACTIONS)) == 16 and len(set(MATERIALS)) == 12
    assert set(NARRATED.values()) == set(ACTIONS)


@pytest.mark.parametrize("name", ("hit", "knock", "chop", "scrape", "pour", "step", "bounce", "splash"))
def test_actions_of_version_one_still_load(name: str):
    assert action_named(name) in ACTIONS


@pytest.mark.parametrize("name", ("wood", "metal", "glass", "ceramic", "stone", "cloth", "plastic", "water"))
def test_materials_of_version_one_still_load(name: str):
    assert material_named(name) == name


def test_unknown_names_are_none():
    assert action_named("fly") is None and material_named("light") is None
    assert action_named("Set_Down") == "set down"


@pytest.mark.parametrize(
    ("narration", "action"),
    [
        ("#C C Rinses spoons with running water from a tap", "splash"),
        ("#C C puts down the knife", "set down"),
        ("#C C carries a box", "handle"),
        ("#O A man washes his hands", "splash"),
        ("#C C looks around", None),
    ],
)
def test_narrations_map_onto_actions(narration: str, action: str | None):
    assert narrated_action(narration) == action


def test_every_name_has_a_class_of_the_model():
    assert set(MODEL_ACTIONS) == {*ACTIONS, *settings.ACTIONS} and set(MODEL_ACTIONS.values()) == set(settings.ACTIONS)
    assert set(MODEL_MATERIALS) == set(MATERIALS) and set(MODEL_MATERIALS.values()) == set(settings.MATERIALS)
    assert all(MODEL_ACTIONS[name] == name for name in settings.ACTIONS)


def test_a_cue_keeps_its_name_and_is_drawn_as_the_nearest_class(tmp_path):
    track = CueTrack((Cue(0.5, action="set down", material="paper"), Cue(1.5, action="chop", material="wood")))
    track.save(tmp_path / "cues.json")
    again = CueTrack.load(tmp_path / "cues.json")
    assert again == track
    known = tuple(replace(c, action=MODEL_ACTIONS[c.action], material=MODEL_MATERIALS[c.material]) for c in again)
    assert np.array_equal(draw_cue_roll(again.cues, 0.0, AUDIO), draw_cue_roll(known, 0.0, AUDIO))


def test_an_unknown_class_is_an_error():
    with pytest.raises(BadCues, match="set down"):
        Cue(0.5, action="teleport")
