"""A video through the pipeline's call, on tiny random weights."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler
from diffusers.callbacks import PipelineCallback

from a2s import AmbientBank, AVLDMPipeline, DubSettings, dub
from a2s.cues import CueTrack
from a2s.errors import A2SError, BadInput, UnreadableVideo
from a2s.media import write_audio
from a2s.pipelines.output import AVLDMPipelineOutput
from a2s.settings import AUDIO
from a2s.vision.video import Video
from tests.fakes import draw_video
from tests.tiny import tiny_home, tiny_official

STEPS = 3
WINDOWS = 2


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A tiny model with its own bank, and a clip of two windows."""
    folder = tiny_home(tmp_path_factory.mktemp("home"))
    (folder / "bank").rename(folder / "model" / "ambient")
    draw_video(folder / "clip.mp4", seconds=4.1, fps=12, hits=(0.5, 1.25, 3.0))
    return folder


@pytest.fixture(scope="module")
def pipe(home) -> AVLDMPipeline:
    pipe = AVLDMPipeline.from_pretrained(home / "model")
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="module")
def video(home) -> Video:
    """The clip, decoded once for all tests."""
    video = Video(home / "clip.mp4")
    assert video.motion
    return video


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_call_equals_dub_with_the_same_settings(pipe, home, video):
    out = pipe(str(home / "clip.mp4"), ambient=0.4, generator=seeded(7), num_inference_steps=STEPS)
    take = dub(home / "clip.mp4", DubSettings(ambient=0.4, seed=7, steps=STEPS, loudness=None), pipe)
    assert isinstance(out, AVLDMPipelineOutput)
    assert out.audios.shape == (1, 1, round(video.info.duration * pipe.sample_rate)) and out.audios.dtype == np.float32
    assert out.audios[0, 0].tobytes() == take.waveform.tobytes()
    assert out.cues == take.cues and out.ambience == take.recipe.ambience[0]


def test_without_arguments_it_equals_dub_with_default_settings_at_the_generated_level(pipe, video):
    """Also with the bank that is given to dub as an object."""
    take = dub(video, DubSettings(loudness=None), pipe, AmbientBank.load(pipe.folder / "ambient"))
    assert pipe(video).audios[0, 0].tobytes() == take.waveform.tobytes()


def test_several_waveforms_are_the_takes_of_dub(pipe, video):
    out = pipe(video, num_waveforms=3, generator=seeded(5), num_inference_steps=STEPS)
    takes = dub(video, DubSettings(takes=3, seed=5, steps=STEPS, loudness=None), pipe).takes
    assert out.audios.shape[0] == 3
    for waveform, take in zip(out.audios[:, 0], takes, strict=True):
        assert waveform.tobytes() == take.waveform.tobytes()


def test_a_list_of_generators_gives_each_waveform_its_own_seed(pipe, video):
    both = pipe(video, num_waveforms=2, generator=[seeded(1), seeded(2)], num_inference_steps=STEPS).audios
    for waveform, seed in zip(both, (1, 2), strict=True):
        assert waveform.tobytes() == pipe(video, generator=seeded(seed), num_inference_steps=STEPS).audios[0].tobytes()
    assert not np.array_equal(both[0], both[1])


def test_what_was_drawn_from_a_generator_does_not_matter(pipe, video):
    used = seeded(3)
    torch.randn(10, generator=used)
    a, b = (pipe(video, generator=g, num_inference_steps=2).audios for g in (used, seeded(3)))
    assert np.array_equal(a, b)


def test_cues_may_be_a_track_times_or_a_file(pipe, video, tmp_path):
    track = CueTrack.at([0.5, 2.0])
    track.save(tmp_path / "cues.json")
    outs = [pipe(video, cues=cues, num_inference_steps=2) for cues in (track, [0.5, 2.0], tmp_path / "cues.json")]
    assert all(np.array_equal(out.audios, outs[0].audios) for out in outs)
    assert [cue.time for cue in outs[0].cues] == [0.5, 2.0] and all(cue.action for cue in outs[0].cues)
    assert not np.array_equal(outs[0].audios, pipe(video, cues=CueTrack(), num_inference_steps=2).audios)


