from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from a2s.evaluation.judges.place import (
    NAMES,
    PlaceJudge,
    examine_place_judge,
    place_share,
    train_place_judge,
)
from a2s.evaluation.judges.train import load_judge
from a2s.training.data import LongVideos


class Listener:
    """Takes a sound's first sample for the number of its kind."""

    def hear(self, waves: np.ndarray) -> np.ndarray:
        return waves[:, 0].astype(int)


def sounds_of(kinds: list[str]) -> np.ndarray:
    waves = np.zeros((len(kinds), 10), np.float32)
    waves[:, 0] = [NAMES.index(kind) for kind in kinds]
    return waves


def test_the_share_of_right_places_beside_that_of_sounds_dealt_out_anew():
    kinds = ["rain"] * 3 + ["sea"]
    clips = [SimpleNamespace(kind=kind) for kind in kinds]
    right = place_share(Listener(), clips, sounds_of(kinds))
    assert right["value"] == 1 and right["random"] == pytest.approx((9 + 1) / 16)
    exchanged = place_share(Listener(), clips, sounds_of(["sea", "rain", "rain", "rain"]))
    assert exchanged["value"] == 0.5 and exchanged["random"] == right["random"]
    assert place_share(Listener(), clips, sounds_of(["fan"] * 4))["value"] == 0


def test_a_judge_learns_its_worlds_by_heart_and_is_kept(worlds_folder, tmp_path):
    report = train_place_judge(worlds_folder, tmp_path / "place", worlds_folder, steps=60, batch=12)
    held = report["held_out"]
    assert held["accuracy"] > held["majority"] and np.sum(held["confusion"]) == held["windows"]
    assert json.loads((tmp_path / "place/report.json").read_text()) == report
    judge = load_judge(PlaceJudge, tmp_path / "place")
    assert examine_place_judge(judge, LongVideos(worlds_folder)) == held
