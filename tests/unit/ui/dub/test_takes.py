from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from a2s.errors import A2SError, BadSettings
from a2s.media import probe_video
from a2s.ui.dub.controls import ORDER
from tests.fakes import FakePipeline
from tests.unit.ui.page_handlers import make_handlers


def sound_of(take):
    return soundfile.read(take.sound)[0]


def test_nothing_is_shown_before_the_first_take(page, request_of):
    takes, other = page.takes.list_takes(request_of())
    assert takes.visible is False and other.visible is False
    video, picture, *_ = page.takes.show(None, request_of())
    assert video is None and picture is None


def test_the_newest_take_is_shown_with_all_its_files(page, request_of):
    page.make(request_of(), takes=2)
    takes, other = page.takes.list_takes(request_of())
    assert (takes.value, other.value, len(takes.choices)) == (1, 0, 2)
    video, picture, summary, timeline, *files = page.takes.show(takes.value, request_of())
    take = page.visits.of("one").takes[1]
    assert (video, picture, summary) == (str(take.video), str(take.figure), take.summary)
    suffixes = [Path(file.value["path"]).name.split(".", 1)[1] for file in files[:5]]
    assert suffixes == ["mp4", "wav", "flac", "recipe.json", "cues.json"]
    assert all(file.interactive for file in files[:5]) and not any(file.visible for file in files[5:])


def test_a_number_that_is_no_take_shows_nothing(page, request_of):
    page.make(request_of())
    for number in (-1, 1, 10**9, "0", None):
        assert page.takes.show(number, request_of())[0] is None


def test_a_spectrogram_comparison_needs_two_takes(page, request_of):
    page.make(request_of())
    assert page.takes.compare_spectrograms(0, 0, request_of()).visible is False
    page.make(request_of(), ambient=1.0)
    control_values = page.takes.compare_spectrograms(1, 0, request_of())
    assert control_values.visible is True


def test_stems_are_made_on_demand_and_add_up_to_the_take(page, request_of):
    page.make(request_of(), ambient=0.8)
    *reports, (*buttons, original, done) = page.takes.export_stems(0, request_of())
    progress = [step["done"] for *_, step in reports]
    assert progress == sorted(progress) and done["state"] == "done"
    action, ambience = (soundfile.read(button.value["path"], dtype="int32")[0] for button in buttons)
    mix = soundfile.read(page.visits.of("one").takes[0].sound, dtype="int32")[0]
    assert original.visible is False
    assert np.array_equal(action // 256 + ambience // 256, mix // 256)
    pipe, _ = page.engine.load()
    made = len(pipe.calls)
    assert len(list(page.takes.export_stems(0, request_of()))) == 1 and len(pipe.calls) == made, "made once"
    with pytest.raises(A2SError):
        list(page.takes.export_stems(5, request_of()))


class Paced(FakePipeline):
    """Counts its steps, which take 5 ms."""

    def __init__(self):
        super().__init__()
        self.made = 0

    def sample(self, *inputs, callback_on_step_end=None, **more):
        def paced(*step):
            self.made += 1
            time.sleep(0.005)
            return callback_on_step_end(*step)

        return super().sample(*inputs, callback_on_step_end=paced, **more)


@pytest.mark.parametrize("end", ["cancel", "leave"])
def test_stems_stop_within_a_step_when_they_are_cancelled_and_when_the_visitor_leaves(tmp_path, request_of, clip, end):
    pipe = Paced()
    page = make_handlers(tmp_path / "root", more={"paced": pipe})
    page.load(clip, request_of())
    page.make(request_of(), steps=100, model="paced")
    page.dub.begin_again(request_of())
    visit, made = page.visits.of("one"), None
    for *_, reports in page.takes.export_stems(0, request_of()):
        if made is None and "Generating" in reports["stage"]:
            page.dub.cancel(request_of()) if end == "cancel" else page.visits.leave("one")
            made = pipe.made
    assert made < 300 and pipe.made <= made + 1
    assert reports["stage"] == "Cancelled" and not visit.takes[0].has_stems


def test_stems_cancelled_in_the_queue_are_not_made(page, request_of):
    page.make(request_of())
    pipe, _ = page.engine.load()
    made = len(pipe.calls)
    page.dub.begin_again(request_of())
    page.dub.cancel(request_of())
    *_, (*_, reports) = page.takes.export_stems(0, request_of())
    assert reports["stage"] == "Cancelled" and len(pipe.calls) == made


@pytest.mark.parametrize("kind", ["recipe", "video", "sound", "flac"])
def test_a_recipe_restores_every_setting_and_the_same_sound(page, request_of, kind):
    page.make(request_of(), takes=2, ambient=0.7, seed=11, steps=6, guidance_scale=3.0, overlap_seconds=0.25)
    second = page.visits.of("one").takes[1]
    file = second.flac() if kind == "flac" else getattr(second, kind)
    timeline, _, cards, level, lock, *values, model = page.takes.load_recipe(str(file), "", 5, request_of())
    back = dict(zip(ORDER, values, strict=True))
    assert (back["ambient"], back["seed"], back["takes"], back["first_take"]) == (0.7, 11, 1, 2)
    assert (back["steps"], back["guidance_scale"], back["overlap_seconds"]) == (6, 3.0, 0.25)
    assert level == page.ambience.level(0.7, request_of()) and "70 %" in level
    assert lock is True and model == page.engine.default and any(card["chosen"] for card in cards["items"])
    list(page.dub.generate_restored(request_of()))
    assert np.array_equal(sound_of(page.visits.of("one").takes[-1]), sound_of(second))


def test_a_file_without_a_recipe_is_refused_under_its_own_name(page, request_of, tmp_path):
    note = tmp_path / "notes.json"
    note.write_text(json.dumps({"hello": 1}))
    with pytest.raises(BadSettings, match="notes.json"):
        page.takes.load_recipe(str(note), "", 5, request_of())


def test_the_spectrogram_video_is_made_once(page, request_of):
    page.make(request_of())
    button = page.takes.export_spectrogram_video(0, request_of())
    take = page.visits.of("one").takes[0]
    info = probe_video(button.value["path"])
    assert info.has_audio and info.duration == pytest.approx(2.0, abs=0.05) and info.height > info.width * 0.8
    made = take.spectrogram_video().stat().st_mtime_ns
    assert page.takes.export_spectrogram_video(0, request_of()) and take.spectrogram_video().stat().st_mtime_ns == made
    with pytest.raises(A2SError):
        page.takes.export_spectrogram_video(3, request_of())


def test_visits_are_isolated(page, request_of):
    page.make(request_of())
    assert page.takes.show(0, request_of("two"))[0] is None
    with pytest.raises(A2SError):
        list(page.takes.export_stems(0, request_of("two")))
