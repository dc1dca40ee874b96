from __future__ import annotations

import json
import pickle
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from a2s.errors import A2SError, BadCues, BadSettings
from a2s.settings import DubSettings
from a2s.ui.dub.controls import control_values
from a2s.ui.dub.cues import value_in
from a2s.ui.text import CUES_UNUSED
from tests.fakes import FakePipeline, draw_video, small_bank
from tests.unit.ui.page_handlers import is_unchanged, make_handlers


def recipe_of(take):
    return json.loads(take.recipe.read_text("utf-8"))


def sound_of(take):
    return soundfile.read(take.sound)[0]


def edited(page, *cues) -> dict:
    """What the timeline sends once the creator has left these cues on it."""
    visit = page.visits.of("one")
    return value_in(visit, visit.detected_cues) | {"source": "creator", "cues": list(cues)}


def test_a_dub_gives_a_take_with_its_files(page, request_of):
    reports = page.make(request_of(), ambient=0.5)
    (take,) = page.visits.of("one").takes
    assert reports[-1]["state"] == "done" and all(step["state"] == "running" for step in reports[:-1])
    assert take.video.name == "my-clip-b-ambient50-seed3.mp4"
    assert recipe_of(take)["settings"]["ambient"] == 0.5
    done = [step["done"] for step in reports]
    assert done == sorted(done)


def test_several_takes_differ_and_are_numbered(page, request_of):
    page.make(request_of(), takes=2)
    first, second = page.visits.of("one").takes
    assert first.label.startswith("Take 1") and second.label.startswith("Take 2")
    assert not np.array_equal(sound_of(first), sound_of(second))
    assert [recipe_of(take)["settings"]["first_take"] for take in (first, second)] == [0, 1]


def test_the_second_take_can_be_made_alone(page, request_of):
    page.make(request_of(), takes=2)
    page.make(request_of(), takes=1, first_take=1)
    _, second, alone = page.visits.of("one").takes
    assert np.array_equal(sound_of(second), sound_of(alone))


def test_ambience_levels_are_four_amounts_of_one_seed(page, request_of):
    page.make(request_of(), work="generate_levels")
    recipes = [recipe_of(take) for take in page.visits.of("one").takes]
    assert [round(recipe["settings"]["ambient"], 2) for recipe in recipes] == [0, 0.33, 0.67, 1]
    steps = np.diff([recipe["ambient"]["level_in_db"] for recipe in recipes[1:]])
    assert steps == pytest.approx([steps[0]] * 2, abs=0.011)  # they are rounded to 0.01
    assert [take.label.split(" · ")[1] for take in page.visits.of("one").takes] == ["0 %", "33 %", "67 %", "100 %"]
    levels = [recipe["ambient"]["level_out_db"] for recipe in recipes]
    assert levels == sorted(levels) and levels[-1] > levels[0] + 10


def test_finished_takes_survive_a_cancel(page, request_of):
    visit, reports = page.visits.of("one"), []
    page.dub.begin(3, True, "mp4", "copy", request_of())
    cues = value_in(visit, visit.detected_cues)
    controls = control_values(DubSettings(takes=3, steps=30, seed=3))
    for step in page.dub.generate(request_of(), cues, *controls, page.engine.default):
        reports.append(step)
        if step["stage"].startswith("Take 2"):
            page.dub.cancel(request_of())
    assert len(visit.takes) == 1 and reports[-1]["stage"] == "Cancelled" and "1 take" in reports[-1]["detail"]
    assert not any(step["stage"].startswith("Take 3") for step in reports)


def test_a_pickled_request_gives_the_same_take(tmp_path, request_of, clip):
    made = make_handlers(tmp_path / "other", bank=small_bank())
    made.load(clip, request_of())
    sent, make = [], made.dub._make

    def far_away(order):
        sent.append(pickle.loads(pickle.dumps(order)))
        yield from make(replace(sent[-1], session="a session of another process"))

    made.make(request_of())
    made.dub._make = far_away
    made.make(request_of())
    here, there = made.visits.of("one").takes
    assert len(sent) == 1 and np.array_equal(sound_of(here), sound_of(there))
    assert made.visits.find("a session of another process") is None


def test_cancel_reaches_a_take_that_is_made_in_another_process(page, request_of):
    """There, only that nobody wants more of it is seen."""
    make, steps = page.dub._make, []

    def far_away(order):
        for event in make(replace(order, session=None)):
            steps.append(event)
            page.dub.cancel(request_of())
            yield event

    page.dub._make = far_away
    reports = page.make(request_of(), steps=100)
    assert reports[-1]["stage"] == "Cancelled" and len(steps) == 1 and page.visits.of("one").takes == []


