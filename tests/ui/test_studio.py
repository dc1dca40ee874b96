from __future__ import annotations

import json
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import soundfile

from a2s.cues import CueTrack
from a2s.errors import A2SError, BadSettings, UnreadableAudio, UnreadableVideo
from a2s.media import probe
from a2s.ui.studio import OFF, OWN, level_of, read_settings

PLAIN = {
    "amount": 0.5,
    "seed": 3,
    "takes": 1,
    "steps": 4,
    "guidance": 2.0,
    "original": OFF,
    "loudness": OFF,
    "rows": [],
}


def quiet(*_, **__):
    """In place of gr.Progress."""


def load(studio, request, clip):
    facts = studio.take_upload(str(clip), request)
    cards, rows, note = studio.listen(request, quiet)
    return facts, cards, rows, note


def dub(studio, request, **changes):
    studio.begin(request)
    return studio.dub(**(PLAIN | changes), request=request, progress=quiet)


def test_what_was_read_is_said_at_once_and_escaped(studio, request_of, clip):
    facts = studio.take_upload(str(clip), request_of())
    for word in ("2.0 s", "160 × 120", "24 fps", "silent", "1 window", "my clip &lt;b&gt;.mp4"):
        assert word in facts


def test_a_file_that_is_no_video_is_one_sentence_under_its_own_name(studio, request_of, tmp_path):
    fake = tmp_path / "notes.mp4"
    fake.write_text("no film")
    with pytest.raises(UnreadableVideo, match="notes.mp4"):
        studio.take_upload(str(fake), request_of())
    visit = studio.visits.of("one")
    assert visit.picture is None and list(visit.folder.iterdir()) == []


def test_after_a_bad_file_the_clip_before_is_gone(studio, request_of, clip, tmp_path):
    load(studio, request_of(), clip)
    fake = tmp_path / "notes.mp4"
    fake.write_text("no film")
    with pytest.raises(UnreadableVideo):
        studio.take_upload(str(fake), request_of())
    with pytest.raises(A2SError, match="Choose a video first"):
        dub(studio, request_of())


def test_examples_are_loaded_by_id_only(studio, request_of):
    copy, facts = studio.take_example(SimpleNamespace(example="wood_chopping"), request_of())
    assert probe(copy).duration == pytest.approx(1.0, abs=0.05) and "Wood chopping" in facts
    with pytest.raises(A2SError):
        studio.take_example(SimpleNamespace(example="../../etc/passwd"), request_of())


def test_listening_gives_cards_and_cues(studio, request_of, clip):
    _, cards, rows, note = load(studio, request_of(), clip)
    items = cards["items"]
    assert [item["chosen"] for item in items] == [True] + [False] * (len(items) - 1)
    assert len(items) >= 3 and all(set(item) >= {"name", "kind", "level", "score", "url"} for item in items)
    assert rows and "cue" in note


def test_choosing_an_ambience_changes_the_level_and_the_dub(studio, request_of, clip):
    request = request_of()
    _, cards, *_ = load(studio, request, clip)
    first, second = (item["id"] for item in cards["items"][:2])
    notes, recipes = [], []
    for chosen in (first, second):
        notes.append(studio.choose(0.8, SimpleNamespace(clip=chosen), request))
        dub(studio, request)
        recipes.append(json.loads(studio.visits.of("one").results[0].recipe.read_text()))
    assert notes[0] != notes[1]
    assert [recipe["ambient"]["clip"] for recipe in recipes] == [first, second]
    with pytest.raises(A2SError):
        studio.choose(0.8, SimpleNamespace(clip="/etc/passwd"), request)


def test_the_amount_is_even_in_decibels_and_moves_the_sound(studio, request_of, clip):
    levels = [level_of(amount, -30.0, None) for amount in (0, 0.25, 0.5, 0.75, 1.0)]
    assert np.diff(levels) == pytest.approx(np.diff(levels)[0], abs=0.01) and levels[-1] == pytest.approx(-30, abs=0.01)
    request = request_of()
    load(studio, request, clip)
    out = []
    for amount in (0.1, 0.5, 0.9):
        dub(studio, request, amount=amount)
        out.append(json.loads(studio.visits.of("one").results[0].recipe.read_text())["ambient"]["level_in_db"])
    assert out == sorted(out) and out[-1] > out[0] + 10


def test_a_dub_leaves_four_files_and_a_picture(studio, request_of, clip):
    request = request_of()
    load(studio, request, clip)
    radio, video, picture, summary, *buttons = dub(studio, request)
    result = studio.visits.of("one").results[0]
    assert not radio.visible and video == str(result.video) and len(buttons) == 4
    assert all(button.interactive for button in buttons) and "2.0 s" in summary
    assert result.video.name == "my-clip-b-ambient50-seed3.mp4"
    info = probe(result.video)
    assert info.has_audio and soundfile.info(result.sound).duration == pytest.approx(info.duration, abs=0.01)
    assert soundfile.info(result.sound).subtype == "PCM_24"
    recipe = json.loads(result.recipe.read_text())
    assert recipe["settings"]["seed"] == 3 and recipe["video"]["name"] == clip.name
    assert str(studio.visits.root) not in result.recipe.read_text()
    assert len(CueTrack.load(result.cues)) == recipe["cues"]["cues"].__len__()


