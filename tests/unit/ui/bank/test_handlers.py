from __future__ import annotations

import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from a2s.errors import A2SError, BankError, TooLarge
from a2s.settings import Limits
from a2s.ui.bank import building
from a2s.ui.bank.handlers import ADD, REPLACE, BankHandlers
from a2s.ui.engine import Engine
from a2s.ui.state import Visits
from tests.fakes import FakePipeline, small_bank


@pytest.fixture
def bank():
    return small_bank()


def handlers_within(limits, tmp_path, bank):
    return BankHandlers(Engine(FakePipeline(), bank, limits=limits), Visits(tmp_path / "root", limits))


@pytest.fixture
def handlers(tmp_path, bank):
    return handlers_within(Limits(), tmp_path, bank)


@pytest.fixture
def yard(tmp_path):
    """A recording of 12 s: noise, with a lull from 6 to 10 s."""
    wave = 0.1 * np.random.default_rng(0).standard_normal(12 * 16_000)
    wave[6 * 16_000 : 10 * 16_000] *= 0.01
    soundfile.write(tmp_path / "back yard.wav", wave, 16_000)
    return tmp_path / "back yard.wav"


def ids(cards):
    return [item["id"] for item in cards["items"]]


def build(handlers, request, *files, mode=REPLACE):
    return list(handlers.build([str(file) for file in files], mode, request))


def test_clips_are_listed_in_the_order_asked_for(handlers, request_of):
    order = {sort: ids(handlers.list_clips("", sort, request_of())[0]) for sort in ("level", "softest", "kind", "name")}
    assert order["level"] == ["street", "rain", "room", "silence"] == order["softest"][::-1]
    assert order["kind"] == ["room", "silence", "street", "rain"]
    assert order["name"] == ["rain", "room", "silence", "street"]


def test_a_search_matches_names_and_kinds(handlers, request_of):
    assert ids(handlers.list_clips("WEATHER", "name", request_of())[0]) == ["rain"]
    cards, note = handlers.list_clips("st", "name", request_of())
    assert ids(cards) == ["street"] and "1 shown" in note


def test_a_clip_is_shown_and_can_be_used_for_the_dub(handlers, request_of):
    from PIL import Image

    picture, facts, chosen = handlers.show(SimpleNamespace(clip="rain"), request_of())
    assert Image.open(picture).size[0] > 500 and "weather" in facts and chosen == "rain"
    again, *_ = handlers.show(SimpleNamespace(clip="street"), request_of())
    assert again != picture
    handlers.use("rain", request_of())
    assert handlers.visits.of("one").chosen_clip == "rain"
    with pytest.raises(BankError):
        handlers.show(SimpleNamespace(clip="../../etc/passwd"), request_of())


def test_a_recording_gives_its_quietest_and_its_typical_excerpt(handlers, request_of, yard):
    reports = build(handlers, request_of(), yard)
    visit = handlers.visits.of("one")
    clips = {clip.name: clip for clip in visit.bank.clips}
    assert set(clips) == {"back yard, quietest", "back yard, typical", "Silence"}
    assert clips["back yard, quietest"].level_db < clips["back yard, typical"].level_db - 30
    assert visit.bank.low_ambient.name == "Silence" and visit.bank.has_embeddings
    assert reports[-1]["state"] == "done" and not list(visit.folder.glob("build-*"))


def test_adding_keeps_the_existing_clips(handlers, request_of, yard, bank):
    build(handlers, request_of(), yard, mode=ADD)
    assert len(handlers.visits.of("one").bank) == len(bank) + 2
    assert handlers.engine.bank_of(handlers.visits.of("two")) is bank


def test_a_zip_is_not_unpacked_without_room_for_its_content(bank, request_of, tmp_path, monkeypatch):
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("hush.wav", bytes(50_000))
    monkeypatch.setattr(building, "unpack", None)
    handlers = handlers_within(Limits(max_stored_bytes=40_000), tmp_path, bank)
    with pytest.raises(TooLarge, match="no room"):
        build(handlers, request_of(), path)


def test_a_zip_of_recordings_keeps_its_folders_as_kinds(handlers, request_of, yard, tmp_path):
    path = tmp_path / "places.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.write(yard, "garden/yard.wav")
        made.writestr("garden/notes.txt", "nothing to hear")
    build(handlers, request_of(), path)
    assert {clip.kind for clip in handlers.visits.of("one").bank.clips} == {"garden", "quiet"}


def test_a_saved_bank_loads_unchanged(handlers, request_of, yard):
    build(handlers, request_of(), yard)
    before = handlers.visits.of("one").bank
    saved = handlers.save(request_of()).value["path"]
    reports = build(handlers, request_of("two"), saved)
    after = handlers.visits.of("two").bank
    assert after.clips == before.clips and reports[-1]["detail"] == "loaded"
    assert all(np.array_equal(after.waveform(c.id), before.waveform(c.id)) for c in after.clips)


def test_a_bank_of_another_model_is_embedded_again_and_reported(handlers, request_of, bank, tmp_path):
    other = bank.embedded(lambda wave: np.ones(5, np.float32), "other")
    other.save(tmp_path / "other")
    import shutil

    path = shutil.make_archive(str(tmp_path / "other-bank"), "zip", tmp_path / "other")
    reports = build(handlers, request_of(), path)
    assert handlers.visits.of("one").bank.model_hash == "fake" and "again" in reports[-1]["detail"]


def test_a_damaged_bank_is_refused_and_leaves_no_files(handlers, request_of, bank, tmp_path):
    import shutil

    bank.save(tmp_path / "saved")
    (tmp_path / "saved" / "index.faiss").write_bytes(b"broken")
    path = shutil.make_archive(str(tmp_path / "bad"), "zip", tmp_path / "saved")
    with pytest.raises(BankError, match="index.faiss"):
        build(handlers, request_of(), path)
    visit = handlers.visits.of("one")
    assert visit.bank is None and [p for p in visit.folder.iterdir()] == []


def test_an_unreadable_recording_is_refused_and_the_bank_stays(handlers, request_of, tmp_path):
    fake = tmp_path / "fake.wav"
    fake.write_text("no sound")
    with pytest.raises(A2SError):
        build(handlers, request_of(), fake)
    assert handlers.visits.of("one").bank is None
    with pytest.raises(A2SError, match="Upload recordings"):
        build(handlers, request_of())


def test_too_many_recordings_are_refused(bank, request_of, yard, tmp_path):
    handlers = handlers_within(Limits(max_recordings=1), tmp_path, bank)
    with pytest.raises(TooLarge):
        build(handlers, request_of(), yard, yard)


def test_the_built_in_bank_can_be_restored(handlers, request_of, yard, bank):
    build(handlers, request_of(), yard)
    handlers.reset(request_of())
    assert handlers.engine.bank_of(handlers.visits.of("one")) is bank
