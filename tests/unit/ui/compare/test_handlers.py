from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile

from a2s.errors import A2SError
from a2s.evaluation.listening import ABX, NEITHER, compare_stats
from a2s.media import probe_video
from a2s.ui.compare.handlers import ORIGINAL, CompareHandlers, offered_sounds
from a2s.ui.state.listening_session import BLIND, COLUMNS, OPEN
from tests.fakes import draw_video
from tests.unit.ui.page_handlers import make_handlers

PLAYER, NOTE, QUESTIONS, ASK_X, BUTTON = range(5)
ALL = {"action": "a", "noise": "b", "prefer": NEITHER}


@pytest.fixture
def page(tmp_path, request_of):
    made = make_handlers(tmp_path / "root")
    made.load(draw_video(tmp_path / "film.mp4", seconds=2.0, tone=True), request_of())
    made.make(request_of(), ambient=0.0)
    made.make(request_of(), ambient=1.0)
    return made


@pytest.fixture
def handlers(page):
    return CompareHandlers(page.visits)


@pytest.fixture
def visit(page):
    return page.visits.of("one")


def path_of(sound: dict) -> str:
    return unquote(sound["url"].removeprefix("gradio_api/file="))


def answer(handlers, request, a, b, mode, x=None, **said):
    return handlers.submit(a, b, mode, said.get("action"), said.get("noise"), said.get("prefer"), x, request)


def bring(handlers, request, path) -> str:
    """Bring a recording; returns the id under which it is offered."""
    return handlers.upload(str(path), None, OPEN, request)[1].value


def test_takes_original_audio_and_uploads_are_offered(handlers, visit, request_of, tmp_path):
    soundfile.write(tmp_path / "rival.wav", 0.1 * np.ones(8_000), 16_000)
    id = bring(handlers, request_of(), tmp_path / "rival.wav")
    assert list(offered_sounds(visit).values()) == [
        visit.takes[1].label,
        visit.takes[0].label,
        "Original audio",
        "rival",
    ]
    a, b, player, *_ = handlers.refresh(None, None, OPEN, request_of())
    assert [a.value, b.value] == list(offered_sounds(visit))[:2] and player["sounds"]["a"]["name"] == visit.takes[
        1
    ].label
    kept = handlers.refresh(ORIGINAL, id, OPEN, request_of())
    assert (kept[0].value, kept[1].value) == (ORIGINAL, id)


def test_the_player_gets_the_files_of_the_takes(handlers, visit, request_of):
    first, second = list(offered_sounds(visit))[:2]
    player = handlers.show(first, second, OPEN, request_of())[PLAYER]
    for letter, take in zip("ab", (visit.takes[1], visit.takes[0]), strict=True):
        assert path_of(player["sounds"][letter]) == str(take.sound)
    assert player["duration"] == pytest.approx(2.0)


def test_loudness_is_matched_by_attenuating_the_louder_sound(handlers, visit, request_of):
    soft = visit.takes[0]
    player = handlers.show(ORIGINAL, soft.sound.parent.name, OPEN, request_of())[PLAYER]["sounds"]
    loud = visit.listening.original
    assert loud.lufs > soft.lufs + 3
    assert player["a"]["gain_db"] == pytest.approx(soft.lufs - loud.lufs, abs=0.01) and player["b"]["gain_db"] == 0


def test_the_original_audio_is_as_long_as_the_video(handlers, visit, request_of):
    player = handlers.show(ORIGINAL, next(iter(offered_sounds(visit))), OPEN, request_of())[PLAYER]["sounds"]
    assert soundfile.info(path_of(player["a"])).duration == pytest.approx(2.0, abs=0.01)


