from __future__ import annotations

import numpy as np

from a2s.evaluation.suites.retrieval import evaluate_retrieval, kind_precision, recall
from tests.unit.evaluation.tiny_worlds import WorldPipeline


def test_recall_of_perfect_random_and_constant_scores():
    assert recall(np.eye(20))["recall_at_1"]["value"] == 1.0
    shifted = np.roll(np.eye(20), 1, 1) * 2 + np.eye(20)
    assert recall(shifted)["recall_at_1"]["value"] == 0.0 and recall(shifted)["recall_at_5"]["value"] == 1.0
    constant = recall(np.ones((20, 20)))
    assert constant["recall_at_10"]["value"] == 0.0 and constant["recall_at_10"]["random"] == 0.5
    noise = recall(np.random.default_rng(0).standard_normal((400, 400)))
    assert abs(noise["recall_at_10"]["value"] - 10 / 400) < 0.03


def test_kind_precision_excludes_the_own_video():
    kinds = ["rain", "rain", "sea", "sea"]
    same = np.array([[a == b for b in kinds] for a in kinds], float)
    assert kind_precision(same, kinds, 1)["value"] == 1.0
    assert kind_precision(1 - same, kinds, 1)["value"] == 0.0
    assert kind_precision(same, kinds, 1)["random"] == round(1 / 3, 4)


def test_retrieval_on_worlds(worlds):
    found = evaluate_retrieval(WorldPipeline(), worlds)
    assert found["videos"] == 4 and found["recall_at_5"]["value"] == 1.0
    assert found["recall_at_1"]["random"] == 0.25
