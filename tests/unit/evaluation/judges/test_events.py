from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from a2s.errors import BadSettings, WeightsMissing
from a2s.evaluation.judges import train_judge
from a2s.evaluation.judges.events import (
    BEFORE,
    SAMPLES,
    EventJudge,
    EventSounds,
    evaluate_events_judge,
    excerpt,
    train_events_judge,
)
from a2s.evaluation.judges.train import JudgeTraining, load_judge
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


def test_classify_gives_one_class_per_time():
    judge = EventJudge().eval()
    action, material = judge.classify(np.random.default_rng(0).standard_normal(48_000) * 0.1, [0.2, 1.0, 2.9])
    assert action.shape == material.shape == (3,)
    assert (action < len(ACTIONS)).all() and (material < len(MATERIALS)).all()
    assert all(len(x) == 0 for x in judge.classify(np.zeros(48_000, np.float32), []))


def test_augmented_events_differ_and_the_true_mix_does_not(worlds_folder):
    sounds = EventSounds(LongVideos(worlds_folder))
    rng = np.random.default_rng(0)
    assert not np.array_equal(sounds.augmented(0, rng), sounds.augmented(0, rng))
    assert np.array_equal(sounds.true_mix(0), sounds.true_mix(0))
    assert sounds.true_mix(0).shape == sounds.augmented(0, rng).shape == (SAMPLES,)


def test_a_judge_learns_and_is_stored(worlds_folder, tmp_path):
    training = JudgeTraining(worlds_folder, tmp_path / "judge", worlds_folder, steps=50, batch=12)
    report = train_events_judge(training, EventJudge(channels=(1, 16, 24, 32), hidden=64))
    held = report["held_out"]
    # The judge is evaluated on its training data: far above the most frequent material.
    assert held["material"]["accuracy"] > held["material"]["majority"] + 0.1
    assert np.trace(held["material"]["confusion"]) == pytest.approx(held["material"]["accuracy"] * held["events"])
    assert json.loads((tmp_path / "judge/report.json").read_text()) == report
    again = evaluate_events_judge(load_judge(EventJudge, tmp_path / "judge"), LongVideos(worlds_folder))
    assert again == held


def test_permuted_classes_are_wrong(worlds_folder):
    """A judge whose answers are moved by one class is wrong wherever it was right."""
    judge = EventJudge().eval()
    videos = LongVideos(worlds_folder)
    right = evaluate_events_judge(judge, videos)["action"]["accuracy"]
    with torch.no_grad():
        judge.action.weight.copy_(judge.action.weight.roll(1, 0))
        judge.action.bias.copy_(judge.action.bias.roll(1, 0))
    assert right + evaluate_events_judge(judge, videos)["action"]["accuracy"] <= 1.0 + 1e-6


def test_a_missing_judge_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match="`a2s train judge events`"):
        load_judge(EventJudge, tmp_path)


def test_an_unknown_judge_is_named(tmp_path):
    with pytest.raises(BadSettings, match="no judge taste. The judges are events, sync, place"):
        train_judge("taste", JudgeTraining(tmp_path, tmp_path))