def test_a_blind_pair_hides_names_and_addresses_and_is_shuffled(handlers, visit, request_of):
    first, second = list(offered_sounds(visit))[:2]
    expected = {
        path.read_bytes(): name for path, name in ((visit.takes[1].sound, "first"), (visit.takes[0].sound, "second"))
    }
    was_a = []
    for _ in range(24):
        player = handlers.show(first, second, BLIND, request_of())[PLAYER]
        assert [sound["name"] for sound in player["sounds"].values()] == ["", ""]
        assert not any(take.stem in str(player["sounds"]) for take in visit.takes)
        was_a.append(expected[open(path_of(player["sounds"]["a"]), "rb").read()])
        answer(handlers, request_of(), first, second, BLIND, **ALL)
    assert {"first", "second"} == set(was_a)
    said = [each for each in visit.listening.answers if each["question"] == "action"]  # A was always said to be better
    assert [each["answer"] for each in said] == was_a


def test_abx_plays_one_of_the_two_as_x(handlers, visit, request_of):
    first, second = list(offered_sounds(visit))[:2]
    seen = set()
    for _ in range(24):
        out = handlers.show(first, second, ABX, request_of())
        sounds = out[PLAYER]["sounds"]
        a, b, x = (open(path_of(sounds[letter]), "rb").read() for letter in "abx")
        assert sounds["a"]["name"] == visit.takes[1].label and sounds["x"]["name"] == "" and x in (a, b) and a != b
        seen.add(x == a)
        answer(handlers, request_of(), first, second, ABX, x="a" if x == a else "b")
    assert seen == {True, False}
    (found,) = compare_stats(visit.listening.answers)["abx"]
    assert found["right"] == found["trials"] == 24 and found["p"] < 1e-6


def test_a_trial_survives_leaving_the_tab(handlers, visit, request_of):
    first, second = list(offered_sounds(visit))[:2]
    once = handlers.show(first, second, BLIND, request_of())[PLAYER]
    assert handlers.refresh(first, second, BLIND, request_of())[2] == once
    assert handlers.show(second, first, BLIND, request_of())[PLAYER] != once


def test_every_question_must_be_answered(handlers, visit, request_of):
    first, second = list(offered_sounds(visit))[:2]
    with pytest.raises(A2SError, match="no trial"):
        answer(handlers, request_of(), first, second, OPEN, **ALL)
    handlers.show(first, second, BLIND, request_of())
    with pytest.raises(A2SError, match="every question"):
        answer(handlers, request_of(), first, second, BLIND, action="a")
    handlers.show(first, second, ABX, request_of())
    with pytest.raises(A2SError, match="guess"):
        answer(handlers, request_of(), first, second, ABX, x=NEITHER)
    assert visit.listening.answers == []


def test_results_are_a_table_and_a_csv(handlers, visit, request_of, tmp_path):
    with pytest.raises(A2SError, match="no answers"):
        handlers.results(request_of())
    bad = tmp_path / "=1+1.wav"
    soundfile.write(bad, 0.1 * np.ones(8_000), 16_000)
    first, second = next(iter(offered_sounds(visit))), bring(handlers, request_of(), bad)
    handlers.show(first, second, BLIND, request_of())
    answer(handlers, request_of(), first, second, BLIND, **ALL)
    table, button = handlers.results(request_of())
    assert "preferred" in table and "100%" in table
    rows = list(csv.DictReader(io.StringIO(open(button.value["path"]).read())))
    assert len(rows) == 3 and tuple(rows[0]) == COLUMNS and rows[0]["second"] == "'=1+1"
    assert compare_stats(rows)["preferences"][0]["question"] == "action"
    handlers.start_over(first, second, BLIND, request_of())
    assert visit.listening.answers == []


def test_a_trial_needs_two_different_sounds(handlers, visit, request_of):
    first = next(iter(offered_sounds(visit)))
    out = handlers.show(first, first, BLIND, request_of())
    assert out[PLAYER] is None and "different" in out[NOTE] and out[QUESTIONS].visible is False


