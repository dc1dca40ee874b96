from __future__ import annotations

import json

import numpy as np
import pytest

from a2s.cues import CueTrack
from a2s.errors import BadSettings
from a2s.evaluation.suites.real_clips import Ear, RealClip, examine_real, read_clips
from a2s.settings import DubSettings
from tests.unit.evaluation.worlds import Oracle

SCORER = """
import numpy as np
heard = []
def load(path, duration):
    heard.append((path, duration))
    return np.zeros(10)
def detect(wave):
    return np.array([0.5, 1.25])
def score(det, ref, opt, duration):
    return {"100ms": {"f1": 1.0, "chance": 0.2, "z": 9.0, "_shifts": np.zeros(3)}, "lag_ms": 0.0, "best_lag_f1": 1.0}
def corpus(rows, tolerance):
    assert all("_shifts" in row["100ms"] for row in rows)
    return {"f1": 1.0, "chance": 0.2, "z": 9.0}
"""


@pytest.fixture
def folder(tmp_path):
    from fakes import draw_video

    clips = {}
    for name, hits in (("block", (0.5, 1.25)), ("other", (0.4, 1.0, 1.6))):
        draw_video(tmp_path / f"{name}.mp4", hits=hits)
        clips[name] = {"file": f"{name}.mp4", "tier": "A" if name == "block" else "B", "duration": 2.0}
        clips[name] |= {"onsets": list(hits), "optional": []}
    (tmp_path / "onsets.json").write_text(json.dumps(clips))
    return tmp_path


def examine(folder) -> dict:
    from fakes import FakeBank

    settings = DubSettings(steps=1, ambient=0.0)
    return examine_real(Oracle(), FakeBank(), folder, settings, told=lambda _: None)


def test_annotated_onsets_given_as_cues_are_heard(folder):
    report = examine(folder)
    assert report["scorer"] == "a2s" and set(report["clips"]) == {"block", "other"}
    told = report["corpus"]["annotated_cues"]["all"]
    assert told["clips"] == 2 and told["pooled"]["f1"] > 0.8
    assert told["pooled"]["f1"] > told["pooled"]["chance"]
    for clip in report["clips"].values():
        assert clip["seconds_off"] <= 0.01
    assert set(report["corpus"]["automatic_cues"]) == {"all", "tier_A", "tier_B"}
    json.dumps(report)


def test_the_folders_own_scorer_listens_where_there_is_one(folder):
    (folder / "sync_score.py").write_text(SCORER)
    report = examine(folder)
    assert report["scorer"] == "own"
    assert report["corpus"]["automatic_cues"]["tier_A"]["z"] == 9.0
    assert report["clips"]["block"]["annotated_cues"]["f1"] == 1.0
    assert not any(name.startswith("_") for name in report["clips"]["block"]["annotated_cues"])


def test_clicks_at_the_onsets_score_one_and_optional_ones_are_free(tmp_path):
    clip = RealClip("x", tmp_path, "A", 3.0, (0.5, 1.5), (2.2,))
    ear = Ear(tmp_path)
    assert ear.score([0.52, 1.48, 2.2], clip)["f1"] == 1.0
    assert ear.score([0.72, 1.72], clip)["f1"] == 0.0
    assert ear.score([], clip)["f1"] == 0.0


def test_a_folder_without_onsets_is_refused(tmp_path):
    with pytest.raises(BadSettings, match="onsets.json"):
        read_clips(tmp_path)
    (tmp_path / "onsets.json").write_text('{"x": {"file": "x.mp4"}}')
    with pytest.raises(BadSettings, match="onsets.json"):
        read_clips(tmp_path)


def test_the_shared_clips_are_read(shared):
    clips = read_clips(shared / "real_clips")
    assert len(clips) == 9 and sum(clip.tier == "A" for clip in clips) == 7
    ear = Ear(shared / "real_clips")
    for clip in clips:
        assert clip.file.is_file()
        full = ear.score(np.array(clip.onsets), clip)
        assert full["f1"] == 1.0
    assert len(CueTrack.at(clips[0].onsets)) == 11
