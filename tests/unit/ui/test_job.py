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
from a2s.ui.dub.controls import shown
from a2s.ui.dub.cues import value_in
from a2s.ui.state import KEPT_TAKES
from a2s.ui.text import DEAF
from tests.fakes import FakePipeline, draw_video, small_bank
from tests.unit.ui.studio import desks, skipped


def recipe_of(take):
    return json.loads(take.recipe.read_text("utf-8"))


def sound_of(take):
    return soundfile.read(take.sound)[0]


def edited(studio, *cues) -> dict:
    """What the timeline sends once the creator has left these cues on it."""
    visit = studio.visits.of("one")
    return value_in(visit, visit.track) | {"source": "creator", "cues": list(cues)}


def test_a_dub_is_a_take_with_its_files(studio, request_of):
    told = studio.make(request_of(), ambient=0.5)
    (take,) = studio.visits.of("one").takes
    assert told[-1]["state"] == "done" and all(step["state"] == "running" for step in told[:-1])
    assert take.video.name == "my-clip-b-ambient50-seed3.mp4"
    assert recipe_of(take)["settings"]["ambient"] == 0.5
    done = [step["done"] for step in told]
    assert done == sorted(done)


def test_several_takes_differ_and_are_numbered(studio, request_of):
    studio.make(request_of(), takes=2)
    first, second = studio.visits.of("one").takes
    assert first.label.startswith("Take 1") and second.label.startswith("Take 2")
    assert not np.array_equal(sound_of(first), sound_of(second))
    assert [recipe_of(take)["settings"]["first_take"] for take in (first, second)] == [0, 1]


def test_the_second_of_two_is_the_first_from_number_two(studio, request_of):
    studio.make(request_of(), takes=2)
    studio.make(request_of(), takes=1, first_take=1)
    _, second, alone = studio.visits.of("one").takes
    assert np.array_equal(sound_of(second), sound_of(alone))


def test_the_ladder_makes_four_amounts_of_one_seed(studio, request_of):
    studio.make(request_of(), work="ladder")
    recipes = [recipe_of(take) for take in studio.visits.of("one").takes]
    assert [round(recipe["settings"]["ambient"], 2) for recipe in recipes] == [0, 0.33, 0.67, 1]
    steps = np.diff([recipe["ambient"]["level_in_db"] for recipe in recipes[1:]])
    assert steps == pytest.approx([steps[0]] * 2, abs=0.011)  # they are rounded to 0.01
    assert [take.label.split(" · ")[1] for take in studio.visits.of("one").takes] == ["0 %", "33 %", "67 %", "100 %"]
    levels = [recipe["ambient"]["level_out_db"] for recipe in recipes]
    assert levels == sorted(levels) and levels[-1] > levels[0] + 10


def test_cancelling_keeps_what_was_finished(studio, request_of):
    visit, told = studio.visits.of("one"), []
    studio.dub.begin(3, True, request_of())
    cues = value_in(visit, visit.track)
    controls = shown(DubSettings(takes=3, steps=30, seed=3))
    for step in studio.dub.dub(request_of(), cues, *controls, studio.engine.default):
        told.append(step)
        if step["stage"].startswith("Take 2"):
            studio.dub.cancel(request_of())
    assert len(visit.takes) == 1 and told[-1]["stage"] == "Stopped" and "1 take" in told[-1]["detail"]
    assert not any(step["stage"].startswith("Take 3") for step in told)


def test_an_order_can_be_sent_to_another_process_and_makes_the_same_take(tmp_path, request_of, clip):
    made = desks(tmp_path / "other", bank=small_bank())
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


def test_cancel_reaches_a_take_that_is_made_in_another_process(studio, request_of):
    """There, only that nobody wants more of it is seen."""
    make, steps = studio.dub._make, []

    def far_away(order):
        for event in make(replace(order, session=None)):
            steps.append(event)
            studio.dub.cancel(request_of())
            yield event

    studio.dub._make = far_away
    told = studio.make(request_of(), steps=100)
    assert told[-1]["stage"] == "Stopped" and len(steps) == 1 and studio.visits.of("one").takes == []


def test_cancel_is_heard_while_the_take_is_written(studio, request_of, monkeypatch):
    monkeypatch.setattr(studio.engine, "learn", lambda *_: studio.dub.cancel(request_of()))  # just before
    told = studio.make(request_of())
    visit = studio.visits.of("one")
    assert told[-1]["stage"] == "Stopped" and visit.takes == [] and not list(visit.folder.glob("take-*"))


