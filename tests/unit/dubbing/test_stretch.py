"""Dubbing a stretch of a film: the bounds, the sound around it, and what is read and generated."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from a2s.cues import CueTrack
from a2s.dubbing.job import dub
from a2s.dubbing.recipe import Recipe, read_recipe
from a2s.dubbing.stretch import Part, part_of
from a2s.errors import BadSettings
from a2s.media import read_audio, read_frames
from a2s.settings import AmbientChange, DubSettings, check_settings
from a2s.vision.video import Video
from tests.fakes import FakeBank, FakePipeline, draw_video

SECONDS = 6.0
STRETCH = DubSettings(start=2.0, end=3.5, steps=2, ambient_clip="rain")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Six seconds with a tone as soundtrack."""
    return draw_video(tmp_path_factory.mktemp("film") / "film.mp4", SECONDS, size=(64, 48), hits=(1, 2.5, 5), tone=True)


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    """Six seconds without a soundtrack."""
    return draw_video(tmp_path_factory.mktemp("film") / "film.mp4", SECONDS, size=(64, 48), hits=(1, 2.5, 5))


def make(film, settings=STRETCH, **options):
    return dub(film, settings, FakePipeline(), FakeBank(), **options)


def level(sound: np.ndarray, start: float, end: float, rate: int = 16_000) -> float:
    return float(np.sqrt(np.mean(np.square(sound[round(start * rate) : round(end * rate)]))))


def test_the_rest_keeps_the_original_and_the_stretch_has_the_dub(film, tmp_path):
    take = make(film)
    take.save(tmp_path / "o.mp4")
    original, dubbed = (read_audio(path, align_to_picture=True) for path in (film, tmp_path / "o.mp4"))
    for start, end in ((0.2, 1.9), (3.6, 5.8)):
        both = level(original, start, end), level(dubbed, start, end)
        assert both[1] == pytest.approx(both[0], rel=0.05)
    assert take.duration == pytest.approx(SECONDS) and len(take.waveform) == 24_000
    tone = np.abs(np.fft.rfft(dubbed[round(2.1 * 16_000) : round(3.1 * 16_000)]))
    assert tone[300] < 0.05 * tone.max(), "the tone of the original is not in the stretch"


def test_a_film_without_sound_is_silent_around_the_stretch(silent, tmp_path):
    make(silent).save(tmp_path / "o.wav")
    sound = read_audio(tmp_path / "o.wav")
    assert len(sound) == pytest.approx(SECONDS * 16_000, abs=1)
    assert level(sound, 0, 1.99) == 0 and level(sound, 3.51, 6) == 0 and level(sound, 2.1, 3.4) > 1e-4


def test_only_the_stretch_is_read_and_generated(silent):
    pipe, whole = FakePipeline(), FakePipeline()
    all_cues = dub(silent, replace(STRETCH, start=None, end=None), whole, FakeBank()).cues
    video = Video(silent).part(2.0, 3.5)
    take = dub(video, STRETCH, pipe, FakeBank())
    assert len(pipe.calls) < len(whole.calls)
    assert len(video.motion.times) == 36 and video.motion.duration == 1.5
    assert all(2.0 <= cue.time < 3.5 for cue in take.cues)
    expected = [cue.time for cue in all_cues.between(2.0, 3.5)]
    assert [cue.time for cue in take.cues] == pytest.approx(expected, abs=0.02)


def test_the_same_stretch_gives_the_same_sound(silent):
    first = make(silent)
    assert np.array_equal(first.waveform, make(Video(silent)).waveform)
    recipe = Recipe.from_json(first.recipe.to_json())
    again = dub(silent, recipe.settings, FakePipeline(), FakeBank(), cues=recipe.cues)
    assert np.array_equal(first.waveform, again.waveform)


def test_cues_outside_the_stretch_are_left_out(silent, tmp_path):
    take = make(silent, cues=CueTrack.at([0.5, 2.0, 2.25, 3.5, 5.0]))
    assert [cue.time for cue in take.cues] == [2.0, 2.25]
    take.save(tmp_path / "o.mp4")
    recipe = read_recipe(tmp_path / "o.mp4")
    assert (recipe.settings.start, recipe.settings.end) == (2.0, 3.5)
    take.save_report(tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["settings"]["end"] == 3.5


def test_stems_of_a_stretch_are_as_long_as_the_film(silent):
    stems = make(silent, stems=True).stems
    assert {len(stem) for stem in stems.values()} == {round(SECONDS * 48_000)}
    assert not stems["action"][:95_000].any()


def test_places_of_a_stretch(silent):
    changes = (AmbientChange(1.0, "room"), AmbientChange(3.0, "street"), AmbientChange(5.0, "rain"))
    take = make(silent, replace(STRETCH, end=4.0, ambient_changes=changes))
    assert [(source.time, source.clip) for source in take.recipe.ambience] == [(2.0, "room"), (3.0, "street")]
    again = dub(silent, take.recipe.settings, FakePipeline(), FakeBank(), cues=take.cues)
    assert np.array_equal(take.waveform, again.waveform)


def test_one_bound_alone(silent):
    assert len(make(silent, replace(STRETCH, end=None)).waveform) == 64_000
    assert len(make(silent, replace(STRETCH, start=None)).waveform) == 56_000
    whole = make(silent, replace(STRETCH, start=0, end=SECONDS))
    assert np.array_equal(whole.waveform, make(silent, replace(STRETCH, start=None, end=None)).waveform)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (7, None, "within the film, which is 6.00 s long, not from 7 s to 6 s"),
        (2, 9, "within the film, which is 6.00 s long"),
        (5.95, None, "at least 0.1 s"),
        (3, 2, "end at least 0.1 s after its start, not from 3 s to 2 s"),
        (-1, None, "start must be a time in seconds of at least 0, not -1"),
        (None, "2", "end must be a time"),
        (float("nan"), None, "start must be a time"),
    ],
)
def test_a_stretch_that_cannot_be_is_one_sentence(silent, start, end, message):
    with pytest.raises(BadSettings, match=message):
        make(silent, replace(STRETCH, start=start, end=end))


def test_an_end_slightly_behind_the_film_is_its_end():
    assert part_of(DubSettings(start=1, end=6.02), 6.0) == Part(1, 6.0)
    assert part_of(DubSettings(), 6.0) == Part(0.0, 6.0, whole=True)
    check_settings(DubSettings(start=1, end=2))


def test_frames_of_a_part(silent):
    """The part is sought; its frames are those of the whole film at the same times."""
    whole = list(read_frames(silent))
    for start, end in ((0.0, 0.5), (3.0, 4.0), (3.01, 4.0), (5.99, 6.0)):
        part = list(read_frames(silent, within=(start, end)))
        assert part[0][0] == 0 and all(0 <= time < end - start for time, _ in part)
        for time, picture in part[1:] or part:
            match = max((frame for frame in whole if frame[0] <= start + time + 1e-6), key=lambda frame: frame[0])
            assert np.array_equal(match[1], picture)


def test_the_pictures_of_a_part(silent):
    whole, part = Video(silent).motion.film, Video(silent).part(3.01, 4.0).motion.film
    assert len(part.times) == 24 and part.times[0] == 0
    assert np.array_equal(part.pictures(np.array([0, 5]), 16), whole.pictures(np.array([72, 77]), 16))
