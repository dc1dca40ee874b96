"""Every training from end to end on two rendered videos and tiny networks: it writes its folder and can go on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tests.unit.evaluation.worlds import render_worlds

from a2s.errors import BadSettings
from a2s.models import AVSim, MelVAE, Vocoder
from a2s.settings import AUDIO
from a2s.training.data import LongVideos, Recordings, recordings_in, sound_batch
from a2s.training.objectives import av_ldm, av_sim, place, vae, vocoder


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    return render_worlds(tmp_path_factory.mktemp("trainings") / "world", 2)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """A tone of every fold, named as ESC-50 names its files."""
    folder = tmp_path_factory.mktemp("recordings")
    for fold, pitch in ((1, 300), (2, 600), (3, 1200)):
        tone = 0.3 * np.sin(2 * np.pi * pitch * np.arange(44_100) / 44_100)
        soundfile.write(folder / f"{fold}-tone.wav", tone, 44_100)
    return folder


def small_vae(world: Path, out: Path, **more) -> Path:
    return vae.train(world, out, batch=2, channels=(8, 16), **more)


def small_av_sim(world: Path, out: Path, **more) -> Path:
    return av_sim.train(world, out, batch=4, embedding=16, token_dim=24, **more)


@pytest.fixture(scope="module")
def trained_vae(world, tmp_path_factory) -> Path:
    return small_vae(world, tmp_path_factory.mktemp("vae"), steps=2)


@pytest.fixture(scope="module")
def trained_av_sim(world, tmp_path_factory) -> Path:
    return small_av_sim(world, tmp_path_factory.mktemp("av_sim"), steps=2)


def log_of(run: Path) -> list[dict]:
    return json.loads((run / "state.json").read_text())["log"]


def went_on(run: Path, before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> None:
    """Assert that a run of two steps was resumed for two more, and that these taught it something."""
    assert [row["step"] for row in log_of(run)] == [2, 4]
    assert all(value.isfinite().all() for value in after.values())
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert not list(run.rglob("*.part"))


def test_vae(world, trained_vae):
    run = trained_vae.parent
    first = MelVAE.from_pretrained(trained_vae)
    assert log_of(run)[0]["held_out_l1_db"] > 0
    second = MelVAE.from_pretrained(small_vae(world, run, steps=4, resume=True))
    went_on(run, first.state_dict(), second.state_dict())
    latent = second.encode(vae.videos_held_out(world, 4))
    assert latent.shape == (4, 8, AUDIO.latent_bands, AUDIO.latent_frames)
    assert latent.std().item() == pytest.approx(1, abs=0.5), "latents are measured and normalised at the end"


def test_vae_is_examined_on_the_videos_beside(world, tmp_path):
    data = tmp_path / "data"
    data.symlink_to(world)
    without = vae.videos_held_out(data, 2)
    render_worlds(tmp_path / "data-held-out", 1, first_seed=900)
    assert not torch.equal(vae.videos_held_out(data, 2), without)


def test_vocoder(world, recordings, trained_vae, tmp_path):
    sizes = {"batch": 2, "frames": 16, "channels": 16, "layers": 1, "recordings": recordings, "vae": trained_vae}
    first = Vocoder.from_pretrained(vocoder.train(world, tmp_path, steps=2, **sizes))
    figures = log_of(tmp_path)[0]
    assert figures["held_out_mrstft_0"] > 0 and figures["held_out_mrstft_1"] > 0, "worlds, then recordings"
    again = vocoder.train(world, tmp_path, steps=4, resume=True, adversarial_from=3, **sizes)
    second = Vocoder.from_pretrained(again)
    went_on(tmp_path, first.state_dict(), second.state_dict())
    assert second.config.channels == 16


def test_vocoder_starts_from_given_weights(world, tmp_path):
    torch.manual_seed(3)
    given = Vocoder(channels=16, layers=1)
    given.save_pretrained(tmp_path / "given")
    out = vocoder.train(world, tmp_path / "run", steps=1, batch=1, frames=16, init=tmp_path / "given", rounds=2)
    moved = Vocoder.from_pretrained(out).head.weight - given.head.weight
    assert 0 < moved.abs().max() < 1e-3
    assert Vocoder.from_pretrained(out).config.rounds == 2, "weights without rounds can be given some"


def test_av_sim(world, trained_av_sim):
    run = trained_av_sim.parent
    first = AVSim.from_pretrained(trained_av_sim)
    assert 0 <= log_of(run)[0]["held_out_recall_at_1"] <= 1
    second = AVSim.from_pretrained(small_av_sim(world, run, steps=4, resume=True))
    went_on(run, first.state_dict(), second.state_dict())
    assert av_sim.video_tokens(second, world / "000000", np.array([0.0, 5.0])).shape == (2, 48, 24)


def test_the_sense_of_place_is_added_and_all_else_stays_as_it_is(world, trained_av_sim, tmp_path):
    first = AVSim.from_pretrained(trained_av_sim)
    run = {"batch": 2, "place": 8, "init": trained_av_sim}
    second = AVSim.from_pretrained(place.train(world, tmp_path, steps=2, **run))
    assert 0 <= log_of(tmp_path)[0]["held_out_kind"] <= 1
    third = AVSim.from_pretrained(place.train(world, tmp_path, steps=4, resume=True, **run))
    went_on(tmp_path, second.state_dict(), third.state_dict())
    for name, before in first.state_dict().items():
        assert torch.equal(before, third.state_dict()[name]), name
    assert not torch.equal(second.place_ear.head.weight, third.place_ear.head.weight)
    with pytest.raises(BadSettings, match="--init"):
        place.train(world, tmp_path)


def test_a_place_is_seen_at_any_moment_and_heard_at_another(world):
    rows = place.Places(world).draw_places(np.random.default_rng(0), 6)
    assert rows["look"].shape == (6, 4, 64, 64, 3) and 0 <= rows["look"].min() and rows["look"].max() <= 1
    assert rows["heard"].shape == (6, AUDIO.window_samples) and rows["heard"].abs().max() <= 1
    seen = np.zeros((4, 64, 64, 3), np.uint8)
    seen[:, :8] = 255  # what lies at the edge may be cropped, and is never made up
    for seed in range(20):
        look = place.reframed(seen, np.random.default_rng(seed))
        assert look.shape == seen.shape and look.dtype == np.uint8
        assert (look[:, 0] > look[:, -1]).all() or (look[:, 0] == look[:, -1]).all()


def test_targets_are_where_the_events_are(world):
    events = LongVideos(world).events[0]
    start = max(0.0, events[0].time - 1.0)
    found = av_sim.targets(events, start)
    slot = int((events[0].time - start) * 32)
    assert found["onset"][slot - 1 : slot + 2].max() > 0.5
    assert (found["action"] != av_sim.NOTHING).any()
    assert not av_sim.targets(events, 1000.0)["onset"].any()


def test_av_ldm(world, trained_vae, trained_av_sim, tmp_path):
    sizes = {"vae": trained_vae, "av_sim": trained_av_sim, "channels": (16, 32), "batch": 2}
    av_ldm.train(world, tmp_path, steps=2, **sizes)
    assert {"unet", "conditioner", "scheduler", "latents"} <= {f.name for f in tmp_path.iterdir()}
    av_ldm.train(world, tmp_path, steps=4, resume=True, **sizes)
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
