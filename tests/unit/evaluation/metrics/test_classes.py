from __future__ import annotations

import numpy as np
import pytest

from a2s.cues import CueTrack
from a2s.evaluation.judges.events import EventJudge
from a2s.evaluation.metrics.classes import class_accuracy
from a2s.evaluation.suites.tables import cue_scores
from a2s.evaluation.worlds import mixes_of


class ConstantJudge(EventJudge):
    """Its answer is always class 0."""

    def classify(self, waveform, times):
        return np.zeros(len(times), int), np.zeros(len(times), int)


@pytest.fixture(scope="module")
def clips(worlds):
    return worlds.draw(16, 0)


def test_classes_are_counted_per_event(clips):
    figures = class_accuracy(clips, mixes_of(clips), ConstantJudge())
    judged = np.concatenate([clip.classes[0][clip.onsets < 2.7] for clip in clips])
    assert figures["action"]["n"] == len(judged)
    assert figures["action"]["value"] == pytest.approx((judged == 0).mean(), abs=1e-4)


def test_true_cues_score_one_and_cues_without_classes_are_wrong(clips):
    true = cue_scores(clips, [clip.true_cues for clip in clips])
    assert true["onsets"]["50ms"]["recall"] == 1.0 and true["onsets"]["100ms"]["precision"] > 0.9
    assert true["classes"]["action"]["value"] > 0.95 and true["classes"]["material"]["value"] > 0.95
    times = [[cue.time for cue in clip.true_cues] for clip in clips]
    unnamed = cue_scores(clips, [CueTrack.at(at) for at in times])
    assert unnamed["onsets"]["50ms"]["recall"] == 1.0 and unnamed["classes"]["action"]["value"] == 0.0
