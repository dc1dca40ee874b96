from __future__ import annotations

from dataclasses import replace

import numpy as np

from a2s.cues import CueTrack
from a2s.evaluation.clips import Maker
from a2s.evaluation.suites.ambience import AMOUNTS, examine_slider, examine_swap
from a2s.evaluation.suites.coding import examine_vae, read_recordings
from tests.unit.evaluation.worlds import Oracle


def test_an_identity_vae_loses_no_mel(unseen):
    assert examine_vae(Maker(Oracle(), 1), unseen.draw(6, 0))["log_mel_l1_db"]["value"] == 0.0


def test_the_slider_of_a_model_that_follows_is_monotone(unseen):
    clips = unseen.draw(12, 0)
    found = examine_slider(Maker(Oracle(), 1), clips, None, 3)
    assert len(found["amounts"]) == len(AMOUNTS) == 9
    assert found["spearman_of_mean"] > 0.9 and found["range_db"] > 5
    levels = [row["true_level_db"] for row in found["amounts"]]
    assert np.all(np.diff(levels) > -0.5)


def test_a_model_deaf_to_its_condition_is_found_out(unseen):
    class Deaf(Oracle):
        def encode_ambient(self, waveform):
            return super().encode_ambient(0.01 * np.ones(48_000))

    # Nothing but a steady place is made, each at its own level.
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    levels = np.random.default_rng(1).permutation(np.linspace(-60, -25, 8))
    clips = [
        replace(clip, true_cues=CueTrack(), place=noise * np.float32(10 ** (level / 20)))
        for clip, level in zip(unseen.draw(8, 0), levels, strict=True)
    ]
    deaf = examine_swap(Maker(Deaf(), 1), clips)
    able = examine_swap(Maker(Oracle(), 1), clips)
    assert (
        able["level_spearman_with_swapped"] > 0.8 and able["level_error_db"]["value"] < deaf["level_error_db"]["value"]
    )
    assert deaf["level_spearman_with_swapped"] is None or abs(deaf["level_spearman_with_swapped"]) < 0.8
    assert examine_slider(Maker(Deaf(), 1), clips, None, 2)["range_db"] < 1


def test_recordings_are_chosen_by_prefix_and_cut_to_the_loudest(tmp_path):
    import soundfile

    wave = np.zeros(5 * 44_100, np.float32)
    wave[3 * 44_100 :] = 0.5
    for name in ("3-a.wav", "1-b.wav", "3-short.wav"):
        soundfile.write(tmp_path / name, wave[: 44_100 if "short" in name else None], 44_100)
    (found,) = read_recordings(tmp_path, "3-", 10)
    assert found.shape == (48_000,) and np.abs(found[16_100:]).min() > 0.4
