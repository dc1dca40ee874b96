"""Names of the sound files."""

from __future__ import annotations

import re
from itertools import product

import pytest

from a2s.cues import Cue, CueTrack
from a2s.editors.names import category, sound_name
from a2s.settings import ACTIONS, MATERIALS

UCS_8 = set(
    """CERMFric CERMImpt CLOTHMvmt FOLYFeet FOLYMisc FOLYProp GLASFric GLASImpt METLFric METLImpt PLASFric PLASImpt
    ROCKFric ROCKImpt WATRImpt WATRMvmt WATRPour WATRSplsh WOODFric WOODImpt AMBMisc MIX REF""".split()
)
"""Identifiers in the published list of UCS 8 that a2s may use."""


def test_every_class_has_a_category_of_the_list():
    found = {category(action, material) for action, material in product((*ACTIONS, None), (*MATERIALS, None))}
    assert found <= UCS_8 and {"WOODImpt", "METLFric", "WATRPour", "FOLYFeet", "CLOTHMvmt"} <= found
    assert category(None, "wood") == category("hit", None) == "FOLYMisc"


@pytest.mark.parametrize(
    "cues, identifier",
    [
        ([Cue(0, action="hit", material="wood"), Cue(1, action="knock", material="wood")], "WOODImpt"),
        ([Cue(0, action="hit", material="wood"), Cue(1, action="hit", material="metal")], "FOLYProp"),
        ([], "FOLYMisc"),
    ],
)
def test_the_action_stem_has_the_category_of_its_cues(cues, identifier):
    assert sound_name("action", "ucs", "A film_v2-final (é).mp4", CueTrack(tuple(cues))) == (
        f"{identifier}_A film v2 final action_A2S_Take 1.wav"
    )


def test_ucs_names_have_four_blocks_and_plain_names_none():
    for stem in ("mix", "action", "ambience", "original"):
        name = sound_name(stem, "ucs", "x" * 300 + ".mkv", CueTrack(), take=2)
        assert re.fullmatch(r"[A-Za-z]+_[A-Za-z0-9 ]+_A2S_Take 3\.wav", name) and len(name) < 80
        assert name.split("_")[0] in UCS_8
        assert sound_name(stem, "plain", "film.mkv", CueTrack()) == f"{stem}.wav"
    assert sound_name("mix", "ucs", "映画.mkv", CueTrack()) == "MIX_Film mix_A2S_Take 1.wav"
