"""Scene changes on the page: detected, offered, chosen, used, and restored from a recipe."""

from __future__ import annotations

import json
from hashlib import sha256
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from a2s.errors import A2SError
from a2s.media import write_audio
from a2s.settings import AmbientChange
from a2s.ui.dub.scene_changes import MAX_OFFERED, ambient_changes_of, find_scene_changes
from a2s.ui.state.records import OWN_RECORDING
from tests.fakes import FakeBank, FakePipeline, draw_two_places, small_bank
from tests.unit.ui.page_handlers import make_handlers
from tests.unit.vision.test_shots import BLUE, GREEN, RED, film

CUT = 2.5


@pytest.fixture
def page(tmp_path, request_of):
    """The make_handlers with a film of two places that was watched, in a bank whose clips differ in level."""
    made = make_handlers(tmp_path / "root", bank=small_bank())
    made.load(draw_two_places(tmp_path / "film.mp4", cut=CUT), request_of())
    return made


@pytest.fixture
def visit(page, request_of):
    return page.visits.of(request_of().session_hash)


def asked(page, request):
    return page.ambience.search("", 3, request)["changes"]


def move(page, request, clip, time=None):
    time = asked(page, request)[0]["time"] if time is None else time
    page.ambience.choose_at_scene_change(SimpleNamespace(time=str(time), clip=clip), request)


def levels(result):
    """dB of the ambience before and after the cut, between the impacts."""
    wave, rate = soundfile.read(result.sound)
    parts = wave[: round(2.4 * rate)], wave[round(2.6 * rate) : round(4.9 * rate)]
    blocks = (part[: len(part) // 800 * 800].reshape(-1, 800) for part in parts)
    return [float(np.percentile(10 * np.log10(np.mean(block**2, 1)), 25)) for block in blocks]


def test_a_scene_change_offers_the_best_match_first(page, visit, request_of):
    (item,) = asked(page, request_of())
    assert item["time"] == pytest.approx(CUT, abs=0.05) and item["label"] == "2.5 s" and item["chosen"] == ""
    assert {option["id"] for option in item["options"]} == {clip.id for clip in small_bank().clips}
    best = small_bank().retrieve(visit.scene_changes[0].look, 1)[0].clip.id
    assert item["options"][0]["id"] == best


def test_a_video_of_one_scene_has_no_scene_changes(tmp_path, request_of, clip):
    made = make_handlers(tmp_path / "other")
    made.load(clip, request_of())
    assert made.ambience.search("", 3, request_of())["changes"] == []


def test_the_number_of_scene_changes_is_bounded():
    assert len(find_scene_changes(film([(GREEN, 2), (RED, 2), (BLUE, 2)] * 5), FakePipeline())) == MAX_OFFERED


def test_the_chosen_ambience_begins_at_the_scene_change(page, visit, request_of):
    request = request_of()
    visit.chosen_clip = "room"
    page.make(request, [], ambient=1.0)
    move(page, request, "street")
    assert asked(page, request)[0]["chosen"] == "street"
    page.make(request, [], ambient=1.0)
    move(page, request, "")
    page.make(request, [], ambient=1.0)
    plain, changed, again = (levels(take) for take in visit.takes)
    assert changed[0] == pytest.approx(plain[0], abs=0.5) and changed[1] > plain[1] + 8
    assert again == plain


def test_a_clip_or_time_that_was_not_offered_is_refused(page, visit, request_of):
    for time, clip in (
        (1.0, "street"),
        (None, "/etc/passwd"),
        (None, OWN_RECORDING),
        ("soon", "street"),
        (None, ["street"]),
    ):
        with pytest.raises(A2SError):
            move(page, request_of(), clip, time)
    assert visit.ambient_changes == {}


def own(page, request, tmp_path, name="back yard"):
    write_audio(tmp_path / f"{name}.wav", FakeBank().waveform("street"), 16_000)
    page.ambience.upload_own(str(tmp_path / f"{name}.wav"), "", 3, 1.0, request)


def test_an_own_recording_can_be_the_second_ambience_without_leaking_a_path(page, visit, request_of, tmp_path):
    request = request_of()
    own(page, request, tmp_path)
    visit.chosen_clip = "room"
    move(page, request, OWN_RECORDING)
    page.make(request, [], ambient=1.0)
    (take,) = visit.takes
    reports = take.recipe.read_text()
    recipe = json.loads(reports)
    assert str(visit.folder) not in reports and "/" not in json.dumps(recipe["ambient"])
    assert recipe["settings"]["ambient_changes"] == [{"time": pytest.approx(CUT, abs=0.05), "clip": "back yard"}]
    assert recipe["ambient"]["changes"][0]["name"] == "back yard"
    page.ambience.save_own("", 3, request)
    (change,) = ambient_changes_of(visit, visit.bank)
    assert change.clip == visit.bank.clips[-1].id, "it stays chosen as a clip of the bank"


def test_a_recipe_restores_its_ambient_changes_with_the_same_bytes(page, visit, request_of):
    request = request_of()
    visit.chosen_clip = "room"
    move(page, request, "street")
    page.make(request, [], ambient=1.0)
    (take,) = visit.takes
    visit.ambient_changes = {}
    timeline, _, cards, *_ = page.takes.load_recipe(str(take.video), "", 3, request)
    assert visit.restored.exact and cards["changes"][0]["chosen"] == "street"
    list(page.dub.generate_restored(request))
    assert visit.takes[1].sound.read_bytes() == take.sound.read_bytes()


def test_a_restored_change_without_a_scene_change_can_be_removed(page, visit, request_of, tmp_path):
    request = request_of()
    page.make(request, [], ambient=1.0)
    recipe = json.loads(visit.takes[0].recipe.read_text())
    recipe["settings"]["ambient_changes"] = [{"time": 1.25, "clip": "street"}, {"time": 4.0, "clip": "moon"}]
    street = sha256(small_bank().waveform("street")).hexdigest()
    recipe["ambient"]["changes"] = [{"clip": "street", "sha256": street}, {"clip": "moon", "sha256": "0"}]
    (tmp_path / "r.json").write_text(json.dumps(recipe))
    _, _, cards, *_ = page.takes.load_recipe(str(tmp_path / "r.json"), "", 3, request)
    assert [(item["time"], item["chosen"]) for item in cards["changes"]][0] == (1.25, "street")
    assert len(visit.restored.notes) == 1 and "not in this bank" in visit.restored.notes[0]
    assert visit.restored.settings.ambient_changes == (AmbientChange(1.25, "street"),)
    move(page, request, "", 1.25)
    assert [item["time"] for item in asked(page, request)] == [visit.scene_changes[0].time]


@pytest.mark.parametrize("changes", [[{"time": "x"}], [7], "street", {"time": 1}, [{"time": 1.0, "clip": 5}], None])
def test_invalid_ambient_changes_in_a_recipe_are_one_sentence(page, visit, request_of, tmp_path, changes):
    page.make(request_of(), [], ambient=1.0)
    recipe = json.loads(visit.takes[0].recipe.read_text())
    recipe["settings"]["ambient_changes"] = changes
    recipe["ambient"]["changes"] = changes
    (tmp_path / "r.json").write_text(json.dumps(recipe))
    with pytest.raises(A2SError):
        page.takes.load_recipe(str(tmp_path / "r.json"), "", 3, request_of())


def test_another_video_removes_scene_changes(page, visit, request_of, clip):
    move(page, request_of(), "street")
    page.load(clip, request_of())
    assert visit.ambient_changes == {} and visit.scene_changes == ()
