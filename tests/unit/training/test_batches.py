"""The batches of the diffusion training: the neighbour condition and the corrupted cue tracks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler

from a2s.cues import Cue
from a2s.settings import AUDIO
from a2s.training.batches import Batches, EncodedVideos, corrupted, neighbour_latent, row_without_action
from a2s.training.latents import CLIPS_PER_VIDEO, cache_latents
from a2s.training.objectives.av_ldm import NOISE, Generator, Objective, evaluate, make_unet
from tests.tiny import tiny_pipeline


@pytest.fixture(scope="module")
def cached(videos, tmp_path_factory):
    return cache_latents(tiny_pipeline().vae, videos, tmp_path_factory.mktemp("latents"))


def test_a_clip_is_a_part_of_the_stems(videos):
    clip = videos.clip(0, 2.0)
    assert clip.shape == (2, AUDIO.window_samples)
    assert np.allclose(clip * 32768, videos.stems[0][:, 32_000 : 32_000 + 48_000])
    assert not videos.clip(0, 11.0)[:, 16_000:].any(), "beyond the end there is silence"


def test_cache_is_read_back(videos, cached, tmp_path):
    again = cache_latents(tiny_pipeline().vae, videos, tmp_path)
    assert np.array_equal(again[0]["latents"], cached[0]["latents"])
    assert cached[0]["latents"].shape == (CLIPS_PER_VIDEO, 4, 16, 24)


def test_a_neighbour_is_of_the_same_video_and_does_not_overlap(videos, cached):
    rng = np.random.default_rng(0)
    for _ in range(200):
        clip = int(rng.integers(CLIPS_PER_VIDEO))
        start = float(cached[0]["starts"][clip])
        neighbour = neighbour_latent(cached[0], start, rng, clean=True)
        index = next(i for i in range(CLIPS_PER_VIDEO) if np.array_equal(cached[0]["latents"][i], neighbour))
        assert abs(cached[0]["starts"][index] - start) >= AUDIO.window_seconds


def test_ambience_is_never_dropped_and_video_at_times(videos, cached):
    tokens = [np.ones((CLIPS_PER_VIDEO, 48, 24), np.float16)] * len(videos)
    rows = Batches([EncodedVideos(videos, cached, tokens)], 24).draw(np.random.default_rng(0), 400)
    assert rows["ambient"].abs().sum((1, 2, 3)).min() > 0
    assert 1 - rows["keep_video"].mean() == pytest.approx(0.2, abs=0.06)
    assert 0.05 < 1 - rows["keep_cues"].mean() < 0.3


def test_the_target_of_an_empty_cue_roll_is_the_ambience_alone(cached):
    seen = np.ones((48, 24), np.float16)
    row = row_without_action(cached[0], seen, 2.0, np.random.default_rng(0))
    assert any(np.array_equal(row["latent"], ambience) for ambience in cached[0]["ambient"])
    assert not row["cues"].any() and not row["sketch"].any()
    assert row["keep_video"] == row["keep_cues"] == 1 and row["video"] is seen


def test_some_rows_have_detected_cues(videos, cached):
    tokens = [np.ones((CLIPS_PER_VIDEO, 48, 24), np.float16)] * len(videos)
    dense_cues = [[Cue(0.01 * k, 1.0, "pour", "water", 1.0, 0.0) for k in range(2400)]] * len(videos)
    rows = Batches([EncodedVideos(videos, cached, tokens, dense_cues)], 24).draw(np.random.default_rng(0), 300)
    dense = (rows["cues"][:, 0] > 0).float().mean(1) > 0.9
    assert 0.05 < dense.float().mean() < 0.2


def test_corrupted_cues_stay_cues():
    cues = [Cue(0.3 * k, 0.5, "hit", "wood", 1.0, 0.0) for k in range(1, 30)]
    rng = np.random.default_rng(0)
    tracks = [corrupted(cues, rng) for _ in range(60)]
    named = [np.mean([c.action is not None for c in t]) for t in tracks]
    assert 0.6 < np.mean(named) < 0.97
    assert all(abs(c.time - round(c.time / 0.3) * 0.3) < 0.13 for t in tracks for c in t)
    assert np.mean([len(t) for t in tracks]) == pytest.approx(0.97 * len(cues), rel=0.03)


def test_a_few_steps_lower_the_error(videos, cached):
    pipe = tiny_pipeline()
    torch.manual_seed(0)
    model = Generator(make_unet(4, pipe.conditioner.grid_channels, 32, (16, 32)), pipe.conditioner.train())
    noise = DDPMScheduler(**NOISE)
    batches, objective = Batches([EncodedVideos(videos, cached)], 24), Objective(noise)
    before = evaluate(model.eval(), batches, noise, size=8)["x0"]
    optimiser = torch.optim.AdamW(model.parameters(), 4e-3)
    model.train()
    for step in range(16):
        total, _ = objective(model, batches.draw(np.random.default_rng(step), 8), torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    assert evaluate(model.eval(), batches, noise, size=8)["x0"] < 0.8 * before
