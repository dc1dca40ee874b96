from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from a2s.ambient import AmbientBank, Calibration
from a2s.errors import A2SError, UnreadableAudio
from a2s.ui.dub.ambience import AmbienceHandlers, level_at
from a2s.ui.dub.video import VideoHandlers
from a2s.ui.engine import Engine
from a2s.ui.state import Visits
from a2s.ui.state.records import OWN_RECORDING
from tests.fakes import FakeBank, FakePipeline
from tests.unit.ui.page_handlers import make_handlers


@pytest.fixture
def bank():
    """A real bank of the fake one's clips, embedded by the fake pipeline."""
    fake = FakeBank()
    nobody = {"author": "", "licence": ""}
    known = [
        (fake.waveform(c.id), {"name": c.name, "kind": "quiet" if c.id == "silence" else c.kind} | nobody)
        for c in fake.clips
    ]
    return AmbientBank.of(known).embedded(FakePipeline().embed_audio, "fake")


@pytest.fixture
def handlers(tmp_path, bank):
    return AmbienceHandlers(Engine(FakePipeline(), bank), Visits(tmp_path / "root"))


@pytest.fixture
def visit(handlers, request_of, clip):
    """A visit whose picture has been watched."""
    video = VideoHandlers(handlers.engine, handlers.visits)
    video.load_upload(str(clip), request_of())
    list(video.analyse(5, "model", request_of()))
    return handlers.visits.of("one")


def ids(cards):
    return [item["id"] for item in cards["items"]]


def percent(match):
    return int(re.fullmatch(r"Match (\d+) %", match)[1])


def decibels(note):
    return int(re.search(r"<b>([^<]*) dB", note)[1].replace("\N{MINUS SIGN}", "-"))


def test_without_a_video_there_are_no_cards(handlers, request_of):
    assert handlers.search("", 5, request_of()) == {"items": []}


def test_cards_are_ranked_with_one_chosen_and_the_low_ambient_clip(handlers, visit, request_of):
    cards = handlers.search("", 2, request_of())
    assert ids(cards)[-1] == "silence" and len(cards["items"]) in (2, 3)
    scores = [percent(item["score"]) for item in cards["items"][:2]]
    assert scores == sorted(scores, reverse=True)
    assert [item["chosen"] for item in cards["items"]].count(True) == 1
    assert len(handlers.search("", 10, request_of())["items"]) == 4


def test_every_card_has_a_sound_and_a_thumbnail(handlers, visit, request_of):
    from PIL import Image

    for item in handlers.search("", 4, request_of())["items"]:
        files = [
            handlers.visits.root / item[key].split(f"file={handlers.visits.root}/")[1] for key in ("url", "picture")
        ]
        assert soundfile.info(files[0]).duration >= 3 and Image.open(files[1]).size[0] > 100


def test_a_search_covers_the_whole_bank_and_keeps_the_chosen_card(handlers, visit, request_of):
    visit.chosen_clip = "rain"
    found = ids(handlers.search("stre", 1, request_of()))
    assert found[0] == "street" and "rain" in found and "room" not in found
    assert ids(handlers.search("no such thing", 1, request_of())) == ["silence", "rain"]


def test_a_choice_changes_the_level_note_and_the_dub(handlers, visit, request_of):
    notes = [handlers.choose(1.0, SimpleNamespace(clip=clip), request_of()) for clip in ("room", "rain")]
    assert decibels(notes[1]) > decibels(notes[0]) and handlers.clip_for(visit, "model") == "rain"
    with pytest.raises(A2SError):
        handlers.choose(0.8, SimpleNamespace(clip="/etc/passwd"), request_of())


def test_the_level_follows_the_amount_linearly_in_decibels(handlers, visit, request_of):
    known = (*handlers.engine.load(),)
    levels = [level_at(amount, -30.0, None, *known) for amount in (0, 0.25, 0.5, 0.75, 1.0)]
    assert np.diff(levels) == pytest.approx(np.diff(levels)[0], abs=0.01) and levels[-1] == pytest.approx(-30, abs=0.01)
    notes = [decibels(handlers.level(amount, request_of())) for amount in (0.1, 0.5, 0.9)]
    assert notes == sorted(notes) and notes[-1] > notes[0] + 10


def test_the_shown_level_is_that_of_the_dub(page, request_of, tmp_path, monkeypatch):
    """With a bank whose low-ambient clip is at -80 dB, and a model that follows its condition unevenly."""
    request, visit = request_of(), page.visits.of("one")
    Calibration(((0.0, -80.0), (0.5, -50.0), (1.0, -30.0))).save(tmp_path)
    monkeypatch.setattr(FakePipeline, "folder", tmp_path)
    page.ambience.choose(1.0, SimpleNamespace(clip="rain"), request)
    for amount in (0.0, 0.25, 0.5, 1.0):
        page.make(request, ambient=amount)
        made = json.loads(visit.takes[-1].recipe.read_text("utf-8"))["ambient"]["level_in_db"]
        assert decibels(page.ambience.level(amount, request)) == pytest.approx(made, abs=0.51)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "back <yard>.wav"
    soundfile.write(path, 0.05 * np.random.default_rng(0).standard_normal(44_100 * 13), 44_100)
    return path


