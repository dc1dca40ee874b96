"""The released model's kind of pipeline through the use-case, on tiny random weights."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, UniPCMultistepScheduler

from a2s import AVLDMPipeline, DubSettings, dub
from a2s.ambient import AmbientBank
from a2s.cli.main import main
from a2s.cues import CueTrack
from a2s.dubbing.analysis import analyze_motion, find_cues, load_bank, retrieve
from a2s.errors import BankError
from a2s.media import Film, soundtrack_blocks
from a2s.models import GriffinLim, Vocoder
from a2s.settings import AUDIO
from a2s.weights import verify, write_checksums
from tests.fakes import draw_video
from tests.tiny import tiny_official, tiny_pipeline

FAST = DubSettings(steps=2, ambient_clip="rain")


@pytest.fixture(scope="module")
def pipe():
    return tiny_official()


@pytest.fixture(scope="module")
def bank(pipe):
    rng = np.random.default_rng(0)
    levels = {"Rain": 0.05, "Street": 0.1, "Silence": 1e-4}
    about = [
        (
            (level * rng.standard_normal(64_000)).astype(np.float32),
            {"name": name, "kind": "quiet" if name == "Silence" else "place", "author": "tests", "licence": "CC0-1.0"},
        )
        for name, level in levels.items()
    ]
    return AmbientBank.of(about).embedded(pipe.embed_audio, pipe.model_hash)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("official") / "clip.mp4", seconds=3.0)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("official") / "long.mp4", seconds=6.25, hits=(1, 3, 5))


def test_a_dub_is_as_long_as_the_video_and_reproducible(pipe, bank, clip):
    take, again = (dub(clip, FAST, pipe, bank) for _ in range(2))
    assert len(take.waveform) == 3 * AUDIO.sample_rate and np.isfinite(take.waveform).all()
    assert np.abs(take.waveform).max() > 1e-4
    assert take.waveform.tobytes() == again.waveform.tobytes()
    assert take.mel.shape == (128, 188) and 0 <= take.mel.min() and take.mel.max() <= 1


def test_steps_and_guidance_default_to_the_models(pipe, bank, clip):
    settings = dub(clip, DubSettings(ambient_clip="rain"), pipe, bank).recipe.settings
    assert (settings.steps, settings.guidance_scale) == (25, 6.5)
    chosen = dub(clip, replace(FAST, steps=3, guidance_scale=1.5), pipe, bank).recipe.settings
    assert (chosen.steps, chosen.guidance_scale) == (3, 1.5)
    compact = DubSettings().suited_to(tiny_pipeline())
    assert (compact.steps, compact.guidance_scale) == (12, 2.5)


@pytest.mark.parametrize(
    "change",
    [{"ambient": 0.9}, {"ambient": 0.0}, {"ambient_clip": "street"}, {"seed": 1}, {"steps": 3}, {"guidance_scale": 3}],
)
def test_every_setting_changes_the_sound(pipe, bank, clip, change):
    before, after = dub(clip, FAST, pipe, bank), dub(clip, replace(FAST, **change), pipe, bank)
    assert np.abs(before.mel - after.mel).max() > 1e-5


def test_long_films_takes_and_stems(pipe, bank, long_clip):
    take = dub(long_clip, replace(FAST, takes=2), pipe, bank, stems=True)
    assert len(take.waveform) == 100_000
    assert np.abs(take.takes[0].mel - take.takes[1].mel).max() > 1e-3
    action, ambience = take.stems.values()
    assert action.shape == ambience.shape == (300_000, 2) and np.abs(ambience).max() > 1e-6
    mix = np.concatenate([block.mix for block in soundtrack_blocks(take.soundtrack, take.seconds)])
    assert np.abs(action + ambience - mix).max() < 2**-22
    alone = dub(long_clip, replace(FAST, first_take=1), pipe, bank)
    np.testing.assert_allclose(alone.mel, take.takes[1].mel, atol=1e-3)


def test_the_video_changes_the_sound_and_the_cues_do_not(pipe, bank, clip, tmp_path):
    cues = CueTrack.at([0.5, 1.25])
    with_cues, without = dub(clip, FAST, pipe, bank, cues=cues), dub(clip, FAST, pipe, bank, cues=CueTrack())
    assert with_cues.waveform.tobytes() == without.waveform.tobytes()
    assert with_cues.recipe.uses_cues is False and len(with_cues.cues) == 2
    other = dub(draw_video(tmp_path / "other.mp4", 3.0, hits=(1.0, 2.0)), FAST, pipe, bank, cues=cues)
    assert np.abs(other.mel - with_cues.mel).max() > 1e-5


def test_cues_keep_their_times_without_classes(pipe, clip):
    track = find_cues(analyze_motion(clip), pipe)
    assert len(track) and all(cue.action is None and cue.material is None for cue in track.cues)


def test_each_window_is_encoded_once(pipe, bank, clip, monkeypatch):
    encoded, network = [], pipe.av_sim.encode
    monkeypatch.setattr(pipe.av_sim, "encode", lambda pictures: encoded.append(pictures) or network(pictures))
    dub(clip, replace(FAST, ambient_clip=None), pipe, bank, stems=True)
    assert len(encoded) == 1 and encoded[0].shape == (1, 16, 32, 32, 3) and encoded[0].any()


def test_the_compact_model_does_not_open_the_video_again(clip, monkeypatch):
    def refuse(*_):
        raise AssertionError("a second look")

    motion, compact = analyze_motion(clip), tiny_pipeline()
    monkeypatch.setattr(Film, "pictures", refuse)
    compact.encode_video(motion)
    compact.embed_video(motion)


def test_the_posterior_is_sampled_by_seed(pipe):
    wave = 0.1 * np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    mode, again = pipe.encode_ambient(wave), pipe.encode_ambient(wave)
    one, same, other = (pipe.encode_ambient(wave, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(mode, again) and torch.equal(one, same)
    assert (one - mode).abs().max() > 1e-4 and (one - other).abs().max() > 1e-4


def test_a_bank_of_another_model_is_refused_and_can_be_rebuilt(pipe, bank, clip):
    motion, compact = analyze_motion(clip), tiny_pipeline()
    with pytest.raises(BankError, match="another model.*bank build"):
        retrieve(motion, 1, compact, bank)
    foreign = bank.embedded(compact.embed_audio, compact.model_hash)
    with pytest.raises(BankError, match="another model.*bank build"):
        dub(clip, replace(FAST, ambient_clip=None), pipe, foreign)
    anew = foreign.embedded(pipe.embed_audio, pipe.model_hash)
    assert retrieve(motion, 1, pipe, anew)[0] == retrieve(motion, 1, pipe, bank)[0]
    embedding = pipe.embed_audio(bank.waveform("street"))
    assert anew.retrieve(embedding, 1, pipe.model_hash)[0].clip.id == "street"


@pytest.mark.parametrize("scheduler", [DDIMScheduler, EulerDiscreteScheduler, UniPCMultistepScheduler])
def test_other_schedulers_can_be_chosen(bank, long_clip, scheduler):
    other = tiny_official()
    before = dub(long_clip, FAST, other, bank).mel
    other.scheduler = scheduler.from_config(other.scheduler.config)
    after = dub(long_clip, FAST, other, bank).mel
    assert np.isfinite(after).all() and np.abs(after - before).max() > 1e-6


@pytest.mark.parametrize("vocoder", [GriffinLim(4), Vocoder(channels=16, layers=1)])
def test_other_vocoders_take_its_mels(bank, clip, vocoder, tmp_path):
    other = tiny_official(vocoder=vocoder)
    other.save_pretrained(tmp_path)
    again = AVLDMPipeline.from_pretrained(tmp_path)
    assert type(again.vocoder) is type(vocoder)
    take, same = dub(clip, FAST, other, bank), dub(clip, FAST, again, bank)
    assert len(take.waveform) == 48_000 and take.waveform.tobytes() == same.waveform.tobytes()


def test_a_saved_model_dubs_from_the_command_line(pipe, bank, clip, tmp_path, capsys):
    folder = tmp_path / "model"
    pipe.save_pretrained(folder)
    again = AVLDMPipeline.from_pretrained(folder)
    assert (again.default_steps, again.default_guidance_scale, again.uses_cues) == (25, 6.5, False)
    assert again.model_hash == pipe.model_hash and type(again.scheduler) is type(pipe.scheduler)
    write_checksums(folder)
    bank.save(folder / "ambient")
    assert verify(folder).compared and load_bank(None, again).model_hash == pipe.model_hash
    code = main(
        ["dub", str(clip), "-o", str(tmp_path / "o.wav"), "--model", str(folder), "--report", str(tmp_path / "r.json")]
    )
    assert code == 0 and "does not use cues" in capsys.readouterr().out
    recipe = json.loads((tmp_path / "r.json").read_text())
    assert recipe["settings"]["steps"] == 25 and recipe["bank"] == pipe.model_hash and recipe["uses_cues"] is False