def test_cancel_while_in_line_is_kept(studio, request_of):
    visit = studio.visits.of("one")
    studio.dub.begin(3, True, request_of())
    studio.dub.cancel(request_of())
    told = list(studio.dub.dub(request_of(), None, *shown(DubSettings(steps=4)), studio.engine.default))
    assert told[-1]["stage"] == "Stopped" and visit.takes == []


def test_a_browser_that_goes_away_stops_the_work(studio, request_of):
    controls = shown(DubSettings(steps=100))
    steps = studio.dub.dub(request_of(), None, *controls, studio.engine.default)
    next(steps)
    steps.close()
    pipe, _ = studio.engine.parts()
    assert not any(call["steps"] == 100 for call in pipe.calls) and studio.visits.of("one").takes == []


def test_what_the_timeline_shows_is_what_is_heard(studio, request_of):
    studio.make(request_of(), cues=edited(studio, {"id": 0, "time": 1.75, "action": "hit", "material": "glass"}))
    (cue,) = recipe_of(studio.visits.of("one").takes[-1])["cues"]["cues"]
    assert (cue["time"], cue["material"]) == (1.75, "glass")


def test_an_emptied_timeline_is_the_place_alone(studio, request_of):
    studio.make(request_of(), cues=edited(studio))
    assert recipe_of(studio.visits.of("one").takes[-1])["cues"]["cues"] == []


def test_before_the_timeline_is_there_the_machine_decides(studio, request_of):
    studio.make(request_of(), cues=None)
    visit = studio.visits.of("one")
    assert len(recipe_of(visit.takes[-1])["cues"]["cues"]) == len(visit.track)


def test_the_cues_of_the_picture_before_are_none_of_this_one(studio, request_of, tmp_path):
    """Also where a browser has not taken them off the timeline yet, and whatever length it says the clip has."""
    old = edited(studio, {"id": 0, "time": 1.75, "action": "hit", "material": "glass"})
    studio.picture.take_upload(str(draw_video(tmp_path / "next.mp4", seconds=1.0, hits=(0.4,))), request_of())
    assert studio.cues.fresh(request_of()).value is None
    studio.make(request_of(), cues=old)
    list(studio.picture.watch(3, studio.engine.default, request_of()))
    studio.make(request_of(), cues=old)
    visit = studio.visits.of("one")
    for take in visit.takes:
        assert [cue["time"] for cue in recipe_of(take)["cues"]["cues"]] == [cue.time for cue in visit.track]
    with pytest.raises(BadCues, match="behind the end of the clip at 1.00 s"):
        studio.make(request_of(), cues=edited(studio, {"id": 0, "time": 1.75}) | {"duration": 2.0})


def test_another_model_is_heard(tmp_path, request_of, clip):
    class Louder(FakePipeline):
        def vocode(self, mel):
            return 2 * super().vocode(mel)

    studio = desks(tmp_path / "root", more={"louder": Louder()})
    studio.load(clip, request_of())
    studio.make(request_of())
    studio.make(request_of(), model="louder")
    plain, louder = (np.abs(sound_of(take)).max() for take in studio.visits.of("one").takes)
    assert louder > 1.5 * plain


def test_the_oldest_take_goes_when_there_are_too_many(studio, request_of):
    for _ in range(2):
        studio.make(request_of(), takes=6)
    studio.make(request_of())
    visit = studio.visits.of("one")
    assert len(visit.takes) == KEPT_TAKES and visit.takes[0].label.startswith("Take 2 ")
    assert len(list(visit.folder.glob("take-*"))) == KEPT_TAKES


@pytest.mark.parametrize(
    "changes", [{"seed": -1}, {"ambient": 2.0}, {"takes": 10**9}, {"steps": 0}, {"first_take": -2}]
)
def test_settings_out_of_range_are_refused(studio, request_of, changes):
    with pytest.raises(BadSettings):
        studio.make(request_of(), **changes)
    assert studio.visits.of("one").takes == []


def test_a_hostile_timeline_is_refused(studio, request_of):
    with pytest.raises(BadCues):
        studio.make(request_of(), cues=edited(studio, {"time": "now"}))


def test_without_a_picture_there_is_nothing_to_dub(studio, request_of):
    with pytest.raises(A2SError, match="Choose a video first"):
        studio.dub.begin(0, True, request_of("two"))
    with pytest.raises(A2SError, match="Choose a video first"):
        list(studio.dub.dub(request_of("two"), None, *shown(DubSettings()), studio.engine.default))


