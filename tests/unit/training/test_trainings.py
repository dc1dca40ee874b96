"""Every training from end to end on two rendered videos and tiny networks: it writes its folder and resumes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from a2s.models import AVSim, MelVAE, Vocoder
from a2s.settings import AUDIO
from a2s.training.data import LongVideos, Recordings, recordings_in, sound_batch
from a2s.training.objectives import av_ldm, av_sim, place, vae, vocoder
from tests.unit.evaluation.tiny_worlds import render_worlds


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """A tone of every fold, named as ESC-50 names its files."""
    folder = tmp_path_factory.mktemp("recordings")
    for fold, pitch in ((1, 300), (2, 600), (3, 1200)):
        tone = 0.3 * np.sin(2 * np.pi * pitch * np.arange(44_100) / 44_100)
        soundfile.write(folder / f"{fold}-tone.wav", tone, 44_100)
    return folder


def small_vae(world: Path, out: Path, steps: int, resume: bool = False) -> Path:
    config = vae.VAEConfig(data=world, out=out, steps=steps, batch=2, channels=(8, 16), evaluation_clips=4)
    return vae.train(config, resume)


def small_av_sim(world: Path, out: Path, steps: int, resume: bool = False) -> Path:
    config = av_sim.AVSimConfig(
        data=world, out=out, steps=steps, batch=4, embedding=16, token_dim=24, evaluation_clips=2
    )
    return av_sim.train(config, resume)


@pytest.fixture(scope="module")
def trained_vae(world, tmp_path_factory) -> Path:
    return small_vae(world, tmp_path_factory.mktemp("vae"), steps=2)


@pytest.fixture(scope="module")
def trained_av_sim(world, tmp_path_factory) -> Path:
    return small_av_sim(world, tmp_path_factory.mktemp("av_sim"), steps=2)


def log_of(run: Path) -> list[dict]:
    return json.loads((run / "state.json").read_text())["log"]


def assert_resumed(run: Path, before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> None:
    """A run of two steps was resumed for two more, and these changed its weights."""
    assert [row["step"] for row in log_of(run)] == [2, 4]
    assert all(value.isfinite().all() for value in after.values())
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert not list(run.rglob("*.part"))


def test_vae(world, trained_vae):
    run = trained_vae.parent
    first = MelVAE.from_pretrained(trained_vae)
    assert log_of(run)[0]["held_out_l1_db"] > 0
    second = MelVAE.from_pretrained(small_vae(world, run, steps=4, resume=True))
    assert_resumed(run, first.state_dict(), second.state_dict())
    latent = second.encode(vae.held_out_mels(world, 4))
    assert latent.shape == (4, 8, AUDIO.latent_bands, AUDIO.latent_frames)
    assert latent.std().item() == pytest.approx(1, abs=0.5), "latents are measured and normalised at the end"


def test_the_vae_is_evaluated_on_the_held_out_videos(world, tmp_path):
    data = tmp_path / "data"
    data.symlink_to(world)
    without = vae.held_out_mels(data, 2)
    render_worlds(tmp_path / "data-held-out", 1, first_seed=900)
    assert not torch.equal(vae.held_out_mels(data, 2), without)


def test_vocoder(world, recordings, trained_vae, tmp_path):
    sizes = {"batch": 2, "frames": 16, "channels": 16, "layers": 1, "recordings": recordings, "vae": trained_vae}
    sizes |= {"rounds": 1, "evaluation_clips": 2}
    config = vocoder.VocoderConfig(data=world, out=tmp_path, steps=2, **sizes)
    first = Vocoder.from_pretrained(vocoder.train(config))
    figures = log_of(tmp_path)[0]
    assert figures["held_out_mrstft_0"] > 0 and figures["held_out_mrstft_1"] > 0, "videos, then recordings"
    again = vocoder.train(config.model_copy(update={"steps": 4, "adversarial_from": 3}), resume=True)
    second = Vocoder.from_pretrained(again)
    assert_resumed(tmp_path, first.state_dict(), second.state_dict())
    assert second.config.channels == 16


def test_vocoder_starts_from_given_weights(world, tmp_path):
    torch.manual_seed(3)
    given = Vocoder(channels=16, layers=1)
    given.save_pretrained(tmp_path / "given")
    sizes = {"steps": 1, "batch": 1, "frames": 16, "rounds": 2, "evaluation_clips": 2}
    out = vocoder.train(vocoder.VocoderConfig(data=world, out=tmp_path / "run", init=tmp_path / "given", **sizes))
    moved = Vocoder.from_pretrained(out).head.weight - given.head.weight
    assert 0 < moved.abs().max() < 1e-3
    assert Vocoder.from_pretrained(out).config.rounds == 2, "weights without rounds can be given some"


def test_av_sim(world, trained_av_sim):
    run = trained_av_sim.parent
    first = AVSim.from_pretrained(trained_av_sim)
    assert 0 <= log_of(run)[0]["held_out_recall_at_1"] <= 1
    second = AVSim.from_pretrained(small_av_sim(world, run, steps=4, resume=True))
    assert_resumed(run, first.state_dict(), second.state_dict())
    assert av_sim.video_tokens(second, world / "000000", np.array([0.0, 5.0])).shape == (2, 48, 24)


def test_place_towers_are_added_and_all_else_stays(world, trained_av_sim, tmp_path):
    first = AVSim.from_pretrained(trained_av_sim)
    config = place.PlaceConfig(
        data=world, out=tmp_path, steps=2, batch=2, embedding=8, init=trained_av_sim, evaluation_clips=2
    )
    second = AVSim.from_pretrained(place.train(config))
    assert 0 <= log_of(tmp_path)[0]["held_out_kind"] <= 1
    third = AVSim.from_pretrained(place.train(config.model_copy(update={"steps": 4}), resume=True))
    assert_resumed(tmp_path, second.state_dict(), third.state_dict())
    for name, before in first.state_dict().items():
        assert torch.equal(before, third.state_dict()[name]), name
    assert not torch.equal(second.place_ear.head.weight, third.place_ear.head.weight)


def test_rows_of_places_have_keyframes_and_sound_in_range(world):
    rows = place.Places(world).draw_places(np.random.default_rng(0), 6)
    assert (
        rows["keyframes"].shape == (6, 4, 64, 64, 3) and 0 <= rows["keyframes"].min() and rows["keyframes"].max() <= 1
    )
    assert rows["sound"].shape == (6, AUDIO.window_samples) and rows["sound"].abs().max() <= 1
    keyframes = np.zeros((4, 64, 64, 3), np.uint8)
    keyframes[:, :8] = 255  # the edge may be cropped
    for seed in range(20):
        look = place.reframed(keyframes, np.random.default_rng(seed))
        assert look.shape == keyframes.shape and look.dtype == np.uint8
        assert (look[:, 0] > look[:, -1]).all() or (look[:, 0] == look[:, -1]).all()


def test_targets_are_where_the_events_are(world):
    events = LongVideos(world).events[0]
    start = max(0.0, events[0].time - 1.0)
    found = av_sim.targets(events, start)
    slot = int((events[0].time - start) * 32)
    assert found["onset"][slot - 1 : slot + 2].max() > 0.5
    assert (found["action"] != av_sim.NO_CLASS).any()
    assert not av_sim.targets(events, 1000.0)["onset"].any()


def test_av_ldm(world, trained_vae, trained_av_sim, tmp_path):
    sizes = {"vae": trained_vae, "av_sim": trained_av_sim, "channels": (16, 32), "batch": 2, "evaluation_clips": 2}
    config = av_ldm.AVLDMConfig(data=world, out=tmp_path, steps=2, **sizes)
    av_ldm.train(config)
    assert {"unet", "conditioner", "scheduler", "latents"} <= {f.name for f in tmp_path.iterdir()}
    av_ldm.train(config.model_copy(update={"steps": 4}), resume=True)
    assert [row["step"] for row in log_of(tmp_path)] == [2, 4]


def test_held_out_recordings_are_not_trained_on(recordings):
    assert [f.name for f in recordings_in(recordings)] == ["1-tone.wav", "2-tone.wav"]
    assert recordings_in(None) == []


def test_sound_batch_is_in_range_and_takes_its_share_of_recordings(world, recordings):
    videos, real = LongVideos(world), Recordings(recordings_in(recordings))
    batch = sound_batch(videos, real, 40, 8192, np.random.default_rng(0), real=0.5)
    assert batch.shape == (40, 8192) and batch.abs().max() <= 1
    assert torch.equal(batch, sound_batch(videos, real, 40, 8192, np.random.default_rng(0), real=0.5))
    power = torch.fft.rfft(batch).abs().square()
    tonal = (power.amax(1) / power.sum(1) > 0.3).float().mean()
    assert 0.3 < tonal < 0.7