def test_the_ambience_may_be_a_clip_or_a_recording(pipe, video, tmp_path):
    write_audio(tmp_path / "own.wav", 0.1 * np.random.default_rng(0).standard_normal(64_000).astype(np.float32), 16_000)
    by_id, by_file = (pipe(video, ambient_clip=c, num_inference_steps=2) for c in ("rain", tmp_path / "own.wav"))
    assert by_id.ambience.clip == "rain" and by_file.ambience.name == "own.wav"
    assert not np.array_equal(by_id.audios, by_file.audios)


def test_output_types(pipe, video):
    outs = {kind: pipe(video, output_type=kind, num_inference_steps=2) for kind in ("np", "pt", "mel", "latent")}
    assert torch.equal(outs["pt"].audios, torch.from_numpy(outs["np"].audios))
    frames = 1 + outs["np"].audios.shape[-1] // AUDIO.hop_length
    mel, latents = outs["mel"].audios, outs["latent"].audios
    assert mel.shape == (1, AUDIO.n_mels, frames) and 0 <= mel.min() and mel.max() <= 1
    assert isinstance(latents, torch.Tensor) and latents.shape[:3] == (1, 4, AUDIO.latent_bands)
    assert latents.shape[-1] >= frames / AUDIO.latent_downsampling


def test_the_latents_of_one_window_decode_to_its_mel(pipe, tmp_path):
    short = Video(draw_video(tmp_path / "short.mp4", seconds=1.0, fps=12))
    latents, mel = (pipe(short, output_type=kind, num_inference_steps=2).audios for kind in ("latent", "mel"))
    assert latents.shape[-1] == AUDIO.latent_frames
    decoded = pipe.decode(latents)[..., : mel.shape[-1]].clip(0, 1).numpy()
    assert np.allclose(decoded, mel, rtol=0, atol=1e-6)  # the pipeline may use another number of threads


def test_return_dict_false_gives_a_tuple(pipe, video):
    audios, cues, ambience = pipe(video, num_inference_steps=2, return_dict=False)
    out = pipe(video, num_inference_steps=2)
    assert np.array_equal(audios, out.audios) and (cues, ambience) == (out.cues, out.ambience)


def test_the_callback_is_called_after_every_step_of_every_window(pipe, video):
    seen = []

    def look(_pipe, step, timestep, tensors):
        seen.append((step, float(timestep), set(tensors), tensors["latents"].shape, _pipe.num_timesteps))
        return {}

    pipe(
        video, num_inference_steps=STEPS, num_waveforms=2, callback_on_step_end=look,
        callback_on_step_end_tensor_inputs=["latents", "estimate"],
    )  # fmt: skip
    assert [step for step, *_ in seen] == list(range(STEPS * WINDOWS))
    assert {rest for *_, rest in seen} == {STEPS * WINDOWS} == {pipe.num_timesteps}
    assert all(names == {"latents", "estimate"} and shape == (2, 4, 16, 24) for _, _, names, shape, _ in seen)
    times = [time for _, time, *_ in seen]
    assert times[:STEPS] == times[STEPS:] == sorted(times[:STEPS], reverse=True)


def test_the_callback_may_replace_latents_or_raise(pipe, video):
    plain = pipe(video, num_inference_steps=2).audios
    replaced = pipe(
        video, num_inference_steps=2, callback_on_step_end=lambda p, s, t, tensors: {"latents": 0 * tensors["latents"]}
    ).audios
    assert not np.array_equal(plain, replaced)

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipe(video, num_inference_steps=2, callback_on_step_end=stop)


def test_a_callback_object_of_diffusers(pipe, video):
    class Guided(PipelineCallback):
        tensor_inputs = ["latents"]
        calls = 0

        def callback_fn(self, pipeline, step_index, timestep, callback_kwargs):
            Guided.calls += 1
            return callback_kwargs

    plain = pipe(video, num_inference_steps=2).audios
    assert np.array_equal(plain, pipe(video, num_inference_steps=2, callback_on_step_end=Guided(1.0)).audios)
    assert Guided.calls == 2 * WINDOWS


def test_interrupt_skips_the_remaining_steps(pipe, video):
    steps = []

    def interrupting(running, step, _timestep, tensors):
        steps.append(step)
        running._interrupt = step == 1
        return tensors

    out = pipe(video, num_inference_steps=5, callback_on_step_end=interrupting)
    assert steps == [0, 1] and pipe.interrupt
    assert out.audios.shape[-1] == round(video.info.duration * pipe.sample_rate)
    pipe(video, num_inference_steps=1)
    assert not pipe.interrupt, "the next call begins anew"


