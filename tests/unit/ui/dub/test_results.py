from __future__ import annotations

import json
from dataclasses import replace

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from a2s import DubSettings, __version__, dub
from a2s.cues import CueTrack
from a2s.dubbing.recipe import Recipe, Report, read_report
from a2s.dubbing.stems import Stems
from a2s.errors import BadSettings, Cancelled
from a2s.media import probe_video, write_audio
from a2s.ui.dub.results import TakeLabel, Writing, export, public_report, write_stems
from a2s.ui.state.records import FilmFormat
from a2s.ui.text import summary
from tests.fakes import FakeBank, FakePipeline, draw_video

SETTINGS = DubSettings(steps=2, ambient=0.35, seed=7, ambient_clip="rain")
CUES = CueTrack.at([0.5, 1.25], strength=0.9)


def make(video, settings=SETTINGS, **more):
    return dub(video, settings, FakePipeline(), FakeBank(), **{"cues": CUES} | more)


@pytest.fixture
def visit_folder(tmp_path):
    folder = tmp_path / "visits" / "0123"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def result_of(clip, visit_folder):
    """A function: settings to the Result of a take, exported as the page does."""
    made = iter(range(1, 100))

    def export_one(settings=SETTINGS, video=clip, name="my clip <b>.mp4", film=FilmFormat(), **more):  # noqa: B008
        number = next(made)
        label = TakeLabel(name, number, **more)
        return export(make(video, settings), visit_folder / f"take-{number}", label, Writing(film))

    return export_one


def samples(path):
    return soundfile.read(path, dtype="int32")[0]


def test_file_names_contain_clip_amount_seed_and_take(result_of):
    first, second = result_of(), result_of(replace(SETTINGS, ambient=1 / 3, seed=8))
    assert first.video.name == "my-clip-b-ambient35-seed7.mp4" and first.sound.name == "my-clip-b-ambient35-seed7.wav"
    assert second.recipe.name == "my-clip-b-ambient33-seed8-take2.recipe.json"
    assert second.flac().name == "my-clip-b-ambient33-seed8-take2.flac"
    assert [path.name for path in second.stem_files.values()] == [
        "my-clip-b-ambient33-seed8-take2-action.wav",
        "my-clip-b-ambient33-seed8-take2-ambience.wav",
    ]
    assert first.label == "Take 1 · 35 % · seed 7" and second.label == "Take 2 · 33 % · seed 8"
    assert first.sound.parent != second.sound.parent


