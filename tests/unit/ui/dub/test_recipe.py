from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from a2s import DubSettings
from a2s.cues import Cue, CueTrack
from a2s.errors import A2SError, BadCues, BadSettings
from a2s.media import write_audio
from a2s.ui.dub.recipe import restore
from a2s.ui.dub.results import TakeLabel, export
from a2s.ui.engine import Engine
from a2s.ui.state import Visits
from a2s.ui.state.records import OWN_RECORDING, OwnRecording
from tests.fakes import FakeBank, FakePipeline, draw_video

SETTINGS = DubSettings(
    ambient=0.6, ambient_clip="rain", seed=11, first_take=2, steps=3, guidance_scale=3.5, original_audio=-12.0,
    loudness=-16.0, overlap_seconds=0.25,
)  # fmt: skip
TRACK = CueTrack((Cue(0.5, 0.9, "chop", "wood"), Cue(1.25, 0.4, duration=0.2)))


@pytest.fixture
def engine():
    return Engine(FakePipeline(), FakeBank())


@pytest.fixture
def visit(tmp_path, clip):
    visit = Visits(tmp_path / "root").of("one")
    visit.load(visit.receive(clip, "video"), clip.name)
    return visit


@pytest.fixture
def make(visit, engine):
    """A function: settings to the Result of a take in the visit."""

    def dub(settings=SETTINGS, track=TRACK, **more):
        take = engine.dub(visit.video, settings, cues=track)
        return export(take, visit.next_path("take"), TakeLabel(visit.name, 1, **more))

    return dub


@pytest.fixture
def drop(visit, engine, tmp_path):
    """A function: a recipe, changed by hand, dropped on the page."""

    def dropped(recipe, **changes):
        path = tmp_path / "dropped"
        path.write_text(json.dumps({**recipe, **changes}))
        return restore(path, visit, engine, "mine.json")

    return dropped


def recipe_of(result) -> dict:
    return json.loads(result.recipe.read_text())


@pytest.mark.parametrize("kind", ["recipe", "video", "sound", "flac"])
def test_a_restored_recipe_gives_the_same_bytes(make, visit, engine, tmp_path, kind):
    result = make()
    file = result.flac() if kind == "flac" else getattr(result, kind)
    nameless = shutil.copyfile(file, tmp_path / "upload-1")
    found = restore(nameless, visit, engine)
    assert found.exact and found.settings == SETTINGS and found.chosen_clip == "rain" and found.model is None
    assert found.cues.cues == result.cues.cues
    again = export(
        engine.dub(visit.video, found.settings, cues=found.cues), visit.next_path("take"), TakeLabel(visit.name, 1)
    )
    assert (
        again.sound.read_bytes() == result.sound.read_bytes()
        and again.flac().read_bytes() == result.flac().read_bytes()
    )


def test_one_of_three_takes_is_restored_alone(visit, engine):
    takes = engine.dub(visit.video, replace(SETTINGS, takes=3, first_take=0, ambient=1.0), cues=TRACK).takes
    second = export(takes[1], visit.next_path("take"), TakeLabel(visit.name, 2))
    found = restore(second.recipe, visit, engine)
    assert (found.settings.takes, found.settings.first_take) == (1, 1)
    again = engine.dub(visit.video, found.settings, cues=found.cues)
    assert again.waveform.tobytes() == takes[1].waveform.tobytes()


def test_an_own_recording_is_recognised_by_its_checksum(make, visit, engine):
    path = visit.next_path("own", ".flac")
    write_audio(path, FakeBank().waveform("street"), 16_000)
    visit.own_recording = OwnRecording(path, path, "back yard", -25.0, None)
    result = make(replace(SETTINGS, ambient_clip=str(path)), own_recording="back yard")
    found = restore(result.recipe, visit, engine)
    assert found.exact and found.chosen_clip == OWN_RECORDING and found.settings.ambient_clip == str(path)
    other = visit.next_path("own", ".flac")
    write_audio(other, FakeBank().waveform("room"), 16_000)
    for own in (None, OwnRecording(other, other, "back yard", -45.0, None)):
        visit.own_recording = own
        found = restore(result.recipe, visit, engine)
        assert found.chosen_clip is None and found.settings.ambient_clip is None
        assert len(found.notes) == 1 and "own recording (back yard)" in found.notes[0]


