from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from a2s.evaluation.judges.events import EventJudge
from a2s.evaluation.judges.place import NAMES, PlaceJudge, evaluate_place_judge, train_place_judge
from a2s.evaluation.judges.sync import SyncJudge
from a2s.evaluation.judges.train import JudgeTraining, load_judge
from a2s.evaluation.metrics.place import place_share
from a2s.resources import checkpoint_folder
from a2s.training.data import LongVideos


class FirstSampleJudge:
    """Its answer is the first sample."""

    def classify(self, waves: np.ndarray) -> np.ndarray:
        return waves[:, 0].astype(int)


def sounds_of(kinds: list[str]) -> np.ndarray:
    waves = np.zeros((len(kinds), 10), np.float32)
    waves[:, 0] = [NAMES.index(kind) for kind in kinds]
    return waves


def test_share_of_right_places_and_the_share_at_random():
    kinds = ["rain"] * 3 + ["sea"]
    clips = [SimpleNamespace(ambience_kind=kind) for kind in kinds]
    right = place_share(FirstSampleJudge(), clips, sounds_of(kinds))
    assert right["value"] == 1 and right["random"] == pytest.approx((9 + 1) / 16)
    exchanged = place_share(FirstSampleJudge(), clips, sounds_of(["sea", "rain", "rain", "rain"]))
    assert exchanged["value"] == 0.5 and exchanged["random"] == right["random"]
    assert place_share(FirstSampleJudge(), clips, sounds_of(["fan"] * 4))["value"] == 0


def test_a_judge_learns_and_is_stored(worlds_folder, tmp_path):
    training = JudgeTraining(worlds_folder, tmp_path / "place", worlds_folder, steps=40, batch=6)
    report = train_place_judge(training, PlaceJudge(embedding=16))
    held = report["held_out"]
    assert held["accuracy"] > held["majority"] and np.sum(held["confusion"]) == held["windows"]
    assert json.loads((tmp_path / "place/report.json").read_text()) == report
    judge = load_judge(PlaceJudge, tmp_path / "place")
    assert evaluate_place_judge(judge, LongVideos(worlds_folder)) == held


def test_a_checkpoint_with_older_parameter_names_loads(tmp_path):
    judge = PlaceJudge(embedding=8)
    judge.save_pretrained(tmp_path)
    file = tmp_path / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    save_file({name.replace("tower.", "ear."): weight for name, weight in weights.items()}, file)
    loaded = load_judge(PlaceJudge, tmp_path).state_dict()
    assert all(weights[name].equal(weight) for name, weight in loaded.items())


def test_the_shipped_judges_load():
    folder = checkpoint_folder("judges")
    for kind, name in ((EventJudge, "classes"), (SyncJudge, "sync"), (PlaceJudge, "place")):
        assert not load_judge(kind, folder / name).training
