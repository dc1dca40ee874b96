from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from a2s.errors import WeightsMissing
from a2s.evaluation.judges.events import BEFORE, SAMPLES, EventSounds, Judge, examine_judge, excerpt, train_judge
from a2s.evaluation.judges.train import load_judge
from a2s.settings import ACTIONS, MATERIALS
from a2s.training.data import LongVideos


def test_an_excerpt_starts_before_the_event_and_is_padded():
    wave = np.arange(16_000, dtype=np.float32) / 16_000
    cut = excerpt(wave, 0.5)
    assert cut.shape == (SAMPLES,)
    assert cut[0] == pytest.approx(0.5 - BEFORE, abs=1e-4)
    assert (excerpt(wave, 0.0)[: round(BEFORE * 16_000)] == 0).all()
    assert excerpt(wave, 0.9)[-1] == 0
    assert not excerpt(wave, 5.0).any()


def test_hear_gives_one_class_each_time():
    judge = Judge().eval()
    action, material = judge.hear(np.random.default_rng(0).standard_normal(48_000) * 0.1, [0.2, 1.0, 2.9])
    assert action.shape == material.shape == (3,)
    assert (action < len(ACTIONS)).all() and (material < len(MATERIALS)).all()
    assert all(len(x) == 0 for x in judge.hear(np.zeros(48_000, np.float32), []))


def test_variants_of_an_event_differ_and_the_true_one_does_not(worlds_folder):
    sounds = EventSounds(LongVideos(worlds_folder))
    rng = np.random.default_rng(0)
    assert not np.array_equal(sounds.varied(0, rng), sounds.varied(0, rng))
    assert np.array_equal(sounds.true(0), sounds.true(0))
    assert sounds.true(0).shape == sounds.varied(0, rng).shape == (SAMPLES,)


def test_it_learns_is_saved_and_is_read_back(worlds_folder, tmp_path):
    torch.manual_seed(0)
    report = train_judge(worlds_folder, tmp_path / "judge", worlds_folder, steps=60, batch=16)
    held = report["held_out"]
    # It is examined on what it was trained on: far better than always saying the most frequent material.
    assert held["material"]["accuracy"] > held["material"]["majority"] + 0.1
    assert np.trace(held["material"]["confusion"]) == pytest.approx(held["material"]["accuracy"] * held["events"])
    assert json.loads((tmp_path / "judge/report.json").read_text()) == report
    again = examine_judge(load_judge(Judge, tmp_path / "judge"), LongVideos(worlds_folder))
    assert again == held


def test_permuted_classes_are_heard_as_wrong(worlds_folder, tmp_path):
    """A judge whose answers are moved by one class is never right where it was right before."""
    judge = Judge().eval()
    videos = LongVideos(worlds_folder)
    right = examine_judge(judge, videos)["action"]["accuracy"]
    with torch.no_grad():
        judge.action.weight.copy_(judge.action.weight.roll(1, 0))
        judge.action.bias.copy_(judge.action.bias.roll(1, 0))
    assert right + examine_judge(judge, videos)["action"]["accuracy"] <= 1.0 + 1e-6


def test_a_missing_judge_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match="holds no judge"):
        load_judge(Judge, tmp_path)
