"""The ablations are trained alike, and a model ignores the conditions that it was trained without."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from a2s.cues import draw_cue_roll
from a2s.pipelines import AVLDMPipeline
from a2s.settings import AUDIO
from a2s.training.ablation_runs import AblationRuns, train_ablations
from a2s.training.ablations import ABLATIONS
from a2s.training.latents import denoise
from tests.tiny import tiny_pipeline


@pytest.fixture(scope="module")
def models(tmp_path_factory, world) -> dict[str, AVLDMPipeline]:
    folder = tmp_path_factory.mktemp("ablation")
    tiny_pipeline().save_pretrained(folder / "base")
    runs = AblationRuns(world, folder / "base", folder / "out", 1, 1, channels=(16, 32), batch=2, evaluation_clips=2)
    written = []
    for _ in range(2):  # finished models are not trained again
        made = train_ablations(runs)
        written.append([(path / "model_index.json").stat().st_mtime_ns for path in made])
    assert written[0] == written[1]
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted([*ABLATIONS, "cache"])
    return {path.name: AVLDMPipeline.from_pretrained(path) for path in made}


def generated(pipe: AVLDMPipeline, tokens: float = 0.0, cues: float = 0.0, ambient: float = 0.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (1, pipe.vae.config.latent_channels, 16, 24)
    draw = {
        "video_tokens": tokens * torch.randn((1, 48, pipe.av_sim.config.token_dim), generator=generator),
        "cue_roll": cues * torch.rand((1, *draw_cue_roll([], 0.0, AUDIO).shape), generator=generator),
        "ambient": ambient * torch.randn(shape, generator=generator),
    }
    return pipe.sample(**draw, num_inference_steps=2, generator=torch.Generator().manual_seed(1)).latents


@pytest.mark.parametrize("name", ABLATIONS)
def test_a_model_ignores_what_it_was_trained_without(models, name):
    pipe, ablation = models[name], ABLATIONS[name]
    pipe.set_progress_bar_config(disable=True)
    plain = generated(pipe, tokens=1, cues=1, ambient=1)
    assert torch.equal(plain, generated(pipe, tokens=1, cues=1, ambient=3)) != ablation.neighbour
    assert torch.equal(plain, generated(pipe, tokens=1, cues=2, ambient=1)) != ablation.cues
    assert not torch.equal(plain, generated(pipe, tokens=2, cues=1, ambient=1))
    assert pipe.uses_cues == ablation.cues


def test_a_model_without_cues_uses_video_tokens_where_the_cue_roll_is_empty(models):
    assert not torch.equal(generated(models["diff-foley"], tokens=1), generated(models["diff-foley"], tokens=2))
    assert torch.equal(generated(models["full"], tokens=1), generated(models["full"], tokens=2))


def test_the_denoiser_removes_hiss_and_keeps_a_hit():
    rng = np.random.default_rng(0)
    wave = 0.01 * rng.standard_normal(48_000).astype(np.float32)
    wave[24_000:24_800] += np.sin(np.arange(800) / 3).astype(np.float32) * np.exp(-np.arange(800) / 200)
    clean = denoise(wave[None])[0]
    assert clean.shape == wave.shape and clean.dtype == np.float32
    assert np.std(clean[:16_000]) < 0.5 * np.std(wave[:16_000])
    assert np.abs(clean[24_000:24_800]).max() > 0.5 * np.abs(wave[24_000:24_800]).max()
