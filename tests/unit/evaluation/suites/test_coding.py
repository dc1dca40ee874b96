from __future__ import annotations

import numpy as np

from a2s.evaluation.sampler import ClipSampler
from a2s.evaluation.suites.coding import evaluate_vae, read_recordings
from tests.unit.evaluation.tiny_worlds import FollowingPipeline


def test_an_identity_vae_loses_no_mel(worlds):
    assert evaluate_vae(ClipSampler(FollowingPipeline(), 1), worlds.draw(6, 0))["log_mel_l1_db"]["value"] == 0.0


def test_recordings_are_chosen_by_prefix_and_cut_to_the_loudest(tmp_path):
    import soundfile

    wave = np.zeros(5 * 44_100, np.float32)
    wave[3 * 44_100 :] = 0.5
    for name in ("3-a.wav", "1-b.wav", "3-short.wav"):
        soundfile.write(tmp_path / name, wave[: 44_100 if "short" in name else None], 44_100)
    (found,) = read_recordings(tmp_path, "3-", 10)
    assert found.shape == (48_000,) and np.abs(found[16_100:]).min() > 0.4
