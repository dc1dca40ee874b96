"""The files of a dub are written in a stage of their own, which reports, counts and can be cancelled."""

from __future__ import annotations

import json

import pytest

from a2s.cues import CueTrack
from a2s.dubbing.delivery import deliver, writing_share
from a2s.dubbing.job import dub
from a2s.dubbing.progress import Watcher
from a2s.errors import Cancelled
from a2s.media import probe_video
from a2s.settings import DubSettings
from tests.fakes import FakeBank, FakePipeline, draw_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=6.0, size=(64, 48))


def dubbed(clip, watcher=None, takes=1):
    settings = DubSettings(steps=2, takes=takes)
    return dub(clip, settings, FakePipeline(), FakeBank(), cues=CueTrack.at([0.5]), watcher=watcher)


def test_writing_follows_the_stages_of_the_dub(clip, tmp_path):
    told: list[tuple[str, float, str]] = []
    watcher = Watcher(lambda *report: told.append(report), writing=0.4)
    take = dubbed(clip, watcher, takes=2)
    assert told[-1][:2] == ("mastering", 0.6)
    begun = len(told)
    outs = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    delivered = deliver(take, outs, report=tmp_path / "r.json", picture="h264", watcher=watcher)
    parts = [part for stage, part, _ in told[begun:] if stage == "writing"]
    assert len(parts) == len(told) - begun > 6 and parts == sorted(parts) and parts[-1] == 1.0
    assert any(0.6 < part < 0.8 for part in parts) and any(0.8 < part < 1 for part in parts), "both takes report"
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["seconds"]["writing"] == delivered.seconds > 0
    assert delivered.muxed is not None and not delivered.muxed.picture_copied


def test_time_left_is_named(clip, tmp_path, monkeypatch):
    monkeypatch.setattr("a2s.dubbing.progress.FIRST_ESTIMATE", 0.0)
    told: list[str] = []
    watcher = Watcher(lambda stage, part, detail: told.append(detail))
    deliver(dubbed(clip), [tmp_path / "a.mp4"], picture="h264", watcher=watcher)
    assert any(detail.endswith(" s left") for detail in told)


def test_writing_can_be_cancelled(clip, tmp_path):
    take, looks = dubbed(clip), []

    def cancelled() -> bool:
        looks.append(1)
        return len(looks) == 3

    with pytest.raises(Cancelled):
        deliver(take, [tmp_path / "a.mp4"], tmp_path / "stems", picture="h264", watcher=Watcher(cancelled=cancelled))
    assert not list(tmp_path.iterdir())


def test_share_of_writing(clip, tmp_path):
    info = probe_video(clip)
    copied, encoded = (writing_share(info, [tmp_path / "a.mp4"], choice) for choice in ("copy", "h264"))
    assert 0 < copied < encoded < 1
    assert writing_share(info, [tmp_path / "a.wav"], "copy") <= copied
