from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from a2s.errors import WeightsMissing
from a2s.evaluation.judges.sync import (
    LAGS,
    SyncJudge,
    correlation,
    examine_sync,
    mel_of,
    sync_share,
    train_sync,
)
from a2s.evaluation.judges.sync_pairs import FURTHEST, NEAREST, SLOT, SyncPairs
from a2s.evaluation.judges.train import load_judge

RATE = 16_000


@pytest.fixture(scope="module")
def pairs(worlds_folder):
    return SyncPairs(worlds_folder)


@pytest.mark.parametrize("seconds", [3.0, 1.5])
def test_a_draw_has_own_shifted_and_other_sounds(pairs, seconds):
    rows = pairs.draw(np.random.default_rng(0), 3, seconds, vary=False)
    slots = round(seconds / SLOT)
    assert rows["motion"].shape == (3, slots // 2, 12, 12, 6)
    assert rows["sounds"].shape == (3, 3, round(seconds * RATE)) and rows["heard_onsets"].shape == (3, 3, slots)
    assert mel_of(rows["sounds"]).shape == (3, 3, 128, slots)
    for (video, start), own, onsets in zip(rows["windows"], rows["sounds"][:, 0], rows["seen_onsets"], strict=True):
        true = pairs.videos.clip(video, start, seconds).sum(0).clip(-1, 1)
        assert np.allclose(own, true, atol=1e-6)
        assert onsets.max() > 0.5  # something happens in every window
    assert torch.equal(rows["seen_onsets"], rows["heard_onsets"][:, 0])
    assert (rows["sounds"][:, 0] != rows["sounds"][:, 1]).any(1).all()


def test_shifts_are_a_quarter_to_two_seconds_and_stay_in_the_video(pairs):
    rng = np.random.default_rng(0)
    moved = np.array([pairs._moved_start(0, start, 3.0, rng) - start for start in rng.uniform(0, 9, 300)])
    assert np.abs(moved).min() >= NEAREST and np.abs(moved).max() <= FURTHEST
    assert (moved > 0).mean() == pytest.approx(0.5, abs=0.1) and (np.abs(moved) < 0.71).mean() > 0.35


def test_variants_differ_in_sound_and_picture_and_not_in_time(pairs):
    a, b = (pairs.draw(np.random.default_rng(1), 2, 3.0, vary=vary) for vary in (True, False))
    assert a["windows"][0] == b["windows"][0]
    assert not torch.equal(a["motion"][0], b["motion"][0]) and not torch.equal(a["sounds"][0, 0], b["sounds"][0, 0])
    assert torch.equal(a["seen_onsets"][0], b["seen_onsets"][0])


def test_a_moved_sound_is_late_by_what_was_asked(pairs):
    windows = [(0, 2.0), (1, 4.0)]
    own, late = pairs.moved(windows, 0.0), pairs.moved(windows, 0.2)
    assert torch.allclose(late[:, 3200:], own[:, :-3200], atol=1e-6)


def test_the_correlation_peaks_at_the_lag():
    seen = torch.randn(1, 3, 96, generator=torch.Generator().manual_seed(0))
    for late in (-6, 0, 7):
        heard = torch.roll(seen, late, -1)
        assert correlation(seen, heard).sum(1).argmax() == LAGS + late


def test_windows_of_any_length_are_judged_alone(pairs):
    judge = SyncJudge(channels=8, hidden=16).eval()
    for seconds in (3.0, 1.5):
        rows = pairs.draw(np.random.default_rng(0), 3, seconds)
        motions, waves = rows["motion"].numpy(), rows["sounds"][:, 0].numpy()
        found = judge.probabilities(motions, waves)
        assert found.shape == (3,) and ((found > 0) & (found < 1)).all()
        assert np.allclose(judge.probabilities(motions[1:2], waves[1:2]), found[1], atol=1e-5)


class Listener:
    """Takes what begins above zero for in sync."""

    def probabilities(self, motions, waves):
        assert motions.shape[1] * RATE // 16 == waves.shape[1]
        return (waves[:, : RATE // 2].mean(1) > 0).astype(float)


def test_share_of_clips_and_the_authors_variant(unseen):
    clips = unseen.draw(4)
    waves = np.full((4, 3 * RATE), -0.1, np.float32)
    waves[0] = 0.1
    waves[1, 3 * RATE // 2 :] = 0.1
    found = sync_share(Listener(), clips, waves)
    assert found["value"] == 0.25 and found["probability"] == 0.25 and found["n"] == 4
    assert found["either_half"]["value"] == 0.5


def test_it_learns_is_saved_and_is_read_back(worlds_folder, unseen, tmp_path):
    """On the worlds that it was trained on; their motion tells each event."""
    torch.manual_seed(0)
    small = SyncJudge(channels=8, hidden=24, grid_channels=(8, 8, 8))
    report = train_sync(worlds_folder, tmp_path / "sync", worlds_folder, steps=80, batch=6, model=small, windows=48)
    held = report["held_out"]
    assert held["accuracy"]["value"] > 0.65 and held["own"]["value"] > 0.5
    assert held["heard_as_sync"]["+0 ms"] == held["own"]["value"]
    assert json.loads((tmp_path / "sync/report.json").read_text()) == report
    judge = load_judge(SyncJudge, tmp_path / "sync")
    assert examine_sync(judge, SyncPairs(worlds_folder), 48) == held
    clips = unseen.draw(12)
    mixes = np.stack([clip.mix for clip in clips])
    own, others = (sync_share(judge, clips, waves)["probability"] for waves in (mixes, np.roll(mixes, 1, 0)))
    assert own > others


def test_a_missing_judge_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match="holds no judge.*a2s.evaluation.judges.sync"):
        load_judge(SyncJudge, tmp_path)