def test_takes_can_be_switched(studio, request_of, clip):
    request = request_of()
    load(studio, request, clip)
    radio, first, *_ = dub(studio, request, takes=2)
    second, *_ = studio.show(1, request)
    assert radio.visible and len(radio.choices) == 2 and first != second
    sounds = [soundfile.read(result.sound)[0] for result in studio.visits.of("one").results]
    assert not np.array_equal(*sounds)


def test_the_table_is_what_the_sound_follows(studio, request_of, clip):
    request = request_of()
    _, _, rows, _ = load(studio, request, clip)
    dub(studio, request, rows=rows)
    assert len(CueTrack.load(studio.visits.of("one").results[0].cues)) == len(rows)
    dub(studio, request, rows=[[1.75, 1, "hit", "glass", 1, 0]])
    (cue,) = CueTrack.load(studio.visits.of("one").results[0].cues)
    assert (cue.time, cue.material) == (1.75, "glass")


def test_cues_from_a_file_and_back(studio, request_of, clip, tmp_path):
    request = request_of()
    _, _, rows, _ = load(studio, request, clip)
    file = tmp_path / "cues.json"
    file.write_text("[0.5, 1.5]")
    loaded, note = studio.take_cues(str(file), request)
    assert [row[0] for row in loaded] == [0.5, 1.5] and "2 cues" in note
    assert studio.restore_cues(request)[0] == rows


def test_an_own_recording_becomes_an_ambience(studio, request_of, clip, tmp_path):
    request = request_of()
    load(studio, request, clip)
    noise = 0.05 * np.random.default_rng(0).standard_normal(16_000 * 4)
    recording = tmp_path / "yard.wav"
    soundfile.write(recording, noise, 16_000)
    cards, level = studio.take_own(str(recording), 1.0, request)
    assert cards["items"][-1]["id"] == OWN and cards["items"][-1]["chosen"] and "26 dB" in level
    dub(studio, request, amount=1.0)
    result = studio.visits.of("one").results[0]
    assert json.loads(result.recipe.read_text())["ambient"]["level_in_db"] == pytest.approx(-26, abs=1)
    bad = tmp_path / "bad.wav"
    bad.write_text("silence, in words")
    with pytest.raises(UnreadableAudio, match="bad.wav"):
        studio.take_own(str(bad), 1.0, request)


def test_cancel_stops_within_a_step_and_keeps_what_was_there(studio, request_of, clip):
    request = request_of()
    load(studio, request, clip)
    dub(studio, request)
    before = studio.visits.of("one").results
    told = []

    def press(done, desc):
        told.append(desc)
        if "step 2" in desc:
            studio.cancel(request)

    studio.begin(request)
    outcome = studio.dub(**(PLAIN | {"steps": 30}), request=request, progress=press)
    assert isinstance(outcome, dict) and studio.visits.of("one").results == before  # gr.skip() is a dict
    assert not any("step 4" in desc for desc in told)


def test_cancel_while_in_line_is_kept(studio, request_of, clip):
    request = request_of()
    load(studio, request, clip)
    studio.begin(request)
    studio.cancel(request)
    outcome = studio.dub(**PLAIN, request=request, progress=quiet)
    assert isinstance(outcome, dict) and studio.visits.of("one").results == ()


def test_without_a_picture_there_is_nothing_to_dub(studio, request_of):
    for act in (lambda: dub(studio, request_of()), lambda: studio.listen(request_of(), quiet)):
        with pytest.raises(A2SError, match="Choose a video first"):
            act()


def test_visits_do_not_see_each_other(studio, request_of, clip):
    load(studio, request_of("one"), clip)
    dub(studio, request_of("one"))
    with pytest.raises(A2SError):
        dub(studio, request_of("two"))
    assert studio.show(0, request_of("two")) == gr.skip()


@pytest.mark.parametrize("changes", [{"seed": -1}, {"amount": 2}, {"takes": 99}, {"steps": 0}, {"loudness": "loud"}])
def test_settings_out_of_range_are_refused(studio, request_of, clip, changes):
    load(studio, request_of(), clip)
    with pytest.raises(BadSettings):
        dub(studio, request_of(), **changes)


def test_off_means_none():
    settings = read_settings(0.5, 1, 1, 12, 2.5, OFF, "-14", None)
    assert settings.original_audio is None and settings.loudness == -14.0
