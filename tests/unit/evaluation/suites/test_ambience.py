from __future__ import annotations

from dataclasses import replace

import numpy as np

from a2s.cues import CueTrack
from a2s.evaluation.sampler import ClipSampler
from a2s.evaluation.suites.ambience import AMOUNTS, evaluate_amount, evaluate_swap
from tests.unit.evaluation.tiny_worlds import FollowingPipeline


def test_a_model_that_follows_the_amount_is_monotone(worlds):
    clips = worlds.draw(12, 0)
    found = evaluate_amount(ClipSampler(FollowingPipeline(), 1), clips, None, 3)
    assert len(found["amounts"]) == len(AMOUNTS) == 9
    assert found["spearman_of_mean"] > 0.9 and found["range_db"] > 5
    levels = [row["true_level_db"] for row in found["amounts"]]
    assert np.all(np.diff(levels) > -0.5)


def test_a_model_that_ignores_its_condition_scores_low(worlds):
    class Ignoring(FollowingPipeline):
        def encode_ambient(self, waveform):
            return super().encode_ambient(0.01 * np.ones(48_000))

    # Without cues only a steady ambience is generated, at another level for each clip.
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    levels = np.random.default_rng(1).permutation(np.linspace(-60, -25, 8))
    clips = [
        replace(clip, true_cues=CueTrack(), neighbour_ambience=noise * np.float32(10 ** (level / 20)))
        for clip, level in zip(worlds.draw(8, 0), levels, strict=True)
    ]
    ignoring = evaluate_swap(ClipSampler(Ignoring(), 1), clips)
    following = evaluate_swap(ClipSampler(FollowingPipeline(), 1), clips)
    assert (
        following["level_spearman_with_swapped"] > 0.8
        and following["level_error_db"]["value"] < ignoring["level_error_db"]["value"]
    )
    assert ignoring["level_spearman_with_swapped"] is None or abs(ignoring["level_spearman_with_swapped"]) < 0.8
    assert evaluate_amount(ClipSampler(Ignoring(), 1), clips, None, 2)["range_db"] < 1
