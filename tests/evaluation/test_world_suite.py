from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from worlds import Oracle

from a2s.cues import CueTrack
from a2s.evaluation.ambience import AMOUNTS, examine_slider, examine_swap
from a2s.evaluation.clips import Maker
from a2s.evaluation.coding import read_recordings
from a2s.evaluation.judge import Judge
from a2s.evaluation.world_suite import class_row, examine_world, score_rows


class Perfect(Judge):
    """Always hears class 0."""

    def hear(self, waveform, times):
        return np.zeros(len(times), int), np.zeros(len(times), int)


@pytest.fixture(scope="module")
def report(worlds_folder, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("panels")
    found = examine_world(
        Oracle(), worlds_folder, Judge().eval(), 6, 1, slider_clips=3, panels=folder, told=lambda _: None
    )
    assert [f.name for f in sorted(folder.iterdir())] == ["panels-1.png", "panels-2.png"]
    return found


def test_the_report_is_json_with_every_part(report):
    again = json.loads(json.dumps(report))
    assert set(again["rows"]) == {
        "true",
        "resynthesis",
        "true_cues",
        "automatic_cues",
        "picture_only",
        "neighbour_itself",
        "cue_times_alone",
    }
    for part in ("vae", "vocoder", "swap", "slider", "retrieval"):
        assert again[part]
    for row in again["rows"].values():
        assert {"f1", "interval", "chance", "z", "true_onsets", "clips"} <= set(row["onsets_100ms"])
        assert row["classes"]["action"]["n"] > 0 and 0 < row["classes"]["action"]["majority"] <= 1


def test_true_sound_beats_chance_and_the_wrong_window(report):
    rows = report["rows"]
    assert rows["true"]["onsets_100ms"]["f1"] > rows["true"]["onsets_100ms"]["chance"] + 0.2
    assert rows["true"]["onsets_100ms"]["f1"] > rows["neighbour_itself"]["onsets_100ms"]["f1"] + 0.2
    assert rows["true"]["classes"]["action"].get("of_true") in (1.0, None)


def test_an_identity_vae_loses_no_mel(report):
    assert report["vae"]["log_mel_l1_db"]["value"] == 0.0


def test_classes_are_counted_per_event(unseen):
    clips = unseen.draw(6, 0)
    row = class_row(clips, np.stack([c.mix for c in clips]), Perfect())
    judged = np.concatenate([c.classes[0][c.onsets < 2.7] for c in clips])
    assert row["action"]["n"] == len(judged)
    assert row["action"]["value"] == pytest.approx((judged == 0).mean(), abs=1e-4)


def test_cues_at_the_truth_score_one(unseen):
    clips = unseen.draw(6, 0)
    true = np.stack([c.mix for c in clips])
    sounds = {"true": true, "automatic_cues": true}
    alone = score_rows(clips, sounds, [c.true_cues for c in clips], Judge().eval())["cue_times_alone"]
    assert alone["onsets_50ms"]["recall"] == 1.0 and alone["onsets_100ms"]["precision"] > 0.9
    assert alone["classes"]["action"]["value"] > 0.95 and alone["classes"]["material"]["value"] > 0.95


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
