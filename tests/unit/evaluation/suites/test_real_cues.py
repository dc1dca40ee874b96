from __future__ import annotations

import json

import numpy as np
import pytest

from a2s.cues import Cue, CueTrack
from a2s.errors import BadSettings
from a2s.evaluation.report import SECTIONS
from a2s.evaluation.suites import real_cues
from a2s.evaluation.suites.real_clips import RealClip
from a2s.evaluation.suites.real_cues import evaluate_cues, judged, name_figures, place_figures, reliability
from tests.fakes import draw_video

LABEL = {"actions": ["hit", "handle"], "materials": ["skin/drum"], "place": ["kitchen"]}


def named(*names, confidence=0.5):
    cues = (Cue(i, action=a, material=m, confidence=confidence) for i, (a, m) in enumerate(names))
    return CueTrack(tuple(cues))


def test_names_are_right_in_the_nearest_class():
    figures = name_figures(named(("hit", "plastic"), ("hit", "plastic"), ("step", "wood")), LABEL)
    assert figures["action"] == figures["material"] == 1.0
    assert figures["action_of_cues"] == pytest.approx(2 / 3) and figures["disagree"] == pytest.approx(1 / 3)
    assert figures["action_chance"] == 1 / 8
    wrong = name_figures(named(("step", "wood")), LABEL)
    assert wrong["action"] == wrong["material"] == wrong["disagree"] == 0.0


def test_a_label_without_a_class_is_left_out():
    figures = name_figures(named(("hit", "wood")), LABEL | {"actions": ["none of these"], "materials": []})
    assert figures == {"disagree": 0.0}


def test_the_place_counts_among_three_kinds():
    assert place_figures(["sea", "rain", "kitchen", "fan"], ["kitchen"]) == {
        "first": 0.0,
        "among_first": 1.0,
        "chance": 1.0,  # two of four kinds are right
    }
    assert place_figures(["sea", "rain", "wind", "kitchen"], ["kitchen"])["among_first"] == 0.0
    assert place_figures(["sea", "rain", "wind", "kitchen"], ["kitchen"])["chance"] == pytest.approx(0.75)


def test_reliability_leaves_out_cues_beside_an_optional_onset(tmp_path):
    clip = RealClip("x", tmp_path, "A", 3.0, (1.0,), (2.0,))
    track = CueTrack((Cue(0.2, confidence=0.3), Cue(1.05, confidence=0.9), Cue(2.02, confidence=0.6)))
    rows = judged(clip, track)
    assert rows.tolist() == [[0.3, 0.0], [0.9, 1.0]]
    figures = reliability(rows)
    assert [(b["cues"], b["right"]) for b in figures["curve"]] == [(1, 0.0), (1, 1.0)]
    assert figures["error"] == 0.2 and figures["brier"] == 0.05
    assert reliability(np.zeros((0, 2)))["curve"] == []


def test_two_folders_are_scored_together(tmp_path, monkeypatch):
    """One labels.json serves both; the report prints every figure."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder, hits in zip(folders, ((0.5, 1.25), (0.4, 1.0, 1.6))):
        folder.mkdir()
        draw_video(folder / "x.mp4", hits=hits)
        clip = {"file": "x.mp4", "tier": "A", "duration": 2.0, "onsets": list(hits)}
        (folder / "onsets.json").write_text(json.dumps({folder.name: clip}))
    (folders[1] / "labels.json").write_text(json.dumps({"a": LABEL}))
    monkeypatch.setattr(real_cues, "load_model", lambda model: model)
    monkeypatch.setattr(real_cues, "load_bank", lambda bank, pipe: [0, 1])
    monkeypatch.setattr(real_cues, "retrieve", lambda *args: [])
    monkeypatch.setattr(real_cues, "ranked_kinds", lambda matches: ["kitchen", "sea"])
    monkeypatch.setattr(real_cues, "find_cues", lambda motion, model: named(("hit", "wood"), ("hit", "wood")))
    figures = evaluate_cues("model", None, folders)
    assert figures["times"]["all"]["clips"] == figures["times"]["tier_A"]["clips"] == 2
    assert figures["times"]["all"]["precision"] == 0.25  # one of four cues lies at an onset, 1.0 s in the second clip
    assert figures["names"]["action"] == 1.0 and figures["names"]["material"] == 0.0
    assert figures["place"]["among_first"] == 1.0
    text = "\n".join(SECTIONS["cues"](json.loads(json.dumps(figures)), tmp_path))
    assert "| a, tier A, 2 onsets |" in text and "material 0.00" in text


def test_damaged_labels_are_refused(tmp_path):
    (tmp_path / "labels.json").write_text('{"a": {"actions": []}}')
    with pytest.raises(BadSettings, match="labels.json does not give"):
        real_cues._read_labels([tmp_path])
