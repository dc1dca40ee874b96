from __future__ import annotations

import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from a2s.errors import A2SError, BankError, TooLarge
from a2s.settings import Limits
from a2s.ui import state
from a2s.ui.bank import handlers as module
from a2s.ui.bank.handlers import ADD, REPLACE, BankHandlers
from a2s.ui.engine import Engine
from a2s.ui.state import Visits
from tests.fakes import FakePipeline, small_bank


@pytest.fixture
def bank():
    return small_bank()


@pytest.fixture
def desk(tmp_path, bank):
    return BankHandlers(Engine(FakePipeline(), bank), Visits(tmp_path / "root", grace=0.05))


@pytest.fixture
def yard(tmp_path):
    """A recording of 12 s: noise, with a lull from 6 to 10 s."""
    wave = 0.1 * np.random.default_rng(0).standard_normal(12 * 16_000)
    wave[6 * 16_000 : 10 * 16_000] *= 0.01
    soundfile.write(tmp_path / "back yard.wav", wave, 16_000)
    return tmp_path / "back yard.wav"


def ids(cards):
    return [item["id"] for item in cards["items"]]


def build(desk, request, *files, mode=REPLACE):
    return list(desk.build([str(file) for file in files], mode, request))


def test_clips_are_listed_in_the_order_asked_for(desk, request_of):
    order = {sort: ids(desk.list("", sort, request_of())[0]) for sort in ("level", "calm", "kind", "name")}
    assert order["level"] == ["street", "rain", "room", "silence"] == order["calm"][::-1]
    assert order["kind"] == ["room", "silence", "street", "rain"]
    assert order["name"] == ["rain", "room", "silence", "street"]


def test_words_find_names_and_kinds(desk, request_of):
    assert ids(desk.list("WEATHER", "name", request_of())[0]) == ["rain"]
    cards, note = desk.list("st", "name", request_of())
    assert ids(cards) == ["street"] and "1 shown" in note


def test_a_clip_is_shown_and_can_be_used_for_the_dub(desk, request_of):
    from PIL import Image

    picture, facts, chosen = desk.show(SimpleNamespace(clip="rain"), request_of())
    assert Image.open(picture).size[0] > 500 and "weather" in facts and chosen == "rain"
    again, *_ = desk.show(SimpleNamespace(clip="street"), request_of())
    assert again != picture
    desk.use("rain", request_of())
    assert desk.visits.of("one").chosen == "rain"
    with pytest.raises(BankError):
        desk.show(SimpleNamespace(clip="../../etc/passwd"), request_of())


def test_a_recording_gives_its_quietest_and_its_typical_three_seconds(desk, request_of, yard):
    told = build(desk, request_of(), yard)
    visit = desk.visits.of("one")
    clips = {clip.name: clip for clip in visit.bank.clips}
    assert set(clips) == {"back yard, quietest", "back yard, typical", "Silence"}
    assert clips["back yard, quietest"].level_db < clips["back yard, typical"].level_db - 30
    assert visit.bank.low_ambient.name == "Silence" and visit.bank.has_embeddings
    assert told[-1]["state"] == "done" and not list(visit.folder.glob("build-*"))


def test_beside_what_is_there_nothing_is_lost(desk, request_of, yard, bank):
    build(desk, request_of(), yard, mode=ADD)
    assert len(desk.visits.of("one").bank) == len(bank) + 2
    assert desk.engine.bank_of(desk.visits.of("two")) is bank


def test_a_zip_is_not_unpacked_where_there_is_no_room_for_what_it_holds(desk, request_of, tmp_path, monkeypatch):
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("hush.wav", bytes(50_000))
    monkeypatch.setattr(state, "LIMITS", Limits(max_stored_bytes=40_000))
    monkeypatch.setattr(module, "unpack", None)
    with pytest.raises(TooLarge, match="no room"):
        build(desk, request_of(), path)


def test_a_zip_of_recordings_keeps_its_folders_as_kinds(desk, request_of, yard, tmp_path):
    path = tmp_path / "places.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.write(yard, "garden/yard.wav")
        made.writestr("garden/notes.txt", "nothing to hear")
    build(desk, request_of(), path)
    assert {clip.kind for clip in desk.visits.of("one").bank.clips} == {"garden", "quiet"}


def test_a_bank_that_was_saved_comes_back_as_it_was(desk, request_of, yard):
    build(desk, request_of(), yard)
    before = desk.visits.of("one").bank
    saved = desk.save(request_of()).value["path"]
    told = build(desk, request_of("two"), saved)
    after = desk.visits.of("two").bank
    assert after.clips == before.clips and told[-1]["detail"] == "loaded"
    assert all(np.array_equal(after.waveform(c.id), before.waveform(c.id)) for c in after.clips)


def test_a_bank_of_another_model_is_embedded_anew_and_it_is_said(desk, request_of, bank, tmp_path):
    other = bank.embedded(lambda wave: np.ones(5, np.float32), "other")
    other.save(tmp_path / "other")
    import shutil

    path = shutil.make_archive(str(tmp_path / "other-bank"), "zip", tmp_path / "other")
    told = build(desk, request_of(), path)
    assert desk.visits.of("one").bank.model_hash == "fake" and "anew" in told[-1]["detail"]


def test_a_damaged_bank_is_one_sentence_and_leaves_nothing(desk, request_of, bank, tmp_path):
    import shutil

    bank.save(tmp_path / "saved")
    (tmp_path / "saved" / "index.faiss").write_bytes(b"broken")
    path = shutil.make_archive(str(tmp_path / "bad"), "zip", tmp_path / "saved")
    with pytest.raises(BankError, match="index.faiss"):
        build(desk, request_of(), path)
    visit = desk.visits.of("one")
    assert visit.bank is None and [p for p in visit.folder.iterdir()] == []


def test_what_is_no_recording_is_refused_and_the_bank_stays(desk, request_of, tmp_path):
    fake = tmp_path / "fake.wav"
    fake.write_text("no sound")
    with pytest.raises(A2SError):
        build(desk, request_of(), fake)
    assert desk.visits.of("one").bank is None
    with pytest.raises(A2SError, match="Drop recordings"):
        build(desk, request_of())


def test_too_many_recordings_are_refused(desk, request_of, yard, monkeypatch):
    monkeypatch.setattr(module, "MAX_RECORDINGS", 1)
    with pytest.raises(TooLarge):
        build(desk, request_of(), yard, yard)


def test_back_to_the_bank_that_comes_along(desk, request_of, yard, bank):
    build(desk, request_of(), yard)
    desk.reset(request_of())
    assert desk.engine.bank_of(desk.visits.of("one")) is bank
