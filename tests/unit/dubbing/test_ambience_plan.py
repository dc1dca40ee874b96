"""A film that goes on in another place: the settings, what is heard, the recipe, the command line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from a2s import DubSettings, dub
from a2s.cues import CueTrack
from a2s.dubbing.ambience_plan import read_places
from a2s.dubbing.recipe import Recipe
from a2s.errors import BadSettings
from a2s.media import write_audio
from a2s.resources import checkpoint_folder
from a2s.settings import AUDIO, AmbientChange, check_settings
from tests.fakes import FakeBank, FakePipeline, draw_video
from tests.tiny import tiny_pipeline

FAST = DubSettings(steps=3, ambient=1.0, ambient_clip="room", loudness=None)
SECONDS, CHANGE = 9.0, 4.2
COMPACT = checkpoint_folder("compact")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=SECONDS, hits=(1, 3, 5))


def run(clip, changes=((CHANGE, "street"),), pipe=None, bank=None, **options):
    settings = replace(FAST, ambient_changes=tuple(AmbientChange(*change) for change in changes))
    settings = replace(settings, **options.pop("settings", {}))
    return dub(clip, settings, pipe or FakePipeline(), bank or FakeBank(), **{"cues": CueTrack()} | options)


def levels(waveform, step=0.05):
    """RMS in dBFS of each 50 ms."""
    block = round(step * AUDIO.sample_rate)
    whole = waveform[: len(waveform) // block * block].reshape(-1, block)
    return 10 * np.log10(np.mean(np.square(whole, dtype=np.float64), axis=1) + 1e-12)


def test_the_level_follows_the_places_and_changes_at_the_time(clip):
    take = run(clip)
    level = levels(take.waveform)
    at = round(CHANGE / 0.05)
    alone = [levels(run(clip, (), settings={"ambient_clip": name}).waveform) for name in ("room", "street")]
    assert np.median(level[: at - 2]) == pytest.approx(np.median(alone[0]), abs=0.5)
    assert np.median(level[at + 2 :]) == pytest.approx(np.median(alone[1]), abs=0.5)
    assert np.median(alone[1]) - np.median(alone[0]) > 10, "else this shows nothing"
    middle = (np.median(alone[0]) + np.median(alone[1])) / 2
    assert np.all(level[: at - 2] < middle) and np.all(level[at + 2 :] > middle)


@pytest.mark.parametrize("change", [0.5, 2.432, 3.0, 8.4])
def test_a_change_may_be_anywhere(clip, change):
    level = levels(run(clip, [(change, "street")]).waveform)
    at = round(change / 0.05)
    assert np.median(level[max(0, at - 6) : at - 1]) + 8 < np.median(level[at + 2 : at + 8])


def test_what_comes_before_a_change_is_as_without_it(clip):
    changed, plain = run(clip).mel, run(clip, ()).mel
    frame = round(CHANGE / AUDIO.frame_seconds) - 4
    assert np.array_equal(changed[:, :frame], plain[:, :frame])
    assert not np.array_equal(changed[:, frame:], plain[:, frame:])


def test_three_places_and_stems_that_sum_to_the_mix(clip, tmp_path):
    take = run(clip, [(3.0, "street"), (6.0, "room")], stems=True, cues=CueTrack.at([1.0, 4.5, 6.02], strength=0.9))
    action, ambience = (soundfile.read(path, dtype="int32")[0] for path in take.save_stems(tmp_path / "stems"))
    mix, _ = soundfile.read(take.save(tmp_path / "mix.wav"), dtype="int32")
    assert np.array_equal(action + ambience, mix)
    level = levels(ambience[::3, 0] / 2**31)
    quiet, loud, again = (np.median(level[begin:end]) for begin, end in ((30, 55), (65, 85), (128, 175)))
    assert loud > quiet + 8 and loud > again + 8
    sources = [(source.time, source.clip) for source in take.recipe.ambience]
    assert sources == [(0.0, "room"), (3.0, "street"), (6.0, "room")]


def test_an_impact_at_the_change_keeps_its_level(clip):
    """Equal power of two like impacts as waveforms would be 3 dB too much, or too little."""
    cues = CueTrack.at([1.0, CHANGE], strength=0.9)
    waveform = run(clip, cues=cues).waveform
    peak = [np.abs(waveform[round((t - 0.02) * 16_000) : round((t + 0.05) * 16_000)]).max() for t in (1.0, CHANGE)]
    assert 20 * np.log10(peak[1] / peak[0]) == pytest.approx(0, abs=1)


def test_the_recipe_makes_the_same_sound_again(clip):
    """Also one of several takes, alone, by a real pipeline, from JSON."""
    pipe = tiny_pipeline()
    take = run(clip, [(3.0, "street"), (CHANGE, None)], pipe, settings={"seed": 5})
    recipe = Recipe.from_json(take.recipe.to_json())
    assert recipe == take.recipe
    again = dub(clip, recipe.settings, pipe, FakeBank(), cues=recipe.cues)
    assert again.waveform.tobytes() == take.waveform.tobytes()
    assert again.recipe.ambience == take.recipe.ambience


def test_a_place_left_open_is_found_by_the_look_of_its_stretch(clip):
    looked = []

    class Looking(FakePipeline):
        def embed_video(self, motion, begin=0.0, end=np.inf):
            looked.append((begin, end))
            return super().embed_video(motion, begin, end)

    take = run(clip, [(CHANGE, None)], Looking(), settings={"ambient_clip": None})
    end = take.recipe.video.duration
    assert looked == [(0.0, CHANGE), (CHANGE, end)]
    assert take.recipe.ambience[1].score is not None


def test_a_recording_may_be_a_later_place(clip, tmp_path):
    write_audio(tmp_path / "own.wav", FakeBank().waveform("street"), 16_000)
    report = run(clip, [(CHANGE, str(tmp_path / "own.wav"))]).recipe.ambience[1]
    assert report.name == "own.wav" and report.clip is None and len(report.sha256) == 64


def test_amount_zero_is_action_alone_in_every_place(clip):
    level = levels(run(clip, settings={"ambient": 0.0}).waveform)
    assert np.ptp(level) < 3 and level.max() < -60


@pytest.mark.parametrize(
    "changes",
    [
        [(0.2, "street")], [(3.0, "street"), (3.1, "room")], [(4.0, "street"), (2.0, "room")], [(30.0, "street")],
        [(-1.0, "street")], [(float("nan"), "street")], [("soon", "street")], [(True, "street")], [(3.0, 7)],
        [(3.0, "no-such-place")], [(float(k), "street") for k in range(1, 60)],
    ],
)  # fmt: skip
def test_changes_that_make_no_sense_are_refused_in_one_sentence(clip, changes):
    with pytest.raises(BadSettings) as caught:
        run(clip, changes)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_changes_of_another_kind_are_refused():
    for changes in ([AmbientChange(3.0)], "street", (3.0,), None):
        with pytest.raises(BadSettings):
            check_settings(DubSettings(ambient_changes=changes))
    with pytest.raises(BadSettings):
        check_settings(DubSettings.from_dict({"ambient_changes": [{"clip": "street"}]}))


def test_the_command_lines_words():
    assert read_places(["forest-edge", "1:20=my.wav", "12.5=desk-fan"]) == (
        "forest-edge",
        (AmbientChange(12.5, "desk-fan"), AmbientChange(80.0, "my.wav")),
    )
    assert read_places([]) == (None, ()) and read_places(["1:00:01.5="]) == (None, (AmbientChange(3601.5, None),))
    assert read_places(["0=rain"]) == ("rain", ())
    assert read_places(["./12=3.wav", "a=b.wav"][:1]) == ("./12=3.wav", ())
    with pytest.raises(BadSettings, match="rain and street"):
        read_places(["rain", "street"])


@pytest.mark.skipif(not (COMPACT / "model_index.json").is_file(), reason="needs checkpoints/compact")
def test_the_shipped_model_changes_colour_and_level_at_the_time(tmp_path):
    """A fan, then rain on a tin roof: how bright it is and how loud, against a dub that is there throughout."""
    from a2s import AmbientBank
    from a2s.resources import asset_folder

    film = draw_video(tmp_path / "film.mp4", seconds=4.6, hits=())
    bank = AmbientBank.load(asset_folder("ambient"))
    fan, rain = "desk-fan", "heavy-rain-on-a-tin-roof"
    changed, *alone = (
        run(film, changes, "compact", bank, settings={"ambient_clip": first, "steps": 4})
        for first, changes in ((fan, [(2.3, rain)]), (fan, []), (rain, []))
    )
    parts = slice(round(0.2 * 16_000), round(2.2 * 16_000)), slice(round(2.4 * 16_000), round(4.4 * 16_000))
    for part, reference in zip(parts, alone, strict=True):
        apart = band_levels(changed.waveform[part]) - band_levels(reference.waveform[part])
        assert np.abs(apart).max() < 3, apart
    differs = band_levels(alone[0].waveform[parts[1]]) - band_levels(alone[1].waveform[parts[1]])
    assert np.abs(differs).max() > 8, "else this shows nothing"


def band_levels(waveform):
    """dB in octaves from 250 Hz on."""
    power = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)))) ** 2 / len(waveform)
    hertz = np.fft.rfftfreq(len(waveform), 1 / AUDIO.sample_rate)
    return np.array([10 * np.log10(power[(hertz >= f) & (hertz < 2 * f)].sum()) for f in (250, 500, 1000, 2000, 4000)])