def test_every_exported_file_has_the_right_content(result_of, clip):
    result = result_of()
    info = probe_video(result.video)
    assert info.has_audio and info.duration == pytest.approx(probe_video(clip).duration, abs=0.01)
    assert soundfile.info(result.sound).subtype == soundfile.info(result.flac()).subtype == "PCM_24"
    assert np.array_equal(samples(result.sound), samples(result.flac()))
    assert len(samples(result.sound)) == round(probe_video(clip).duration * 48_000)
    assert [cue.time for cue in CueTrack.load(result.cue_file)] == [0.5, 1.25] == [cue.time for cue in result.cues]
    assert Image.open(result.figure).size == (1080, 800)
    assert "2.0 s" in result.summary and "2 cues" in result.summary and "1 copied" in result.summary
    outline = result.peaks
    assert len(outline) > 1000 and max(outline) == max(outline[len(outline) // 5 : len(outline) * 3 // 4]) > 0.05
    assert result.lufs == json.loads(result.recipe.read_text())["loudness"]["lufs"]


def test_flac_and_stems_are_made_on_demand(result_of):
    result = result_of()
    assert not list(result.sound.parent.glob("*.flac")) and not list(result.sound.parent.glob("*action*"))
    assert result.flac().is_file()
    made = result.flac().stat().st_mtime_ns
    assert result.flac().stat().st_mtime_ns == made, "once"


def test_every_export_contains_the_recipe_without_server_paths(result_of, tmp_path):
    own = tmp_path / "visits" / "own-3.wav"
    write_audio(own, FakeBank().waveform("street"), 16_000)
    result = result_of(replace(SETTINGS, ambient_clip=str(own)), own_recording="back yard")
    reports = json.loads(result.recipe.read_text())
    for file in (result.recipe, result.video, result.sound, result.flac()):
        recipe = read_report(file).to_dict()
        assert {key: recipe[key] for key in recipe if key != "seconds"} == {
            k: reports[k] for k in reports if k != "seconds"
        }
        assert str(tmp_path) not in json.dumps(recipe) and "own-3" not in json.dumps(recipe)
    assert reports["video"]["name"] == "my clip <b>.mp4" and "seconds" in reports
    assert reports["ambient"]["name"] == reports["settings"]["ambient_clip"] == "back yard"
    assert len(reports["ambient"]["sha256"]) == 64 and reports["ambient"]["clip"] is None
    assert result.settings.ambient_clip == str(own), "the visit itself goes on with the file"


def test_exports_do_not_reveal_the_version(result_of, clip):
    assert make(clip, SETTINGS).recipe.version == __version__, "a recipe of the command line's does"
    result = result_of(SETTINGS)
    for file in (result.recipe, result.video, result.sound, result.flac()):
        assert "a2s" not in read_report(file).to_dict()


def test_an_automatically_chosen_ambience_is_named_in_the_public_recipe(clip):
    report = make(clip, replace(SETTINGS, ambient_clip=None)).report
    assert report.recipe.settings.ambient_clip is None
    public = public_report(report, "a.mp4").recipe
    assert public.settings.ambient_clip == report.recipe.ambience[0].clip in {"room", "rain", "street"}


def test_stems_add_up_to_the_mix_sample_for_sample(result_of, clip):
    result = result_of(replace(SETTINGS, ambient=1.0, loudness=-14.0, first_take=2))
    action, ambience = stems_of(result, again(result, clip))
    assert np.array_equal(samples(action).astype(np.int64) + samples(ambience), samples(result.sound))
    after = slice(round(1.8 * 48_000), None)
    loud = [np.square(samples(path)[after] / 2**31).mean() for path in (action, ambience)]
    assert loud[1] > 100 * loud[0], "after the last hit there is only ambience"


def again(result, clip, **more):
    """The take of a result, made once more with stems."""
    return make(clip, **{"settings": result.settings, "cues": result.cues, "stems": True} | more)


def stems_of(result, take):
    write_stems(result, take)
    assert result.has_stems
    return tuple(result.stem_files.values())


def test_stems_of_a_different_take_are_refused(result_of, clip):
    result = result_of()
    for changed in ({"settings": replace(SETTINGS, seed=8, ambient=1.0)}, {"cues": CueTrack.at([1.0])}):
        with pytest.raises(BadSettings, match="changed"):
            write_stems(result, again(result, clip, **changed))
    assert not any(path.exists() for path in result.stem_files.values())


def test_stems_tolerate_the_rounding_of_a_batch(result_of, clip):
    result = result_of()
    take = again(result, clip)
    sound = take.stems.soundtrack()
    near = Stems(replace(sound, dub=sound.dub + np.float32(1e-5)), take.seconds)
    action, ambience = stems_of(result, replace(take, stems=near))
    assert np.array_equal(samples(action).astype(np.int64) + samples(ambience), samples(result.sound))


@pytest.mark.parametrize("target", [-14.0, -16.0, -23.0])
def test_loudness_targets_hold_the_true_peak(result_of, target):
    from a2s.audio.loudness import integrated_lufs, true_peak

    result = result_of(replace(SETTINGS, loudness=target, ambient=1.0))
    waveform, rate = soundfile.read(result.sound, dtype="float32")
    assert true_peak(waveform, rate) <= -0.99
    assert integrated_lufs(waveform, rate) == pytest.approx(target, abs=0.5) == pytest.approx(result.lufs, abs=0.5)


@pytest.fixture
def prores(tmp_path):
    """A film of 1 s that no browser plays."""
    film = tmp_path / "ten.mov"
    with av.open(str(film), "w") as out:
        stream = out.add_stream("prores_ks", 24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv422p10le"
        for index in range(24):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 10 * index, np.uint8)).reformat(
                format="yuv422p10le"
            )
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return film


def test_an_untouched_film_that_browsers_do_not_play_has_a_small_one_for_the_player(result_of, prores):
    result = result_of(video=prores, name="ten.mov", film=FilmFormat("mov"))
    assert result.video.suffix == ".mov" and probe_video(result.video).codec == "prores"
    shown = probe_video(result.player)
    assert (shown.codec, shown.container, shown.has_audio) == ("h264", "mp4", True)
    assert "1 copied" in result.summary and "picture (prores): copied" in result.summary


def test_a_picture_that_the_container_lacks_is_encoded_and_the_list_says_why(result_of, prores):
    result = result_of(video=prores, name="ten.mov")
    assert result.player == result.video and probe_video(result.video).codec == "h264"
    assert "1 re-encoded" in result.summary and "mp4 cannot hold prores" in result.summary
    data = result.video.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat"), "a browser can start before it has the whole file"


def test_spectrograms_of_two_takes_have_one_size(result_of):
    quiet, loud = result_of(replace(SETTINGS, ambient=0.0)), result_of(replace(SETTINGS, ambient=1.0))
    pictures = [np.asarray(Image.open(result.spectrogram)).astype(int) for result in (quiet, loud)]
    assert pictures[0].shape == pictures[1].shape
    assert pictures[1][:, 800:].mean() > pictures[0][:, 800:].mean() + 8, "more ambience is brighter"


def test_very_short_clips_are_exported_too(result_of, tmp_path):
    result = result_of(video=draw_video(tmp_path / "blink.mp4", seconds=0.05, fps=20), name="blink.mp4")
    assert len(samples(result.sound)) == 2400 and Image.open(result.figure).size == (1080, 800)


def test_the_summary_says_if_the_model_ignores_cues():
    recipe = Recipe(SETTINGS, CueTrack.at([0.5, 1.0]), samples=48_000)
    assert "3.0 s" in summary(Report(recipe)) and "2 cues<" in summary(Report(recipe))
    assert "2 cues (ignored" in summary(Report(replace(recipe, uses_cues=False)))


def test_a_cancelled_export_leaves_no_files(clip, visit_folder):
    with pytest.raises(Cancelled):
        export(make(clip), visit_folder / "take-1", TakeLabel("clip", 1), Writing(cancelled=lambda: True))
    assert not list(visit_folder.iterdir())