def test_a_path_in_a_recipe_is_never_opened(make, visit, engine, drop, tmp_path):
    """A recipe from elsewhere must not make the server read one of its files as an ambience."""
    secret = tmp_path / "secret.wav"
    write_audio(secret, FakeBank().waveform("street"), 16_000)
    recipe = recipe_of(make())
    for ambient in ({}, {"clip": None}, {"clip": str(secret)}, {"clip": None, "sha256": "0" * 64}):
        found = drop(recipe, settings={"ambient_clip": str(secret), "seed": 4}, ambient=ambient)
        assert found.settings.ambient_clip is None and found.chosen_clip is None and found.settings.seed == 4
        assert len(found.notes) == 1


def test_notes_say_what_will_differ(make, visit, drop, tmp_path):
    recipe = recipe_of(make())
    assert drop(recipe).notes == drop({"a2s": "0.0"} | recipe).notes == (), "with a version or without"
    for changes, words in [
        ({"video": {"name": "cat.mp4", "sha256": "0" * 64}}, "another video (cat.mp4)"),
        ({"video": None}, "another video;"),
        ({"model": {"name": "compact", "sha256": "0" * 64}}, "other weights (compact)"),
        ({"ambient": recipe["ambient"] | {"sha256": "0" * 64}}, "another recording in this bank"),
        ({"ambient": {"clip": "jungle", "name": "Jungle"}}, "(Jungle) is not in this bank"),
    ]:
        (note,) = drop(recipe, **changes).notes
        assert words in note and note.endswith(".")
    visit.load(draw_video(tmp_path / "other.mp4", seconds=1.0, hits=()), "other.mp4")
    assert "another video (my clip <b>.mp4)" in drop(recipe).notes[0]


def test_the_model_of_the_recipe_is_chosen_if_it_is_offered(make, visit, tmp_path):
    engine = Engine(FakePipeline(), FakeBank(), {"large": FakePipeline()})
    recipe = recipe_of(make()) | {"model": {"name": "large", "sha256": None}}
    path = tmp_path / "dropped"
    path.write_text(json.dumps(recipe))
    found = restore(path, visit, engine)
    assert found.model == "large" and found.exact


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"seed": -1}}, {"settings": {"seed": 10**400}}, {"settings": {"seed": "7"}},
        {"settings": {"steps": 10_000}}, {"settings": {"takes": 99}}, {"settings": {"first_take": 1001}},
        {"settings": {"ambient": [0.5]}}, {"settings": {"ambient": float("nan")}}, {"settings": {"ambient_clip": {}}},
        {"settings": {"loudness": 1e308}}, {"settings": {"guidance_scale": "9"}}, {"settings": {"overlap_seconds": 9}},
        {"cues": None}, {"cues": {"cues": [{"time": -1}]}}, {"cues": [0.5] * 50_001}, {"cues": "0.5"},
        {"cues": [{"time": 1, "action": "<script>"}]}, {"cues": [float("inf")]},
    ],
)  # fmt: skip
def test_a_recipe_out_of_range_is_one_sentence(make, drop, changes):
    with pytest.raises((BadSettings, BadCues)) as caught:
        drop(recipe_of(make()), **changes)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "changes",
    [
        {"ambient": []}, {"ambient": {"clip": ["rain"], "name": 5}}, {"ambient": {"clip": {"a": 1}}}, {"model": 3},
        {"model": {"name": ["compact"]}}, {"video": "x"}, {"video": {"name": ["x"], "sha256": {}}},
        {"settings": {"unknown": 1, "ambient_clip": "rain"}}, {"ambient": {"clip": "\n" * 500, "name": "a\nb" * 500}},
    ],
)  # fmt: skip
def test_wrongly_typed_parts_of_a_recipe_are_ignored(make, drop, changes):
    found = drop(recipe_of(make()), **changes)
    assert all("\n" not in note and len(note) < 250 for note in found.notes)
    assert found.settings.ambient_clip in (None, "rain")


@pytest.mark.parametrize("content", [b"", b"{", b'{"settings": 5}', b"[]", b"\x00\xff" * 40, b"{" * 100_000])
def test_a_file_without_a_recipe_is_refused_under_the_visitors_name(visit, engine, tmp_path, content):
    path = tmp_path / "recipe-3"
    path.write_bytes(content)
    with pytest.raises(A2SError, match="notes.txt contains no a2s recipe"):
        restore(path, visit, engine, "notes.txt")


def test_settings_of_an_older_recipe_get_their_defaults(drop):
    found = drop({"settings": {"seed": 3}, "cues": [0.5]})
    assert found.settings == DubSettings(seed=3, loudness=None) and [cue.time for cue in found.cues] == [0.5]