def test_the_seed_is_kept_or_rolled(studio, request_of):
    assert studio.dub.begin(7, True, request_of())[-1] == 7
    rolled = {studio.dub.begin(7, False, request_of())[-1] for _ in range(4)}
    assert len(rolled) > 1


def test_a_rolled_seed_counts_even_if_the_browser_still_sends_the_old_one(studio, request_of):
    rolled = studio.dub.begin(7, False, request_of())[-1]
    visit = studio.visits.of("one")
    cues = value_in(visit, visit.track)
    list(studio.dub.dub(request_of(), cues, *shown(DubSettings(seed=7, steps=4)), studio.engine.default))
    assert recipe_of(visit.takes[0])["seed"] == rolled != 7


def test_the_time_is_said_before_the_button_is_pressed(studio, request_of):
    idle = {"state": "idle"}

    def estimate(**changes):
        return studio.dub.estimate(request_of(), *shown(DubSettings(**changes)), studio.engine.default, idle)

    other = studio.dub.estimate(request_of(), *shown(DubSettings()), "another", idle)
    assert "not known yet" in other["stage"]
    studio.engine.learn("another", DubSettings(steps=10), 2.0, 20.0)
    other = studio.dub.estimate(request_of(), *shown(DubSettings(steps=20)), "another", idle)
    assert other["stage"] == "About 40 s to dub"
    studio.engine.pace().step = 0.1
    assert estimate(steps=12)["stage"].endswith("to dub")
    seconds = [int(estimate(steps=50, takes=takes)["stage"].split()[1]) for takes in (1, 6)]
    assert seconds[1] > 4 * seconds[0]
    four = int(re.search(r"about (\d+) s for all 4 amounts", estimate(steps=50)["detail"])[1])
    assert four == int(estimate(steps=50, takes=4)["stage"].split()[1])
    running = studio.dub.estimate(request_of(), *shown(DubSettings()), studio.engine.default, {"state": "running"})
    assert skipped(running)


def test_a_model_brings_its_sampler_and_one_that_is_not_installed_gives_way(tmp_path):
    second = FakePipeline()
    second.default_steps, second.default_guidance_scale = 25, 6.5
    studio = desks(tmp_path / "root", more={"official": "official", "second": second})
    assert studio.dub.choose_model("second") == ("second", 25, 6.5, "")
    assert studio.dub.choose_model("official") == (studio.engine.default, 12, 2.5, "")
    assert studio.dub.choose_model("/etc/passwd") == (studio.engine.default, 12, 2.5, "")


def test_a_model_that_was_chosen_says_how_long_it_will_take(tmp_path, request_of, clip):
    second = FakePipeline()
    studio = desks(tmp_path / "root", more={"second": second})
    studio.load(clip, request_of())
    asked = (*shown(DubSettings()), "second")
    assert "not known yet" in studio.dub.estimate(request_of(), *asked, {"state": "idle"})["stage"]
    told = list(studio.dub.ready(request_of(), *asked, {"state": "idle"}))
    assert [step["state"] for step in told] == ["running", "running", "idle", "idle"] and second.calls
    assert told[-1]["stage"].endswith("to dub")
    before = len(second.calls)
    (again,) = studio.dub.ready(request_of(), *asked, {"state": "running"})
    assert skipped(again) and len(second.calls) == before, "a dub that is made, and what is known, is left alone"
    with pytest.raises(BadSettings):
        list(studio.dub.ready(request_of(), *asked[:-1], "/etc", {"state": "idle"}))


def test_a_model_that_does_not_hear_cues_says_so_before_the_dub_and_as_long_as_it_is_chosen(
    tmp_path, request_of, clip, monkeypatch
):
    told = []
    monkeypatch.setattr("gradio.Info", told.append)
    deaf = FakePipeline()
    deaf.uses_cues = False
    studio = desks(tmp_path / "root", more={"deaf": deaf})
    assert DEAF in studio.dub.choose_model("deaf")[-1] and told == [DEAF]
    assert studio.dub.choose_model(studio.engine.default)[-1] == "" and told == [DEAF]
    studio.load(clip, request_of())
    studio.make(request_of(), model="deaf")
    visit = studio.visits.of("one")
    recipe = recipe_of(visit.takes[0]) | {"model": {"name": "deaf", "sha256": None}}
    (visit.folder / "mine.json").write_text(json.dumps(recipe))
    assert DEAF in studio.takes.restore(str(visit.folder / "mine.json"), "", 3, request_of())[1]