def test_cancel_works_while_the_take_is_written(page, request_of, monkeypatch):
    monkeypatch.setattr(page.engine, "record_duration", lambda *_: page.dub.cancel(request_of()))  # just before
    reports = page.make(request_of())
    visit = page.visits.of("one")
    assert reports[-1]["stage"] == "Cancelled" and visit.takes == [] and not list(visit.folder.glob("take-*"))


def test_cancel_works_in_the_queue(page, request_of):
    visit = page.visits.of("one")
    page.dub.begin(3, True, "mp4", "copy", request_of())
    page.dub.cancel(request_of())
    reports = list(page.dub.generate(request_of(), None, *control_values(DubSettings(steps=4)), page.engine.default))
    assert reports[-1]["stage"] == "Cancelled" and visit.takes == []


def test_a_disconnected_browser_stops_the_dub(page, request_of):
    controls = control_values(DubSettings(steps=100))
    steps = page.dub.generate(request_of(), None, *controls, page.engine.default)
    next(steps)
    steps.close()
    pipe, _ = page.engine.load()
    assert not any(call["steps"] == 100 for call in pipe.calls) and page.visits.of("one").takes == []


def test_the_cues_on_the_timeline_are_used(page, request_of):
    page.make(request_of(), cues=edited(page, {"id": 0, "time": 1.75, "action": "hit", "material": "glass"}))
    (cue,) = recipe_of(page.visits.of("one").takes[-1])["cues"]["cues"]
    assert (cue["time"], cue["material"]) == (1.75, "glass")


def test_an_emptied_timeline_gives_a_dub_without_cues(page, request_of):
    page.make(request_of(), cues=edited(page))
    assert recipe_of(page.visits.of("one").takes[-1])["cues"]["cues"] == []


def test_without_a_timeline_value_the_detected_cues_are_used(page, request_of):
    page.make(request_of(), cues=None)
    visit = page.visits.of("one")
    assert len(recipe_of(visit.takes[-1])["cues"]["cues"]) == len(visit.detected_cues)


def test_cues_of_the_previous_video_are_ignored(page, request_of, tmp_path):
    """Also where a browser has not taken them off the timeline yet, and whatever length it says the clip has."""
    old = edited(page, {"id": 0, "time": 1.75, "action": "hit", "material": "glass"})
    page.video.load_upload(str(draw_video(tmp_path / "next.mp4", seconds=1.0, hits=(0.4,))), request_of())
    assert page.cues.refresh(request_of()).value is None
    page.make(request_of(), cues=old)
    list(page.video.analyse(3, page.engine.default, request_of()))
    page.make(request_of(), cues=old)
    visit = page.visits.of("one")
    for take in visit.takes:
        assert [cue["time"] for cue in recipe_of(take)["cues"]["cues"]] == [cue.time for cue in visit.detected_cues]
    with pytest.raises(BadCues, match="behind the end of the clip at 1.00 s"):
        page.make(request_of(), cues=edited(page, {"id": 0, "time": 1.75}) | {"duration": 2.0})


def test_the_chosen_model_is_used(tmp_path, request_of, clip):
    class Louder(FakePipeline):
        def vocode(self, mel):
            return 2 * super().vocode(mel)

    page = make_handlers(tmp_path / "root", more={"louder": Louder()})
    page.load(clip, request_of())
    page.make(request_of(), loudness=None)
    page.make(request_of(), model="louder", loudness=None)
    plain, louder = (np.abs(sound_of(take)).max() for take in page.visits.of("one").takes)
    assert louder > 1.5 * plain


def test_the_oldest_take_is_removed_beyond_the_limit(page, request_of):
    for _ in range(2):
        page.make(request_of(), takes=6)
    page.make(request_of())
    visit, kept = page.visits.of("one"), page.visits.limits.max_kept_takes
    assert len(visit.takes) == kept == 12 and visit.takes[0].label.startswith("Take 2 ")
    assert len(list(visit.folder.glob("take-*"))) == kept


@pytest.mark.parametrize(
    "changes", [{"seed": -1}, {"ambient": 2.0}, {"takes": 10**9}, {"steps": 0}, {"first_take": -2}]
)
def test_settings_out_of_range_are_refused(page, request_of, changes):
    with pytest.raises(BadSettings):
        page.make(request_of(), **changes)
    assert page.visits.of("one").takes == []


def test_a_hostile_timeline_is_refused(page, request_of):
    with pytest.raises(BadCues):
        page.make(request_of(), cues=edited(page, {"time": "now"}))


def test_a_dub_needs_a_video(page, request_of):
    with pytest.raises(A2SError, match="Choose a video first"):
        page.dub.begin(0, True, "mp4", "copy", request_of("two"))
    with pytest.raises(A2SError, match="Choose a video first"):
        list(page.dub.generate(request_of("two"), None, *control_values(DubSettings()), page.engine.default))