def test_an_uploaded_recording_is_chosen_at_once(handlers, visit, request_of, recording):
    cards, level, keep = handlers.upload_own(str(recording), "", 3, 1.0, request_of())
    first = cards["items"][0]
    assert (first["id"], first["name"], first["chosen"]) == (OWN_RECORDING, "back <yard>", True)
    assert first["score"] and -32 <= decibels(level) <= -29 and keep.interactive
    assert (
        handlers.clip_for(visit, "model") == str(visit.own_recording.sound)
        and visit.own_recording.sound.parent == visit.folder
    )


def test_a_saved_recording_is_in_the_bank_of_its_visit_only(handlers, visit, request_of, recording, bank):
    handlers.upload_own(str(recording), "", 3, 1.0, request_of())
    cards, keep = handlers.save_own("", 3, request_of())
    assert len(visit.bank) == len(bank) + 1 and not keep.interactive
    assert visit.bank[visit.chosen_clip].name == "back <yard>" and visit.chosen_clip in ids(cards)
    assert len(handlers.engine.bank_of(handlers.visits.of("two"))) == len(bank)


def test_an_unreadable_recording_is_refused_under_its_own_name(handlers, visit, request_of, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_text("silence, in words")
    with pytest.raises(UnreadableAudio, match="bad.wav"):
        handlers.upload_own(str(bad), "", 3, 1.0, request_of())
    assert visit.own_recording is None


def test_a_recording_that_is_too_short_is_refused(handlers, visit, request_of, tmp_path):
    short = tmp_path / "click.wav"
    soundfile.write(short, np.ones(50), 16_000)
    with pytest.raises(A2SError, match="click.wav"):
        handlers.upload_own(str(short), "", 3, 1.0, request_of())


class Loud(FakePipeline):
    """A model whose best match is always the loudest clip."""

    model_hash = "loud"

    def embed_video(self, motion, begin=0.0, end=np.inf):
        return np.eye(1, 8, dtype=np.float32)[0]

    def embed_audio(self, waveform):
        softer = np.clip(np.log10(np.abs(waveform).mean() + 1e-9) / -5, 0, 1)
        return np.array([np.sqrt(1 - softer**2), softer, *[0] * 6], np.float32)


@pytest.fixture
def page(tmp_path, bank, clip, request_of):
    made = make_handlers(tmp_path / "two models", more={"loud": Loud()}, bank=bank)
    made.load(clip, request_of())
    return made


def place_of(page):
    return json.loads(page.visits.of("one").takes[-1].recipe.read_text("utf-8"))["ambient"]["clip"]


def test_another_model_chooses_its_own_best_match(page, request_of):
    """Also where Dub is pressed before the cards are there."""
    visit = page.visits.of("one")
    before = visit.chosen_clip
    page.make(request_of(), model="loud")
    assert before != "street" and place_of(page) == "street"
    cards, level = page.ambience.change_model("loud", "", 3, 1.0, request_of())
    scores = {item["id"]: item["score"] for item in cards["items"]}
    assert ids(cards)[0] == visit.chosen_clip == "street" and percent(scores["street"]) > percent(scores["room"])
    assert decibels(level) == -26  # full level of a loud place
    page.ambience.change_model("model", "", 3, 1.0, request_of())
    assert visit.chosen_clip == before


def test_the_users_choice_survives_a_change_of_model(page, request_of, recording):
    visit = page.visits.of("one")
    page.ambience.choose(1.0, SimpleNamespace(clip="rain"), request_of())
    page.ambience.change_model("loud", "", 3, 1.0, request_of())
    page.make(request_of(), model="loud")
    assert visit.chosen_clip == place_of(page) == "rain"
    page.ambience.upload_own(str(recording), "", 3, 1.0, request_of())
    score_before = visit.own_recording.score
    page.ambience.change_model("model", "", 3, 1.0, request_of())
    assert visit.chosen_clip == OWN_RECORDING and visit.own_recording.score != score_before
    page.ambience.save_own("", 3, request_of())
    assert visit.bank.model_hash == "fake" and len(page.ambience.search("", 9, request_of())["items"]) == 5


def test_a_recipe_of_another_model_ranks_with_that_model(page, request_of):
    visit = page.visits.of("one")
    page.make(request_of(), model="loud")
    recipe = json.loads(visit.takes[0].recipe.read_text("utf-8")) | {"model": {"name": "loud", "sha256": None}}
    file = visit.folder / "mine.json"
    file.write_text(json.dumps(recipe))
    page.takes.load_recipe(str(file), "", 3, request_of())
    assert (visit.model, visit.chosen_clip, visit.chosen_by_user) == ("loud", "street", True)


def test_a_clip_of_the_new_bank_is_chosen_after_a_change_of_bank(handlers, visit, request_of, bank):
    visit.chosen_clip = "rain"
    visit.bank = AmbientBank.of([(bank.waveform("room"), {"name": "Hall", "kind": "a", "author": "", "licence": ""})])
    visit.bank = visit.bank.embedded(FakePipeline().embed_audio, "fake")
    assert ids(handlers.search("", 5, request_of())) == ["hall"] and visit.chosen_clip == "hall"