def test_a_sound_that_was_not_offered_is_refused(handlers, request_of):
    for id in ("../../etc/passwd", "take-999", "nonsense"):
        with pytest.raises(A2SError, match="no longer exists"):
            handlers.show(id, ORIGINAL, OPEN, request_of())
    with pytest.raises(A2SError):
        handlers.show(ORIGINAL, ORIGINAL, "sideways", request_of())


def test_an_unreadable_upload_is_refused_under_its_own_name(handlers, visit, request_of, tmp_path):
    (tmp_path / "noise.wav").write_text("no sound")
    with pytest.raises(A2SError, match="noise.wav"):
        bring(handlers, request_of(), tmp_path / "noise.wav")
    assert visit.listening.uploads == [] and not list(visit.folder.glob("compared-*"))


def test_uploads_of_one_name_get_different_labels(handlers, visit, request_of, tmp_path):
    soundfile.write(tmp_path / "x.wav", 0.1 * np.ones(8_000), 16_000)
    for _ in range(10):
        bring(handlers, request_of(), tmp_path / "x.wav")
    brought = visit.listening.uploads
    assert (
        len(brought) == 8 == len({sound.label for sound in brought}) == len(list(visit.listening.folder.glob("own-*")))
    )


def test_without_sounds_the_player_is_empty(handlers, request_of):
    a, b, player, *_ = handlers.refresh(None, None, OPEN, request_of("two"))
    assert a.value is None and player is None


def test_another_video_ends_the_listening_session(page, handlers, visit, request_of, clip):
    first, second = list(offered_sounds(visit))[:2]
    handlers.show(first, second, BLIND, request_of())
    folder = visit.listening.folder
    page.load(clip, request_of())
    assert visit.listening is None and not folder.exists()


def test_a_comparison_without_takes_is_exported_without_moviepy_reading_it(tmp_path, request_of, monkeypatch):
    import moviepy

    monkeypatch.delattr(moviepy, "VideoFileClip")
    page = make_handlers(tmp_path / "root")
    page.load(draw_video(tmp_path / "film.mp4", seconds=1.0, tone=True), request_of())
    handlers = CompareHandlers(page.visits)
    soundfile.write(tmp_path / "rival.wav", 0.1 * np.ones(8_000), 16_000)
    id = bring(handlers, request_of(), tmp_path / "rival.wav")
    shared = handlers.export(ORIGINAL, id, request_of()).value["path"]
    info = probe_video(shared)
    assert info.duration == pytest.approx(2.0, abs=0.1) and info.has_audio and info.width > info.height


def test_answers_cover_several_clips(page, handlers, visit, request_of, tmp_path):
    """Its answers stay when the picture changes, each under its clip, also where two clips have one name."""
    files = [tmp_path / name / "film.mp4" for name in ("one", "two")]
    for number, file in enumerate(files):
        file.parent.mkdir()
        page.load(draw_video(file, seconds=1.0 + number / 2), request_of())
        for ambient in (0.0, 1.0):
            page.make(request_of(), ambient=ambient)
        first, second = list(offered_sounds(visit))[:2]
        handlers.show(first, second, BLIND, request_of())
        table, csv_file, *_ = answer(handlers, request_of(), first, second, BLIND, **ALL)
        assert table == "" and not csv_file.visible, "what was control_values is out of date"
    table, button = handlers.results(request_of())
    path = visit.folder / "a2s-trials.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    assert [(row["clip"], row["trial"]) for row in rows] == [("film.mp4", "1")] * 3 + [("film.mp4 (2)", "2")] * 3
    assert "<td>film.mp4</td>" in table and "<td>film.mp4 (2)</td>" in table
    found = compare_stats(rows)["preferences"]
    assert len(found) == 6 and all(each["first_wins"] + each["second_wins"] + each["undecided"] == 1 for each in found)
    page.load(files[0], request_of())
    assert path.exists() and handlers.results(request_of())[0] == table
    handlers.start_over(None, None, BLIND, request_of())
    with pytest.raises(A2SError, match="no answers"):
        handlers.results(request_of())
