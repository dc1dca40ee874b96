from __future__ import annotations

import json

import pytest

from a2s.errors import BadSettings
from a2s.evaluation.suites.real_clips import RealClip, evaluate_real_clips, read_clips
from a2s.settings import DubSettings
from tests.fakes import FakeBank, draw_video
from tests.unit.evaluation.tiny_worlds import FollowingPipeline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two drawn videos with annotated hits, and a script that must not run."""
    folder, clips = tmp_path_factory.mktemp("real"), {}
    for name, hits in (("block", (0.5, 1.25)), ("other", (0.4, 1.0, 1.6))):
        draw_video(folder / f"{name}.mp4", hits=hits)
        clips[name] = {"file": f"{name}.mp4", "tier": "A" if name == "block" else "B", "duration": 2.0}
        clips[name] |= {"onsets": list(hits), "optional": []}
    (folder / "onsets.json").write_text(json.dumps(clips))
    (folder / "sync_score.py").write_text("raise RuntimeError('a data folder is not code')")
    return folder


def test_a_dub_with_annotated_cues_is_in_sync(folder):
    """A script in the folder is not executed."""
    settings = DubSettings(steps=1, ambient=0.0)
    report = evaluate_real_clips(FollowingPipeline(), FakeBank(), folder, settings)
    assert set(report["clips"]) == {"block", "other"}
    figures = report["corpus"]["annotated_cues"]["all"]
    assert figures["clips"] == 2 and figures["f1"] > 0.8 and figures["f1"] > figures["chance"]
    assert figures["pooled"]["f1"] > 0.8
    for clip in report["clips"].values():
        assert clip["seconds_off"] <= 0.01
    assert set(report["corpus"]["automatic_cues"]) == {"all", "tier_A", "tier_B"}
    json.dumps(report)


def test_onsets_within_the_tolerance_score_one_and_optional_ones_count_neither_way(tmp_path):
    clip = RealClip("x", tmp_path, "A", 3.0, (0.5, 1.5), (2.2,))
    found = {
        name: clip.score(times).to_dict()["f1"] for name, times in (("near", [0.52, 1.48, 2.2]), ("far", [0.72, 1.72]))
    }
    assert found == {"near": 1.0, "far": 0.0}


def test_a_folder_without_onsets_is_refused(tmp_path):
    with pytest.raises(BadSettings, match="onsets.json"):
        read_clips(tmp_path)
    (tmp_path / "onsets.json").write_text('{"x": {"file": "x.mp4"}}')
    with pytest.raises(BadSettings, match="onsets.json"):
        read_clips(tmp_path)
