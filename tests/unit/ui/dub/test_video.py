from __future__ import annotations

from types import SimpleNamespace

import pytest

from a2s.errors import A2SError, TooLarge, UnreadableVideo
from a2s.media import probe_video
from a2s.settings import DubSettings, Limits
from a2s.ui.dub.controls import control_values
from a2s.ui.dub.video import VideoHandlers
from a2s.ui.engine import Engine
from a2s.ui.examples import find_examples
from a2s.ui.parts.job_progress import NO_VIDEO
from a2s.ui.state import Visits
from tests.fakes import FakeBank, FakePipeline, draw_video
from tests.unit.ui.page_handlers import is_unchanged


@pytest.fixture
def handlers(tmp_path):
    examples = tmp_path / "examples"
    examples.mkdir()
    draw_video(examples / "wood_chopping.mp4", seconds=1.0)
    return VideoHandlers(Engine(FakePipeline(), FakeBank()), Visits(tmp_path / "root"), find_examples(examples))


def test_facts_of_an_upload_are_shown_with_markup_escaped(handlers, request_of, clip):
    facts = handlers.load_upload(str(clip), request_of())
    for word in ("2.0 s", "160 × 120", "24 fps", "silent", "my clip &lt;b&gt;.mp4"):
        assert word in facts


def test_a_file_that_is_no_video_is_refused_under_its_own_name(handlers, request_of, tmp_path):
    fake = tmp_path / "notes.mp4"
    fake.write_text("no film")
    with pytest.raises(UnreadableVideo, match="notes.mp4"):
        handlers.load_upload(str(fake), request_of())
    visit = handlers.visits.of("one")
    assert visit.video is None and list(visit.folder.iterdir()) == []


def test_a_bad_file_unloads_the_previous_video(handlers, request_of, clip, tmp_path):
    handlers.load_upload(str(clip), request_of())
    fake = tmp_path / "notes.mp4"
    fake.write_text("no film")
    with pytest.raises(UnreadableVideo):
        handlers.load_upload(str(fake), request_of())
    with pytest.raises(A2SError, match="Choose a video first"):
        handlers.visits.of("one").need_video()


def test_the_limits_of_the_page_hold_for_an_upload(request_of, clip, tmp_path):
    visits = Visits(tmp_path / "root", Limits(max_seconds=1.5))
    handlers = VideoHandlers(Engine(FakePipeline(), FakeBank(), limits=visits.limits), visits, {})
    with pytest.raises(TooLarge, match="longer than"):
        handlers.load_upload(str(clip), request_of())


def test_examples_are_loaded_by_id_only(handlers, request_of):
    copy, facts = handlers.load_example(SimpleNamespace(example="wood_chopping"), request_of())
    assert probe_video(copy).duration == pytest.approx(1.0, abs=0.05) and "Wood chopping" in facts
    with pytest.raises(A2SError):
        handlers.load_example(SimpleNamespace(example="../../etc/passwd"), request_of())


def test_an_analysis_gives_cues_and_ambiences(handlers, request_of, clip):
    handlers.load_upload(str(clip), request_of())
    reports = list(handlers.analyse(3, "model", request_of()))
    visit = handlers.visits.of("one")
    assert len(visit.detected_cues) > 0 and visit.model == "model" and not visit.chosen_by_user
    pipe, bank = handlers.engine.load()
    assert visit.chosen_clip == bank.retrieve(pipe.embed_video(visit.motion), 1)[0].clip.id
    assert reports[0]["state"] == "running" and reports[-1]["state"] == "idle" and "cue" in reports[-1]["stage"]


def test_loading_another_video_ends_the_analysis(handlers, request_of, clip, tmp_path):
    handlers.load_upload(str(clip), request_of())
    steps = handlers.analyse(3, "model", request_of())
    next(steps)
    handlers.load_upload(str(draw_video(tmp_path / "other.mp4", seconds=1.0)), request_of())
    assert all(step["state"] == "running" for step in steps)
    assert handlers.visits.of("one").detected_cues is None


def test_removing_the_video_ends_the_analysis(handlers, request_of, clip):
    handlers.load_upload(str(clip), request_of())
    steps = handlers.analyse(3, "model", request_of())
    next(steps)
    handlers.unload(request_of())
    assert list(steps)[-1] == NO_VIDEO


def test_after_removing_the_video_no_estimate_is_shown(page, request_of):
    controls = [*control_values(DubSettings(steps=4)), "model"]
    assert "to generate" in page.dub.estimate(request_of(), *controls, NO_VIDEO)["stage"]
    facts, progress = page.video.unload(request_of())
    assert "It stays on this server" in facts and progress == NO_VIDEO
    assert is_unchanged(page.dub.estimate(request_of(), *controls, NO_VIDEO))


def test_a_late_analysis_of_the_previous_video_is_discarded(handlers, request_of, clip, tmp_path, monkeypatch):
    handlers.load_upload(str(clip), request_of())
    analyse = handlers.engine.analyse

    def just_too_late(*args):
        seen = analyse(*args)
        handlers.load_upload(str(draw_video(tmp_path / "other.mp4", seconds=1.0)), request_of())
        return seen

    monkeypatch.setattr(handlers.engine, "analyse", just_too_late)
    list(handlers.analyse(3, "model", request_of()))
    visit = handlers.visits.of("one")
    assert visit.motion is None and visit.detected_cues is None and visit.chosen_clip is None


def test_an_analysis_needs_a_video(handlers, request_of):
    with pytest.raises(A2SError, match="Choose a video first"):
        next(handlers.analyse(5, "model", request_of()))


def test_a_new_video_replaces_the_previous_file(handlers, request_of, clip):
    handlers.load_upload(str(clip), request_of())
    visit = handlers.visits.of("one")
    first = visit.video
    handlers.load_upload(str(clip), request_of())
    assert not first.exists() and visit.video.exists()
