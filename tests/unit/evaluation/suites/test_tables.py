from __future__ import annotations

import numpy as np
import pytest

from a2s.cues import CueTrack
from a2s.evaluation.clips import onsets_of
from a2s.evaluation.judges.events import Judge
from a2s.evaluation.metrics.embeddings import embedding
from a2s.evaluation.suites.tables import JudgeSet, class_row, cue_row, onset_row, reference, score


class Constant(Judge):
    """Always hears class 0."""

    def hear(self, waveform, times):
        return np.zeros(len(times), int), np.zeros(len(times), int)


@pytest.fixture(scope="module")
def clips(unseen):
    return unseen.draw(16, 0)


def mixes(clips) -> np.ndarray:
    return np.stack([clip.mix for clip in clips])


def test_sound_that_comes_200_ms_late_is_at_chance_and_true_sound_is_not(clips):
    true, late = mixes(clips), np.roll(mixes(clips), 3_200, axis=1)
    in_time, shifted = (onset_row(clips, onsets_of(waves)) for waves in (true, late))
    assert in_time["onsets_100ms"]["f1"] > in_time["onsets_100ms"]["chance"] + 0.2
    assert shifted["onsets_100ms"]["f1"] < shifted["onsets_100ms"]["chance"] + 0.1
    assert in_time["onsets_50ms"]["f1"] <= in_time["onsets_100ms"]["f1"] <= in_time["onsets_150ms"]["f1"]


def test_classes_are_counted_per_event(clips):
    row = class_row(clips, mixes(clips), Constant())
    judged = np.concatenate([clip.classes[0][clip.onsets < 2.7] for clip in clips])
    assert row["action"]["n"] == len(judged)
    assert row["action"]["value"] == pytest.approx((judged == 0).mean(), abs=1e-4)


def test_true_cues_score_one_and_wrong_names_are_wrong(clips):
    alone = cue_row(clips, [clip.true_cues for clip in clips])
    assert alone["onsets_50ms"]["recall"] == 1.0 and alone["onsets_100ms"]["precision"] > 0.9
    assert alone["classes"]["action"]["value"] > 0.95 and alone["classes"]["material"]["value"] > 0.95
    times = [[cue.time for cue in clip.true_cues] for clip in clips]
    unnamed = cue_row(clips, [CueTrack.at(at) for at in times])
    assert unnamed["onsets_50ms"]["recall"] == 1.0 and unnamed["classes"]["action"]["value"] == 0.0


def test_the_reference_shares_no_moment_with_a_clip(unseen):
    clips = unseen.draw(4, 0)
    windows = reference(unseen, clips)
    assert 0 < len(windows) < 16
    for window in windows:
        assert max(np.abs(np.correlate(window, clip.mix[20_000:28_000])).max() for clip in clips) < 0.99 * max(
            np.square(clip.mix[20_000:28_000]).sum() for clip in clips
        )


def test_a_row_of_noise_scores_below_a_row_of_truth(unseen, clips):
    real = reference(unseen, clips)
    ears = JudgeSet(Judge().eval(), {"mel": embedding("mel"), "av-sim": embedding("mel")})
    crowd = {"mel": embedding("mel")(np.concatenate([real, mixes(clips)]))}
    looks = np.zeros((16, crowd["mel"].shape[1]), np.float32)
    noise = 0.1 * np.random.default_rng(0).standard_normal((16, 48_000)).astype(np.float32)
    truth, wrong = (score(waves, clips, looks, crowd, ears) for waves in (mixes(clips), noise))
    assert truth["fad"]["mel"]["value"] < 0.5 * wrong["fad"]["mel"]["value"]
    assert truth["focus"]["ratio"]["value"] < wrong["focus"]["ratio"]["value"] - 3
    assert truth["ambient"]["db"]["value"] < wrong["ambient"]["db"]["value"]
    assert len(truth["f1_each"]) == 16 and truth["sync"] is None