def test_the_seed_is_locked_or_new(page, request_of):
    assert page.dub.begin(7, True, "mp4", "copy", request_of())[-1] == 7
    rolled = {page.dub.begin(7, False, "mp4", "copy", request_of())[-1] for _ in range(4)}
    assert len(rolled) > 1


def test_a_new_seed_is_used_even_if_the_browser_sends_the_old_one(page, request_of):
    rolled = page.dub.begin(7, False, "mp4", "copy", request_of())[-1]
    visit = page.visits.of("one")
    cues = value_in(visit, visit.detected_cues)
    list(page.dub.generate(request_of(), cues, *control_values(DubSettings(seed=7, steps=4)), page.engine.default))
    assert recipe_of(visit.takes[0])["seed"] == rolled != 7


def test_the_time_of_a_dub_is_estimated(page, request_of):
    idle = {"state": "idle"}

    def estimate(**changes):
        return page.dub.estimate(request_of(), *control_values(DubSettings(**changes)), page.engine.default, idle)

    other = page.dub.estimate(request_of(), *control_values(DubSettings()), "another", idle)
    assert "not known yet" in other["stage"]
    page.engine.record_duration("another", DubSettings(steps=10), 2.0, 20.0)
    other = page.dub.estimate(request_of(), *control_values(DubSettings(steps=20)), "another", idle)
    assert other["stage"] == "About 40 s to generate"
    page.engine.estimator().step = 0.1
    assert estimate(steps=12)["stage"].endswith("to generate")
    seconds = [int(estimate(steps=50, takes=takes)["stage"].split()[1]) for takes in (1, 6)]
    assert seconds[1] > 4 * seconds[0]
    four = int(re.search(r"about (\d+) s for 4 ambience levels", estimate(steps=50)["detail"])[1])
    assert four == int(estimate(steps=50, takes=4)["stage"].split()[1])
    running = page.dub.estimate(request_of(), *control_values(DubSettings()), page.engine.default, {"state": "running"})
    assert is_unchanged(running)


def test_a_model_sets_its_sampler_and_a_missing_one_falls_back(tmp_path):
    second = FakePipeline()
    second.default_steps, second.default_guidance_scale = 25, 6.5
    page = make_handlers(tmp_path / "root", more={"official": "official", "second": second})
    assert page.dub.choose_model("second") == ("second", 25, 6.5, "")
    assert page.dub.choose_model("official") == (page.engine.default, 12, 2.5, "")
    assert page.dub.choose_model("/etc/passwd") == (page.engine.default, 12, 2.5, "")


def test_choosing_a_model_measures_its_speed(tmp_path, request_of, clip):
    second = FakePipeline()
    page = make_handlers(tmp_path / "root", more={"second": second})
    page.load(clip, request_of())
    asked = (*control_values(DubSettings()), "second")
    assert "not known yet" in page.dub.estimate(request_of(), *asked, {"state": "idle"})["stage"]
    reports = list(page.dub.prepare_model(request_of(), *asked, {"state": "idle"}))
    assert [step["state"] for step in reports] == ["running", "running", "idle", "idle"] and second.calls
    assert reports[-1]["stage"].endswith("to generate")
    before = len(second.calls)
    (again,) = page.dub.prepare_model(request_of(), *asked, {"state": "running"})
    assert is_unchanged(again) and len(second.calls) == before, "a dub that is made, and what is known, is left alone"
    with pytest.raises(BadSettings):
        list(page.dub.prepare_model(request_of(), *asked[:-1], "/etc", {"state": "idle"}))


def test_a_model_that_ignores_cues_says_so(tmp_path, request_of, clip, monkeypatch):
    reports = []
    monkeypatch.setattr("gradio.Info", reports.append)
    deaf = FakePipeline()
    deaf.uses_cues = False
    page = make_handlers(tmp_path / "root", more={"deaf": deaf})
    assert CUES_UNUSED in page.dub.choose_model("deaf")[-1] and reports == [CUES_UNUSED]
    assert page.dub.choose_model(page.engine.default)[-1] == "" and reports == [CUES_UNUSED]
    page.load(clip, request_of())
    page.make(request_of(), model="deaf")
    visit = page.visits.of("one")
    recipe = recipe_of(visit.takes[0]) | {"model": {"name": "deaf", "sha256": None}}
    (visit.folder / "mine.json").write_text(json.dumps(recipe))
    assert CUES_UNUSED in page.takes.load_recipe(str(visit.folder / "mine.json"), "", 3, request_of())[1]


def test_the_buttons_are_enabled_after_success_and_after_failure(page, request_of):
    *busy, _ = page.dub.begin_again(request_of())
    *failed, progress = page.dub.failed()
    assert [button.interactive for button in busy] == [False, False, False, False, True]
    assert [button.interactive for button in failed] == [True, True, True, True, False]
    assert [button.interactive for button in page.dub.finished()] == [True, True, True, True, False]
    assert progress["state"] == "failed" and progress["stage"] == "Generation failed"