def test_guidance_scale_is_that_of_the_call_and_the_default_stays(pipe, video):
    pipe(video, num_inference_steps=1, guidance_scale=4.0)
    assert pipe.guidance_scale == 4.0 and pipe.default_guidance_scale == 2.5
    assert DubSettings().suited_to(pipe).guidance_scale == 2.5
    pipe(video, num_inference_steps=1)
    assert pipe.guidance_scale == 2.5


def test_schedulers_are_exchanged_through_from_config(home, video):
    pipe = AVLDMPipeline.from_pretrained(home / "model")
    pipe.set_progress_bar_config(disable=True)
    before = pipe(video, num_inference_steps=STEPS).audios
    pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    after = pipe(video, num_inference_steps=STEPS).audios
    assert np.isfinite(after).all() and not np.array_equal(before, after)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"video": 5}, "video must be the path"), ({"ambient": 1.5}, "ambient must be a number from 0 to 1, not 1.5"),
        ({"ambient": True}, "ambient"), ({"num_inference_steps": 0}, "num_inference_steps must be a whole"),
        ({"num_inference_steps": 2.5}, "num_inference_steps"), ({"guidance_scale": 0.5}, "guidance_scale must be"),
        ({"num_waveforms": 0}, "num_waveforms must be a whole number from 1 to 6, not 0"),
        ({"output_type": "mp3"}, "output_type must be one of np, pt, mel, latent, not 'mp3'"),
        ({"ambient_clip": 3}, "ambient_clip"), ({"generator": 7}, "generator must be a torch.Generator"),
        ({"generator": [seeded(1)], "num_waveforms": 2}, "list of 1, num_waveforms is 2"),
        ({"generator": torch.Generator().manual_seed(2**40)}, "seed of a generator must be from 0 to 4294967295"),
        ({"callback_on_step_end_tensor_inputs": ["noise"]}, "may hold latents, estimate, not 'noise'"),
        ({"callback_on_step_end": "no"}, "callback_on_step_end must be callable"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_said(pipe, video, given, words):
    with pytest.raises(BadInput, match=words) as caught:
        pipe(**{"video": video} | given)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, A2SError)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_a_file_that_is_no_video_is_refused(pipe, tmp_path):
    with pytest.raises(UnreadableVideo):
        pipe(tmp_path / "none.mp4")


def test_the_official_family_takes_the_same_call(video):
    pipe = tiny_official()
    out = pipe(video, num_inference_steps=2, ambient_clip="desk-fan", cues=[0.5], generator=seeded(2))
    settings = DubSettings(seed=2, steps=2, ambient_clip="desk-fan", loudness=None)
    take = dub(video, settings, pipe, cues=CueTrack.at([0.5]))
    assert not pipe.uses_cues and out.audios[0, 0].tobytes() == take.waveform.tobytes()


def test_threads_are_restored_and_the_bar_counts_all_steps(pipe, video, capsys):
    before = torch.get_num_threads()
    pipe.set_progress_bar_config(disable=False)
    pipe(video, num_inference_steps=STEPS)
    pipe.set_progress_bar_config(disable=True)
    assert torch.get_num_threads() == before
    assert f"{STEPS * WINDOWS}/{STEPS * WINDOWS}" in capsys.readouterr().err


def test_hooks_of_an_offloaded_pipeline_are_freed_after_a_call(pipe, video, monkeypatch):
    freed = []
    monkeypatch.setattr(type(pipe), "maybe_free_model_hooks", lambda self: freed.append(1))
    pipe(video, num_inference_steps=1)
    assert freed == [1]


def test_offload_hooks_of_every_component_run(home, video):
    """`enable_model_cpu_offload` moves a component when its hook runs; most methods here are not `forward`."""
    pipe = AVLDMPipeline.from_pretrained(home / "model")
    pipe.set_progress_bar_config(disable=True)
    moved = set()
    for name in ("av_sim", "conditioner", "vae"):
        hook = SimpleNamespace(pre_forward=lambda module, *args, name=name, **options: moved.add(name))
        getattr(pipe, name)._hf_hook = hook
    pipe(video, num_inference_steps=1)
    assert moved == {"av_sim", "conditioner", "vae"}
