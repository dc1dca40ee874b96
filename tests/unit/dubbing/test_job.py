from __future__ import annotations

import itertools
import json
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import soundfile

from a2s import DubSettings, dub
from a2s.audio.levels import quietest_db
from a2s.cues import Cue, CueTrack
from a2s.dubbing.analysis import analyze_motion
from a2s.dubbing.progress import Watcher
from a2s.dubbing.stems import Stems
from a2s.errors import BadSettings, Cancelled, CannotWrite, UnreadableVideo
from a2s.media import Soundtrack, mux_soundtrack, probe_video, read_audio, write_audio
from a2s.settings import AUDIO, check_settings
from a2s.vision.video import Video
from tests.fakes import FakeBank, FakePipeline, draw_video
from tests.tiny import tiny_pipeline

FAST = DubSettings(steps=3, loudness=None, ambient_clip="room")
CUES = CueTrack.at([0.5, 1.25], strength=0.9)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=2.0)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("clip") / "long.mp4", seconds=7.1, hits=(1, 3, 5))


def run(clip, settings=FAST, pipe=None, **options):
    """options: of `dub`, and of its Watcher."""
    watched = {name: options.pop(name) for name in tuple(options) if name in Watcher.__dataclass_fields__}
    options["watcher"] = Watcher(**watched)
    return dub(clip, settings, pipe or FakePipeline(), FakeBank(), **{"cues": CUES} | options)


def peaks(waveform, count):
    """Seconds of the loudest 50 ms that lie 0.2 s apart."""
    level = np.sqrt(np.convolve(waveform**2, np.ones(160) / 160, "same"))
    found = []
    for index in np.argsort(-level):
        if all(abs(index - other) > 3200 for other in found):
            found.append(index)
        if len(found) == count:
            return sorted(index / AUDIO.sample_rate for index in found)


def test_importing_a2s_loads_nothing_heavy():
    heavy = "torch", "diffusers", "transformers", "cv2", "av", "librosa", "gradio", "faiss", "scipy"
    code = f"import a2s, sys; a2s.dub; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


