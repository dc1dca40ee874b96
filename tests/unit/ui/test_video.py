from __future__ import annotations

from types import SimpleNamespace

import pytest

from a2s.errors import A2SError, UnreadableVideo
from a2s.media import probe_video
from a2s.settings import DubSettings
from a2s.ui.dub.controls import shown
from a2s.ui.dub.video import VideoHandlers
from a2s.ui.engine import Engine
from a2s.ui.examples import find_examples
from a2s.ui.parts.progress import NOTHING
from a2s.ui.state import Visits
from tests.fakes import FakeBank, FakePipeline, draw_video
from tests.unit.ui.studio import skipped


@pytest.fixture
def desk(tmp_path):
    shelf = tmp_path / "examples"
    shelf.mkdir()
    draw_video(shelf / "wood_chopping.mp4", seconds=1.0)
    return VideoHandlers(
        Engine(FakePipeline(), FakeBank()), Visits(tmp_path / "root", grace=0.05), find_examples(shelf)
    )


def test_what_was_read_is_said_at_once_and_escaped(desk, request_of, clip):
    facts = desk.take_upload(str(clip), request_of())
    for word in ("2.0 s", "160 × 120", "24 fps", "silent", "1 window", "my clip &lt;b&gt;.mp4"):
        assert word in facts


def test_windows_are_counted_as_they_will_be_made(desk, request_of, tmp_path):
    long = draw_video(tmp_path / "long.mp4", seconds=9.0, fps=12)
    assert "4 windows" in desk.take_upload(str(long), request_of())


def test_a_file_that_is_no_video_is_one_sentence_under_its_own_name(desk, request_of, tmp_path):
    fake = tmp_path / "notes.mp4"
    fake.write_text("no film")
    with pytest.raises(UnreadableVideo, match="notes.mp4"):
        desk.take_upload(str(fake), request_of())
    visit = desk.visits.of("one")
    assert visit.picture is None and list(visit.folder.iterdir()) == []


def test_after_a_bad_file_the_clip_before_is_gone(desk, request_of, clip, tmp_path):
    desk.take_upload(str(clip), request_of())
    fake = tmp_path / "notes.mp4"
    fake.write_text("no film")
    with pytest.raises(UnreadableVideo):
        desk.take_upload(str(fake), request_of())
    with pytest.raises(A2SError, match="Choose a video first"):
        desk.visits.of("one").need_picture()


def test_examples_are_loaded_by_id_only(desk, request_of):
    copy, facts = desk.take_example(SimpleNamespace(example="wood_chopping"), request_of())
    assert probe_video(copy).duration == pytest.approx(1.0, abs=0.05) and "Wood chopping" in facts
    with pytest.raises(A2SError):
        desk.take_example(SimpleNamespace(example="../../etc/passwd"), request_of())


def test_watching_gives_cues_and_ambiences(desk, request_of, clip):
    desk.take_upload(str(clip), request_of())
    told = list(desk.watch(3, "model", request_of()))
    visit = desk.visits.of("one")
    assert len(visit.track) > 0 and visit.model == "model" and not visit.by_hand
    pipe, bank = desk.engine.parts()
    assert visit.chosen == bank.retrieve(pipe.embed_video(visit.motion), 1)[0].clip.id
    assert told[0]["state"] == "running" and told[-1]["state"] == "idle" and "cue" in told[-1]["stage"]


def test_watching_ends_when_another_picture_comes(desk, request_of, clip, tmp_path):
    desk.take_upload(str(clip), request_of())
    steps = desk.watch(3, "model", request_of())
    next(steps)
    desk.take_upload(str(draw_video(tmp_path / "other.mp4", seconds=1.0)), request_of())
    assert all(step["state"] == "running" for step in steps)
    assert desk.visits.of("one").track is None


def test_a_picture_that_is_taken_off_is_watched_no_longer(desk, request_of, clip):
    desk.take_upload(str(clip), request_of())
    steps = desk.watch(3, "model", request_of())
    next(steps)
    desk.forget(request_of())
    assert list(steps)[-1] == NOTHING


def test_of_a_picture_that_was_taken_off_nothing_is_said(studio, request_of):
    controls = [*shown(DubSettings(steps=4)), "model"]
    assert "to dub" in studio.dub.estimate(request_of(), *controls, NOTHING)["stage"]
    facts, progress = studio.picture.forget(request_of())
    assert "It stays on this server" in facts and progress == NOTHING
    assert skipped(studio.dub.estimate(request_of(), *controls, NOTHING))


def test_what_was_seen_of_the_picture_before_is_not_kept(desk, request_of, clip, tmp_path, monkeypatch):
    desk.take_upload(str(clip), request_of())
    analyse = desk.engine.analyse

    def just_too_late(*args):
        seen = analyse(*args)
        desk.take_upload(str(draw_video(tmp_path / "other.mp4", seconds=1.0)), request_of())
        return seen

    monkeypatch.setattr(desk.engine, "analyse", just_too_late)
    list(desk.watch(3, "model", request_of()))
    visit = desk.visits.of("one")
    assert visit.motion is None and visit.track is None and visit.chosen is None


def test_without_a_picture_there_is_nothing_to_watch(desk, request_of):
    with pytest.raises(A2SError, match="Choose a video first"):
        next(desk.watch(5, "model", request_of()))


def test_a_new_picture_takes_the_place_of_the_one_before(desk, request_of, clip):
    desk.take_upload(str(clip), request_of())
    visit = desk.visits.of("one")
    first = visit.picture
    desk.take_upload(str(clip), request_of())
    assert not first.exists() and visit.picture.exists()
