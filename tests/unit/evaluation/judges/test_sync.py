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
    evaluate_sync_judge,
    slot_mel,
    train_sync_judge,
)
from a2s.evaluation.judges.sync_pairs import FURTHEST, NEAREST, SLOT, SyncPairs
from a2s.evaluation.judges.train import JudgeTraining, load_judge
from a2s.evaluation.metrics.sync import sync_share

RATE = 16_000


@pytest.fixture(scope="module")
def pairs(worlds_folder):
    return SyncPairs(worlds_folder)


@pytest.mark.parametrize("seconds", [3.0, 1.5])
def test_a_draw_has_own_shifted_and_other_sounds(pairs, seconds):
    batch = pairs.draw(np.random.default_rng(0), 3, seconds, augment=False)
    slots = round(seconds / SLOT)
    assert batch.motion.shape == (3, slots // 2, 12, 12, 6)
    assert batch.sounds.shape == (3, 3, round(seconds * RATE)) and batch.audio_onsets.shape == (3, 3, slots)
    assert slot_mel(batch.sounds).shape == (3, 3, 128, slots)
    for (video, start), own, onsets in zip(batch.windows, batch.sounds[:, 0], batch.motion_onsets, strict=True):
        true = pairs.videos.clip(video, start, seconds).sum(0).clip(-1, 1)
        assert np.allclose(own, true, atol=1e-6)
        assert onsets.max() > 0.5  # every window has an event
    assert torch.equal(batch.motion_onsets, batch.audio_onsets[:, 0])
    assert (batch.sounds[:, 0] != batch.sounds[:, 1]).any(1).all()


def test_shifted_audio_is_a_quarter_to_two_seconds_off(pairs):
    """The lag of the shifted audio, from the true mix of the whole video."""
    rng = np.random.default_rng(0)
    batch = pairs.draw(rng, 16, 1.5, augment=False)
    lags = []
    for (video, start), shifted in zip(batch.windows, batch.sounds[:, 1].numpy(), strict=True):
        whole = pairs.videos.clip(video, 0.0, pairs.videos.plans[video].seconds).sum(0).clip(-1, 1)
        probe = shifted[8_000:12_000]
        spectrum = np.fft.rfft(whole, 2 * len(whole)) * np.conj(np.fft.rfft(probe, 2 * len(whole)))
        total = np.concatenate([[0.0], np.cumsum(whole.astype(np.float64) ** 2)])
        energy = total[len(probe) :] - total[: -len(probe)]
        match = np.fft.irfft(spectrum)[: len(energy)] / np.sqrt(energy + 1e-9)
        lags.append((match.argmax() - 8_000) / RATE - start)
    assert np.abs(lags).min() >= NEAREST - 0.01 and np.abs(lags).max() <= FURTHEST + 0.01
    assert 2 < np.sum(np.array(lags) > 0) < 14


def test_augmentation_changes_audio_and_motion_and_no_time(pairs):
    a, b = (pairs.draw(np.random.default_rng(1), 2, 3.0, augment=augment) for augment in (True, False))
    assert a.windows[0] == b.windows[0]
    assert not torch.equal(a.motion[0], b.motion[0]) and not torch.equal(a.sounds[0, 0], b.sounds[0, 0])
    assert torch.equal(a.motion_onsets[0], b.motion_onsets[0])


def test_moved_audio_is_late_by_the_given_time(pairs):
    windows = [(0, 2.0), (1, 4.0)]
    own, late = pairs.moved(windows, 0.0), pairs.moved(windows, 0.2)
    assert torch.allclose(late[:, 3200:], own[:, :-3200], atol=1e-6)


def test_the_correlation_peaks_at_the_lag():
    motion = torch.randn(1, 3, 96, generator=torch.Generator().manual_seed(0))
    for late in (-6, 0, 7):
        audio = torch.roll(motion, late, -1)
        assert correlation(motion, audio).sum(1).argmax() == LAGS + late


def test_a_score_does_not_depend_on_the_batch(pairs):
    judge = SyncJudge(channels=8, hidden=16).eval()
    for seconds in (3.0, 1.5):
        batch = pairs.draw(np.random.default_rng(0), 3, seconds)
        motions, waves = batch.motion.numpy(), batch.sounds[:, 0].numpy()
        found = judge.probabilities(motions, waves)
        assert found.shape == (3,) and ((found > 0) & (found < 1)).all()
        assert np.allclose(judge.probabilities(motions[1:2], waves[1:2]), found[1], atol=1e-5)


class PositiveStartJudge:
    """Audio with a positive start is in sync."""

    def probabilities(self, motions, waves):
        assert motions.shape[1] * RATE // 16 == waves.shape[1]
        return (waves[:, : RATE // 2].mean(1) > 0).astype(float)


def test_share_of_clips_and_the_authors_variant(worlds):
    clips = worlds.draw(4)
    waves = np.full((4, 3 * RATE), -0.1, np.float32)
    waves[0] = 0.1
    waves[1, 3 * RATE // 2 :] = 0.1
    found = sync_share(PositiveStartJudge(), clips, waves)
    assert found["value"] == 0.25 and found["probability"] == 0.25 and found["n"] == 4
    assert found["either_half"]["value"] == 0.5


def test_a_judge_learns_and_is_stored(worlds_folder, worlds, tmp_path):
    """Evaluated on its training worlds, whose motion shows each event."""
    torch.manual_seed(0)
    small = SyncJudge(channels=8, hidden=24, grid_channels=(8, 8, 8))
    training = JudgeTraining(worlds_folder, tmp_path / "sync", worlds_folder, steps=60, batch=4)
    report = train_sync_judge(training, small, windows=24)
    held = report["held_out"]
    assert held["accuracy"]["value"] > 0.65 and held["own"]["value"] > 0.5
    assert held["in_sync_at"]["+0 ms"] == held["own"]["value"]
    assert json.loads((tmp_path / "sync/report.json").read_text()) == report
    judge = load_judge(SyncJudge, tmp_path / "sync")
    assert evaluate_sync_judge(judge, SyncPairs(worlds_folder), 24) == held
    clips = worlds.draw(12)
    mixes = np.stack([clip.mix for clip in clips])
    own, others = (sync_share(judge, clips, waves)["probability"] for waves in (mixes, np.roll(mixes, 1, 0)))
    assert own > others


def test_a_missing_judge_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match="holds no judge.*`a2s train judge sync`"):
        load_judge(SyncJudge, tmp_path)
