"""What the timeline gets, and what is made of what it sends."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest
from PIL import Image

from a2s.cues import Cue, CueTrack
from a2s.errors import A2SError, BadCues
from a2s.settings import Limits
from a2s.ui.dub.cues import CueHandlers, timeline_value, track_of, value_in
from a2s.ui.parts.timeline import FRAMES
from a2s.ui.state import Visits

SEEN = CueTrack((Cue(0.1234567890123, 1 / 3, "hit", "wood", 0.9), Cue(1.5, duration=0.25)), "motion")


def sent(track: CueTrack = SEEN) -> dict:
    """A value as it comes back from a browser that changed nothing."""
    return json.loads(json.dumps(timeline_value(track, 2.0)))


def test_an_unedited_timeline_gives_the_detected_track():
    assert track_of(sent(), 2.0, SEEN) is SEEN


def test_an_edit_changes_the_source_and_keeps_the_precision_of_other_cues():
    value = sent()
    value["cues"][1]["time"] = 1.75
    edited = track_of(value, 2.0, SEEN)
    assert edited.source == "creator"
    assert edited.cues == (SEEN.cues[0], Cue(1.75, duration=0.25))


def test_cues_are_sorted_by_time():
    value = sent()
    value["cues"].append({"id": 7, "time": 1.0, "action": "knock", "material": None})
    del value["cues"][0]
    assert [(cue.time, cue.action) for cue in track_of(value, 2.0, SEEN)] == [(1.0, "knock"), (1.5, None)]


def test_an_emptied_timeline_is_an_empty_track():
    assert len(track_of(sent() | {"cues": []}, 2.0, SEEN)) == 0


def test_a_cue_at_the_end_of_the_clip_is_allowed():
    assert len(track_of(sent(CueTrack.at([2.0])), 2.0)) == 1


DEEP: list = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "cues", [], {}, {"cues": None}, {"cues": {"time": 1}},
        sent() | {"cues": [None]}, sent() | {"cues": [[1.0]]}, sent() | {"cues": ["soon"]},
        sent() | {"cues": [{"id": 0}]}, sent() | {"cues": [{"time": "1"}]}, sent() | {"cues": [{"time": math.nan}]},
        sent() | {"cues": [{"time": math.inf}]}, sent() | {"cues": [{"time": True}]}, sent() | {"cues": [{"time": -1}]},
        sent() | {"cues": [{"time": 10**400}]}, sent() | {"cues": [{"time": [[1]]}]}, sent() | {"cues": [DEEP]},
        sent() | {"cues": [{"time": 1, "strength": 2}]}, sent() | {"cues": [{"time": 1, "action": "sing"}]},
        sent() | {"cues": [{"time": 1, "action": ["hit"]}]}, sent() | {"cues": [{"time": 1, "volume": 3}]},
        sent() | {"cues": [{"time": 1, "duration": -0.1}]}, sent() | {"cues": [{"time": 2.1}]},
        sent() | {"cues": [{"time": 1, "material": object()}]},
        sent() | {"cues": [{"time": 1.0}] * (Limits().max_cues + 1)},
    ],
)  # fmt: skip
def test_an_invalid_timeline_value_is_refused_in_one_sentence(value):
    with pytest.raises(BadCues) as reports:
        track_of(value, 2.0, SEEN)
    message = str(reports.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 250


@pytest.fixture
def visits(tmp_path):
    return Visits(tmp_path / "visits")


@pytest.fixture
def handlers(visits):
    return CueHandlers(visits)


@pytest.fixture
def watched(visits, clip, request_of):
    """A visit whose picture was watched."""
    visit = visits.of(request_of().session_hash)
    visit.video, visit.detected_cues, visit.info = clip, SEEN, SimpleNamespace(duration=2.0, fps=24.0)
    return visit


def test_an_analysed_video_has_cues_and_a_filmstrip_and_no_wave(handlers, watched, request_of):
    for _ in range(2):
        update = handlers.refresh(request_of())
    assert update.value == value_in(watched, SEEN)
    assert update.props["wave"] == []
    (strip,) = watched.folder.glob("*.jpg")
    assert update.props["strip"].endswith(strip.name)
    assert Image.open(strip).size[0] % FRAMES == 0


def test_cues_are_shown_without_a_filmstrip(handlers, watched, request_of, tmp_path):
    watched.video = tmp_path / "gone.mp4"
    update = handlers.refresh(request_of())
    assert update.props["strip"] == "" and update.value["cues"]


def test_without_a_video_the_timeline_is_empty(handlers, request_of):
    assert handlers.refresh(request_of()).value is None
    with pytest.raises(A2SError):
        handlers.reset(request_of())


def test_the_detected_cues_can_be_restored(handlers, watched, request_of):
    assert track_of(handlers.reset(request_of()), 2.0, SEEN) is SEEN


def test_a_cue_file_is_shown_on_the_timeline(handlers, watched, request_of, tmp_path):
    track = CueTrack.at([0.25, 1.125], strength=0.5)
    track.save(tmp_path / "mine.json")
    assert track_of(handlers.load_file(str(tmp_path / "mine.json"), request_of()), 2.0) == track


def test_a_table_and_a_marker_list_are_shown_on_the_timeline(handlers, watched, request_of, tmp_path):
    (tmp_path / "mine.csv").write_text("Time (s);Label\n0,25;hit wood\n")
    (tmp_path / "mine.edl").write_text("001  001 V C 00:00:01:12 00:00:01:13 00:00:01:12 00:00:01:13\n")
    (cue,) = track_of(handlers.load_file(str(tmp_path / "mine.csv"), request_of()), 2.0)
    assert (cue.time, cue.action, cue.material) == (0.25, "hit", "wood")
    (cue,) = track_of(handlers.load_file(str(tmp_path / "mine.edl"), request_of()), 2.0)
    assert cue.time == 1.5


def test_a_bad_cue_file_is_refused_and_removed(handlers, watched, request_of, tmp_path):
    (tmp_path / "mine.json").write_text("{")
    before = set(watched.folder.iterdir())
    with pytest.raises(BadCues):
        handlers.load_file(str(tmp_path / "mine.json"), request_of())
    assert set(watched.folder.iterdir()) == before


def test_a_cue_file_of_a_longer_clip_is_refused(handlers, watched, request_of, tmp_path):
    CueTrack.at([0.5, 9.0]).save(tmp_path / "long.json")
    with pytest.raises(BadCues, match="9.00 s"):
        handlers.load_file(str(tmp_path / "long.json"), request_of())