def test_the_sound_is_as_long_as_the_picture_and_follows_the_cues(clip):
    take = run(clip)
    assert take.waveform.dtype == np.float32 and take.sample_rate == 16_000
    assert len(take.waveform) == round(probe_video(clip).duration * 16_000)
    assert take.mel.shape == (128, 1 + len(take.waveform) // 256)
    assert peaks(take.waveform, 2) == pytest.approx([0.5, 1.25], abs=0.05)
    assert take.takes == (take,)


def test_what_a_cue_leaves_open_the_machine_names(clip):
    """The given moments stay as they are; only an action or material that nobody gave is filled in."""
    track = CueTrack((Cue(0.5, 0.8, "pour", None), Cue(1.2, 0.4)), "by hand")
    events = run(clip, cues=track).cues
    assert [(c.time, c.strength) for c in events] == [(c.time, c.strength) for c in track]
    assert [(c.action, c.material) for c in events] == [("pour", "wood"), ("knock", "wood")]


@pytest.mark.parametrize("seconds", [0.125, 2.96, 3.04])
def test_odd_lengths(tmp_path, seconds):
    path = draw_video(tmp_path / "odd.mp4", seconds=seconds, fps=25)
    assert len(run(path).waveform) == round(probe_video(path).duration * 16_000)


def test_windows_of_a_long_clip_are_joined(long_clip):
    times = [0.4, 2.7, 2.95, 5.3, 6.9]
    pipe = FakePipeline()
    take = run(long_clip, pipe=pipe, cues=CueTrack.at(times, strength=0.9))
    assert len(pipe.calls) == 3
    assert len(take.waveform) == round(probe_video(long_clip).duration * 16_000)
    assert peaks(take.waveform, 5) == pytest.approx(times, abs=0.05)


def test_without_cues_the_machine_looks(clip):
    take = run(clip, cues=None)
    assert all(cue.action == "knock" and cue.material == "wood" for cue in take.cues)
    assert take.recipe.to_dict()["cues"]["cues"] == [json.loads(json.dumps(vars(cue))) for cue in take.cues]


def test_the_same_in_gives_the_same_out_and_the_seed_matters(clip):
    settings = replace(FAST, ambient=1.0)
    again = run(clip, settings).waveform
    assert np.array_equal(run(clip, settings).waveform, again)
    assert not np.array_equal(run(clip, replace(settings, seed=1)).waveform, again)


def test_takes_come_in_one_batch_and_do_not_depend_on_their_number(clip):
    pipe = FakePipeline()
    settings = replace(FAST, ambient=1.0, takes=3)
    take = run(clip, settings, pipe)
    assert [call["takes"] for call in pipe.calls] == [3]
    assert take.takes[0] is take and [one.recipe.take for one in take.takes] == [0, 1, 2]
    assert np.array_equal(take.waveform, run(clip, replace(settings, takes=1)).waveform)
    assert all(not np.array_equal(a.waveform, b.waveform) for a, b in itertools.combinations(take.takes, 2))


def test_a_take_of_the_real_pipeline_does_not_depend_on_its_batch(long_clip):
    """Up to rounding: a matrix product may be summed in another order when it has more rows."""
    pipe = tiny_pipeline()
    alone, among = (run(long_clip, replace(FAST, takes=count), pipe) for count in (1, 3))
    np.testing.assert_allclose(alone.mel, among.mel, atol=1e-4)
    assert np.abs(among.takes[1].mel - among.mel).max() > 0.01
    assert np.array_equal(alone.waveform, run(long_clip, FAST, pipe).waveform)


def test_one_take_of_several_is_made_again_alone_by_its_recipe(clip):
    settings = replace(FAST, ambient=1.0, takes=3, loudness=-16.0)
    among = run(clip, settings).takes
    alone = run(clip, replace(settings, takes=1, first_take=2))
    assert alone.waveform.tobytes() == among[2].waveform.tobytes() and alone.recipe.take == 2
    for number, take in enumerate(among):
        said = take.recipe.settings
        assert said == replace(settings, takes=1, first_take=number).suited_to(FakePipeline())
        assert run(clip, said).waveform.tobytes() == take.waveform.tobytes()
    later = run(clip, replace(settings, takes=2, first_take=1)).takes
    assert [take.recipe.take for take in later] == [1, 2]
    assert [take.waveform.tobytes() for take in later] == [take.waveform.tobytes() for take in among[1:]]


def test_the_condition_that_the_model_heard_comes_along(clip):
    loud, quiet = (run(clip, replace(FAST, ambient=amount)).condition for amount in (1.0, 0.0))
    assert loud.shape == quiet.shape == (AUDIO.window_samples,) and loud.dtype == np.float32
    assert np.array_equal(quiet, FakeBank().waveform("silence")[: AUDIO.window_samples])
    assert np.square(loud).mean() > 1000 * np.square(quiet).mean()


class EstimatingPipeline(FakePipeline):
    """A fake that says after each step what the solver takes the latent to be; `decoded` counts what was looked at."""

    def __init__(self, knows=True):
        super().__init__()
        self.knows, self.decoded = knows, 0

    def sample(self, *inputs, callback_on_step_end, **options):
        def told(pipe, step, timestep, tensors):
            estimate = tensors["latents"] if self.knows else None
            return callback_on_step_end(pipe, step, timestep, tensors | {"estimate": estimate})

        return super().sample(*inputs, callback_on_step_end=told, **options)

    def decode(self, latents):
        assert len(latents) == 1, "only the first take is shown"
        self.decoded += 1
        return latents.mean((1, 2, 3)).sigmoid()[:, None, None].expand(1, 128, AUDIO.window_frames)


def test_previews_say_where_they_are_and_change_no_sample(long_clip):
    pipe, seen = EstimatingPipeline(), []
    settings = replace(FAST, ambient=1.0, takes=2)
    take = run(long_clip, settings, pipe, on_preview=seen.append, preview_seconds=0, stems=True)
    assert [(p.window, p.windows, p.step, p.steps) for p in seen] == [
        (window, 3, step, 3) for window in (1, 2, 3) for step in (1, 2, 3)
    ]
    assert [p.start for p in seen[::3]] == pytest.approx([0, 2.432, 4.864])
    assert {p.mel.shape[0] for p in seen} == {128} and {p.mel.dtype for p in seen} == {np.dtype("float32")}
    ends = [p.start + p.mel.shape[1] * 0.016 for p in seen]
    assert ends[:6] == pytest.approx([3.008] * 3 + [5.44] * 3), "a whole window"
    assert ends[6:] == pytest.approx([probe_video(long_clip).duration] * 3, abs=0.02), "the last one ends with the film"
    silent = run(long_clip, settings, EstimatingPipeline(), stems=True)
    for a, b in zip(take.takes, silent.takes, strict=True):
        assert a.waveform.tobytes() == b.waveform.tobytes() and a.mel.tobytes() == b.mel.tobytes()


def test_previews_are_decoded_only_when_they_are_due_and_wanted(long_clip):
    unwatched, seldom, unable = EstimatingPipeline(), EstimatingPipeline(), EstimatingPipeline(knows=False)
    run(long_clip, pipe=unwatched)
    assert unwatched.decoded == 0
    seen = []
    run(long_clip, pipe=seldom, on_preview=seen.append, preview_seconds=3600)
    assert len(seen) == seldom.decoded == 1
    run(long_clip, pipe=unable, on_preview=seen.append, preview_seconds=0)
    assert len(seen) == 1 and len(unable.calls) == 3, "a pipeline that gives no estimate gives no preview"


def test_previews_of_the_real_pipeline_come_near_the_result_and_change_no_byte(long_clip):
    pipe, seen = tiny_pipeline(), []
    settings = replace(FAST, steps=6)
    watched = run(long_clip, settings, pipe, on_preview=seen.append, preview_seconds=0)
    assert watched.waveform.tobytes() == run(long_clip, settings, pipe).waveform.tobytes()
    first = [p.mel for p in seen if p.window == 1]
    away = [np.abs(mel[:, :150] - watched.mel[:, :150]).mean() for mel in first]
    assert len(first) == 6 and 0 <= min(mel.min() for mel in first) and max(mel.max() for mel in first) <= 1
    assert away[-1] < 0.01 and away[0] > away[-1]


def test_who_watches_may_stop_it(clip):
    def leave(_preview):
        raise Cancelled("gone")

    pipe = EstimatingPipeline()
    with pytest.raises(Cancelled):
        run(clip, pipe=pipe, on_preview=leave)
    assert pipe.decoded == 1 and not pipe.calls


def test_more_ambient_is_louder_ambience_and_the_report_says_so(clip):
    takes = [run(clip, replace(FAST, ambient=amount)) for amount in (0.0, 0.5, 1.0)]
    levels = [quietest_db(take.waveform, take.sample_rate) for take in takes]
    assert levels == sorted(levels) and levels[-1] - levels[0] > 12, "decays fill some of every half-second"
    assert [take.report.ambience_level_db for take in takes] == pytest.approx(levels, abs=0.01)
    assert takes[0].recipe.ambience[0].level_in_db == pytest.approx(-80, abs=0.5), "the low-ambient clip"


def test_ambience_from_bank_file_or_retrieval(clip, tmp_path):
    assert run(clip, replace(FAST, ambient_clip=None)).recipe.ambience[0].score is not None
    assert run(clip, replace(FAST, ambient_clip="rain")).recipe.ambience[0].clip == "rain"
    write_audio(tmp_path / "own.wav", FakeBank().waveform("street"), 16_000)
    report = run(clip, replace(FAST, ambient_clip=str(tmp_path / "own.wav"), ambient=1.0)).recipe.ambience[0]
    assert report.name == "own.wav" and report.level_in_db == pytest.approx(-26, abs=0.5)
    with pytest.raises(BadSettings, match="neither a clip of the bank nor a file"):
        run(clip, replace(FAST, ambient_clip="no-such-place"))


def test_loudness_and_true_peak(clip):
    take = run(clip, replace(FAST, ambient=1.0, loudness=-23.0))
    assert take.report.loudness.lufs == pytest.approx(-23, abs=0.5)
    assert take.report.loudness.true_peak_db <= -0.99


def test_the_original_soundtrack_is_mixed_under(tmp_path, clip):
    sounding = draw_video(tmp_path / "sounding.mp4", tone=True)
    own = read_audio(sounding, 48_000, align_to_picture=True)
    plain, mixed = run(sounding), run(sounding, replace(FAST, original_audio=-6.0))
    assert np.array_equal(plain.waveform, mixed.waveform), "the dub itself"
    with_it, without = (
        soundfile.read(take.save(tmp_path / f"{number}.wav"))[0] for number, take in enumerate((mixed, plain))
    )
    for side in (0, 1):  # the original's part in the difference of both
        part = np.dot((with_it - without)[:, side], own) / np.dot(own, own)
        assert 20 * np.log10(part) == pytest.approx(-6, abs=0.05)
    assert mixed.recipe.original_audio is True
    assert run(clip, replace(FAST, original_audio=-6.0)).recipe.original_audio is False, "a silent video has none"


def test_progress_never_falls_and_names_its_stages(long_clip):
    told = []
    run(long_clip, on_progress=lambda *report: told.append(report))
    assert list(dict.fromkeys(stage for stage, *_ in told)) == [
        "reading", "analysing", "retrieving", "generating", "vocoding", "mastering",
    ]  # fmt: skip
    done = [part for _, part, _ in told]
    assert done == sorted(done) and 0 <= done[0] < 0.1 and done[-1] == 1.0
    assert "window 2 of 3, step 3 of 3" in [detail for *_, detail in told]


@pytest.mark.parametrize("at", [0, 1, 4, 6])
def test_cancel_is_heard_at_every_step(clip, at):
    """The `at`-th sampler step is the last one that runs; 0 stops before the first frame."""
    steps = []

    class Counting(FakePipeline):
        def sample(self, *inputs, callback_on_step_end, **options):
            def counted(*step):
                steps.append(step)
                return callback_on_step_end(*step)

            return super().sample(*inputs, callback_on_step_end=counted, **options)

    with pytest.raises(Cancelled):
        run(clip, replace(FAST, steps=8), Counting(), cancelled=lambda: len(steps) >= at)
    assert len(steps) == at


@pytest.mark.parametrize(
    "changes",
    [
        {"ambient": -0.1}, {"ambient": 1.01}, {"ambient": float("nan")}, {"ambient": "0.5"}, {"ambient": True},
        {"ambient": None}, {"takes": 0}, {"takes": 7}, {"takes": 1.5}, {"seed": -1}, {"seed": 2**32}, {"steps": 0},
        {"steps": 101}, {"guidance_scale": 0.5}, {"guidance_scale": float("inf")}, {"original_audio": 40.0},
        {"loudness": 0.0}, {"overlap_seconds": 2.0}, {"ambient_clip": 5}, {"first_take": -1}, {"first_take": 1001},
        {"first_take": 0.5},
    ],
)  # fmt: skip
def test_settings_outside_their_range_are_refused_by_name(changes):
    with pytest.raises(BadSettings, match=next(iter(changes))):
        check_settings(DubSettings(**changes))


def test_settings_are_checked_before_anything_is_opened():
    with pytest.raises(BadSettings):
        dub("no-such-file.mp4", DubSettings(steps=0))
    with pytest.raises(UnreadableVideo):
        dub("no-such-file.mp4", DubSettings())


def test_numpy_numbers_are_numbers():
    check_settings(DubSettings(ambient=np.float64(0.5), loudness=None, original_audio=None))


def test_save_as_video_wav_and_flac(clip, tmp_path):
    take = run(clip)
    take.save(tmp_path / "out.mp4")
    info = probe_video(tmp_path / "out.mp4")
    assert info.has_audio and info.duration == pytest.approx(probe_video(clip).duration, abs=0.01)
    heard = read_audio(tmp_path / "out.mp4", 16_000, align_to_picture=True)
    assert peaks(heard, 2) == pytest.approx([0.5, 1.25], abs=0.05)
    for name in ("out.wav", "out.flac"):
        sound, rate = soundfile.read(take.save(tmp_path / name), dtype="float32")
        assert rate == 48_000 and soundfile.info(tmp_path / name).subtype == "PCM_24"
        assert sound.shape == (round(take.duration * 48_000), 2) and np.array_equal(sound[:, 0], sound[:, 1])
        assert peaks(sound[::3, 0], 2) == pytest.approx([0.5, 1.25], abs=0.05)
        level = [np.sqrt(np.mean(np.square(one))) for one in (sound, take.waveform)]
        assert level[0] == pytest.approx(level[1], rel=1e-3)


def test_save_refuses_in_one_sentence(clip, tmp_path):
    take = run(clip)
    for target in (tmp_path / "out.mp3", tmp_path / "none" / "out.mp4", clip, tmp_path):
        with pytest.raises(CannotWrite) as caught:
            take.save(target)
        assert "\n" not in str(caught.value)
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_stems_add_up_to_the_mix_sample_for_sample(clip, tmp_path):
    take = run(clip, replace(FAST, ambient=1.0, loudness=-14.0), stems=True)
    action, ambience = (soundfile.read(path, dtype="int32")[0] for path in take.save_stems(tmp_path / "stems"))
    mix, _ = soundfile.read(take.save(tmp_path / "mix.wav"), dtype="int32")
    assert np.array_equal(action + ambience, mix)
    after = slice(round(1.8 * 48_000), None)
    rms = [np.sqrt(np.mean(np.square(stem[after] / 2**31))) for stem in (action, ambience)]
    assert rms[1] > 30 * rms[0], "after the impacts there is only ambience"


def test_stems_at_opposite_extremes_stay_within_full_scale():
    mix, action = (np.repeat(np.array(signs, np.float32), 400) for signs in ([1, -1, 0.5], [-1, 1, -1]))
    stems = Stems(Soundtrack(mix, 48_000, action), 0.025)
    assert np.abs(stems["action"]).max() <= 1 and np.abs(stems["ambience"]).max() <= 1
    assert np.abs(stems["action"] + stems["ambience"] - mix[:, None]).max() < 2**-22


def test_stems_are_a_mapping_that_renders_on_demand_the_same_bytes(clip):
    pipe = FakePipeline()
    lazy, eager = run(clip, pipe=pipe), run(clip, stems=True)
    assert list(lazy.stems) == ["action", "ambience"] and "action" in lazy.stems and "drums" not in lazy.stems
    assert len(pipe.calls) == 1 and not lazy.stems.rendered and eager.stems.rendered
    for name in lazy.stems:
        assert lazy.stems[name].tobytes() == eager.stems[name].tobytes()
        assert not lazy.stems[name].flags.writeable
    assert len(pipe.calls) == 2, "rendered once"
    with pytest.raises(KeyError):
        lazy.stems["drums"]


def test_stems_of_each_take_and_with_the_original_soundtrack(tmp_path):
    sounding = draw_video(tmp_path / "sounding.mp4", seconds=1.0, tone=True)
    settings = replace(FAST, takes=2, original_audio=-6.0, loudness=-18.0)
    lazy, eager = run(sounding, settings), run(sounding, settings, stems=True)
    for one, other in zip(lazy.takes, eager.takes, strict=True):
        assert list(one.stems) == ["action", "ambience", "original"]
        np.testing.assert_allclose(one.stems["action"], other.stems["action"], atol=1e-5)
        mix, _ = soundfile.read(one.save(tmp_path / "mix.wav"))
        np.testing.assert_allclose(sum(one.stems.values()), mix, atol=2**-22)
    own = read_audio(sounding, 48_000, align_to_picture=True)
    part = np.dot(lazy.stems["original"][:, 1], own) / np.dot(own, own)
    assert 20 * np.log10(part) == pytest.approx(-6, abs=0.05)
    *stems, kept = (soundfile.read(path, dtype="int32")[0] for path in eager.save_stems(tmp_path / "stems"))
    mix, _ = soundfile.read(eager.save(tmp_path / "mix.wav"), dtype="int32")
    assert np.array_equal(sum(stems) + kept, mix) and kept.any()


def test_a_pickled_take_keeps_rendered_stems_only(clip):
    rendered, without = (pickle.loads(pickle.dumps(run(clip, stems=stems))) for stems in (True, False))
    assert rendered.stems["action"].shape == (round(rendered.duration * 48_000), 2)
    with pytest.raises(BadSettings, match="no stems"):
        without.stems["action"]


def test_a_take_is_frozen_and_its_repr_fits_on_a_screen(clip):
    take = run(clip, replace(FAST, takes=2))
    with pytest.raises(FrozenInstanceError):
        take.waveform = None
    for array in (take.waveform, take.mel, take.condition):
        with pytest.raises(ValueError):
            array[..., 0] = 1
    assert len(repr(take)) < 400 and "clip.mp4" in repr(take) and "Room" in repr(take)
    assert len(repr(take.stems)) < 200


def test_recipe_is_json_and_makes_the_same_take_again(clip, tmp_path):
    settings = replace(FAST, ambient=0.7, seed=11)
    take = run(clip, settings)
    take.save_report(tmp_path / "take.json")
    recipe = json.loads((tmp_path / "take.json").read_text())
    assert recipe["seed"] == 11 and recipe["take"] == 0 and len(recipe["video"]["sha256"]) == 64
    assert set(recipe["seconds"]) == {"reading", "analysing", "retrieving", "generating", "vocoding", "mastering"}
    assert {"lufs", "true_peak_db", "gain_db", "target", "dub_lufs"} < set(recipe["loudness"])
    cues = CueTrack.from_json(json.dumps(recipe["cues"]))
    again = run(clip, DubSettings.from_dict(recipe["settings"]), cues=cues)
    assert np.array_equal(again.waveform, take.waveform)


def test_a_second_look_can_be_spared(clip):
    video = Video(clip)
    assert not video.analysed and analyze_motion(video) is video.motion
    take = run(video)
    assert "analysing" not in take.report.seconds
    assert np.array_equal(run(Video(clip, video.motion)).waveform, take.waveform)
    assert np.array_equal(take.waveform, run(clip).waveform)


def test_threads_are_given_back(clip):
    import torch

    before = torch.get_num_threads()
    run(clip, threads=before + 1)
    assert torch.get_num_threads() == before


def test_dubbing_a_dub_again(clip, tmp_path):
    """A muxed result is itself a video that can be dubbed, without growing."""
    mux_soundtrack(clip, run(clip).soundtrack, tmp_path / "once.mp4")
    assert len(run(tmp_path / "once.mp4").waveform) == len(run(clip).waveform)
