"""The diffusion pipeline on tiny random weights."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, EulerDiscreteScheduler

from a2s import AVLDMPipeline
from a2s.settings import AUDIO
from tests.tiny import tiny_pipeline


@pytest.fixture(scope="module")
def pipe() -> AVLDMPipeline:
    return tiny_pipeline()


def conditions(pipe: AVLDMPipeline, rows: int = 1, seed: int = 0):
    g = torch.Generator().manual_seed(seed)
    return (
        torch.randn(rows, 48, 24, generator=g),
        torch.rand(rows, 20, 192, generator=g),
        torch.randn(rows, 4, 16, 24, generator=g),
    )


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_output_is_one_window(pipe):
    out = pipe.sample(*conditions(pipe), num_inference_steps=3, generator=seeded(0))
    assert out.mels.shape == (1, AUDIO.n_mels, AUDIO.window_frames)
    assert out.latents.shape == (1, 4, AUDIO.latent_bands, AUDIO.latent_frames)
    assert 0 <= out.mels.min() and out.mels.max() <= 1
    assert pipe.vocode(out.mels).shape == (1, 256 * AUDIO.window_frames)


def test_same_seed_same_bytes_and_other_seed_other_sound(pipe):
    a, b, c = (pipe.sample(*conditions(pipe), num_inference_steps=3, generator=seeded(s)).latents for s in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.allclose(a, c, atol=1e-2)


def test_a_take_does_not_depend_on_its_batch(pipe):
    rows = conditions(pipe, 2)
    both = pipe.sample(*rows, num_inference_steps=3, generator=[seeded(5), seeded(6)]).latents
    second = pipe.sample(*(x[1:] for x in rows), num_inference_steps=3, generator=[seeded(6)]).latents
    assert torch.allclose(both[1:], second, atol=1e-4)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_every_condition_reaches_the_sound(pipe, index):
    rows = list(conditions(pipe))
    before = pipe.sample(*rows, num_inference_steps=2, generator=seeded(0)).latents
    rows[index] = rows[index] + 1
    assert not torch.allclose(before, pipe.sample(*rows, num_inference_steps=2, generator=seeded(0)).latents, atol=1e-4)


def test_without_cues_the_picture_is_not_heard(pipe):
    video, cues, ambient = conditions(pipe)
    nothing = torch.zeros_like(cues)
    sampled = (pipe.sample(v, nothing, ambient, 2, generator=seeded(0)).latents for v in (video, video + 1))
    a, b = sampled
    assert torch.equal(a, b)


def test_guidance_moves_the_result_and_one_means_none(pipe):
    a = pipe.sample(*conditions(pipe), num_inference_steps=2, guidance_scale=1, generator=seeded(0)).latents
    b = pipe.sample(*conditions(pipe), num_inference_steps=2, guidance_scale=4, generator=seeded(0)).latents
    assert not torch.allclose(a, b, atol=1e-4)


def test_known_columns_are_held(pipe):
    first = pipe.sample(*conditions(pipe), num_inference_steps=3, generator=seeded(0)).latents
    mask = torch.zeros(1, 1, 1, AUDIO.latent_frames)
    mask[..., :5] = 1
    held = pipe.sample(*conditions(pipe), num_inference_steps=3, generator=seeded(9), known=(first, mask)).latents
    assert torch.equal(held[..., :5], first[..., :5])
    assert not torch.allclose(held[..., 5:], first[..., 5:], atol=1e-2)


def test_callback_sees_every_step_and_may_stop(pipe):
    seen = []

    def stop_after_two(_pipe, step, _timestep, tensors):
        seen.append(step)
        if step == 1:
            raise KeyboardInterrupt
        return tensors

    with pytest.raises(KeyboardInterrupt):
        pipe.sample(*conditions(pipe), num_inference_steps=5, callback_on_step_end=stop_after_two)
    assert seen == [0, 1]


def test_the_estimate_of_the_last_step_is_the_result(pipe):
    seen = []

    def look(_pipe, _step, _timestep, tensors):
        seen.append(tensors["estimate"].clone())
        return tensors

    out = pipe.sample(*conditions(pipe), num_inference_steps=5, generator=seeded(0), callback_on_step_end=look)
    away = [(estimate - out.latents).abs().mean() for estimate in seen]
    assert len(seen) == 5 and torch.allclose(seen[-1], out.latents, atol=1e-3)
    assert away == sorted(away, reverse=True), "each step knows more"
    assert torch.equal(pipe.decode(out.latents), out.mels)
    unwatched = pipe.sample(*conditions(pipe), num_inference_steps=5, generator=seeded(0))
    assert torch.equal(unwatched.latents, out.latents)


@pytest.mark.parametrize(
    ("scheduler", "other_words"),
    [
        (DPMSolverMultistepScheduler, {"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}),
        (EulerDiscreteScheduler, {}),
    ],
)
def test_a_solver_that_keeps_no_clean_latents_gives_no_estimate(scheduler, other_words):
    """The one keeps noise predictions, which are nothing to show, the other nothing."""
    other, seen = tiny_pipeline(), []
    other.register_modules(scheduler=scheduler.from_config(other.scheduler.config, **other_words))

    def look(_pipe, _step, _timestep, tensors):
        seen.append(tensors["estimate"])
        return tensors

    other.sample(*conditions(other), num_inference_steps=2, generator=seeded(0), callback_on_step_end=look)
    assert seen == [None, None]


def test_mismatched_conditions_are_refused(pipe):
    video, cues, ambient = conditions(pipe, 2)
    with pytest.raises(ValueError, match="batch sizes differ"):
        pipe.sample(video[:1], cues, ambient)
    with pytest.raises(ValueError, match="ambient must be"):
        pipe.sample(video, cues, ambient[..., :20])


def test_cross_attention_alone_is_a_matter_of_config():
    plain = tiny_pipeline(aligned=False)
    assert plain.conditioner.grid_channels == 0
    assert plain.unet.config.in_channels == plain.vae.config.latent_channels
    out = plain.sample(*conditions(plain), num_inference_steps=2, generator=seeded(0))
    assert out.mels.shape[-1] == AUDIO.window_frames


def test_saved_and_loaded_pipeline_gives_the_same_bytes(pipe, tmp_path):
    pipe.save_pretrained(tmp_path)
    again = AVLDMPipeline.from_pretrained(tmp_path)
    a, b = (p.sample(*conditions(p), num_inference_steps=2, generator=seeded(3)) for p in (pipe, again))
    assert torch.equal(a.mels, b.mels)
    assert torch.equal(pipe.vocode(a.mels), again.vocode(b.mels))
    assert again.model_hash == pipe.model_hash
    assert not list(tmp_path.rglob("*.bin")), "weights are safetensors only"


def test_ambient_shorter_than_a_window_is_looped(pipe):
    short = 0.1 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    assert torch.equal(pipe.encode_ambient(short), pipe.encode_ambient(np.tile(short, 3)))
    assert pipe.encode_ambient(np.zeros(0, np.float32)).shape == (1, 4, 16, 24)


def test_embeddings_are_unit_vectors(pipe):
    sound = pipe.embed_audio(0.1 * np.random.default_rng(1).standard_normal(70_000).astype(np.float32))
    assert sound.shape == (16,)
    assert np.linalg.norm(sound) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("seconds", "windows"), [(0.5, 1), (3.0, 1), (3.003, 1), (3.5, 2), (6.0, 2), (60.0, 12)])
def test_a_video_is_embedded_in_as_many_windows_as_it_fills(pipe, monkeypatch, seconds, windows):
    """A clip of 3.003 s, as NTSC rates give it, is one window, as it is for the sampler."""
    starts = []

    def encode(motion, start):
        starts.append(start)
        return torch.ones(1, 48, 24)

    monkeypatch.setattr(pipe, "encode_video", encode)
    monkeypatch.setattr(pipe.av_sim, "embed_window", lambda tokens, motion, start: torch.ones(1, 16))
    pipe.embed_video(SimpleNamespace(duration=seconds))
    assert len(starts) == windows and starts[0] == 0.0
