from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from a2s.errors import BadSettings
from a2s.pipelines.windows import (
    VOCODER_CHUNK,
    VOCODER_CONTEXT,
    Sampling,
    frames_of,
    hold,
    join,
    noise_source,
    plan_windows,
    sample_windows,
    samples_of,
    vocode,
)
from a2s.settings import AUDIO
from tests.fakes import FakePipeline

LENGTHS = [0.1, 0.5, 2.987, 3.0, 3.001, 3.5, 5.43, 10.0, 29.97, 61.3]


def film_mel(seconds: float) -> np.ndarray:
    """(1, 128, T + a window) random mel, longer than the film because the last window may run past its end."""
    frames = frames_of(seconds, AUDIO) + 2 * AUDIO.window_frames
    return np.random.default_rng(0).random((1, 128, frames), np.float32)


@pytest.mark.parametrize("overlap", [0.0, 0.128, 0.5, 1.5])
@pytest.mark.parametrize("seconds", LENGTHS)
def test_identity_model_returns_its_input_bit_for_bit(seconds, overlap):
    mel, windows = film_mel(seconds), plan_windows(seconds, AUDIO, overlap_seconds=overlap)
    pieces = (mel[..., w.first_frame : w.first_frame + AUDIO.window_frames] for w in windows)
    joined = join(pieces, [w.first_frame for w in windows])
    frames = frames_of(seconds, AUDIO)
    assert joined.shape[-1] >= frames
    assert np.array_equal(joined[..., :frames], mel[..., :frames])


@pytest.mark.parametrize("seconds", [0.1, 3.5, 61.3])
def test_identity_on_waveforms(seconds):
    windows = plan_windows(seconds, AUDIO)
    wave = (
        np.random.default_rng(1)
        .standard_normal(samples_of(seconds, AUDIO) + 2 * AUDIO.window_samples)
        .astype(np.float32)
    )
    starts = [w.first_frame * AUDIO.hop_length for w in windows]
    joined = join((wave[s : s + AUDIO.window_samples] for s in starts), starts)
    assert np.array_equal(joined[: samples_of(seconds, AUDIO)], wave[: samples_of(seconds, AUDIO)])


@pytest.mark.parametrize("seconds", LENGTHS)
def test_plan_covers_the_film_without_a_spare_window(seconds):
    windows = plan_windows(seconds, AUDIO)
    assert windows[0].first_frame == 0 and windows[0].held_columns == 0
    assert all(w.first_frame % AUDIO.latent_downsampling == 0 for w in windows)
    assert windows[-1].first_frame + AUDIO.window_frames >= frames_of(seconds, AUDIO)
    if len(windows) > 1:
        assert windows[-2].first_frame + AUDIO.window_frames < frames_of(seconds, AUDIO)
    for before, after in pairwise(windows):
        shared = before.first_frame + AUDIO.window_frames - after.first_frame
        assert shared == after.held_columns * 8 + 4 == 36, "0.5 s is four columns, and half a column"


def test_plan_refuses_what_makes_no_sense():
    with pytest.raises(BadSettings):
        plan_windows(5.0, AUDIO, overlap_seconds=1.6)
    with pytest.raises(BadSettings):
        plan_windows(5.0, AUDIO, overlap_seconds=-0.1)
    with pytest.raises(ValueError):
        plan_windows(0.0, AUDIO)


def test_taper_leads_evenly_from_one_piece_to_the_next():
    joined = join([np.zeros((1, 10), np.float32), np.ones((1, 10), np.float32)], [0, 6])
    np.testing.assert_allclose(joined[0], [0] * 6 + [0.2, 0.4, 0.6, 0.8] + [1] * 6, atol=1e-6)


def test_join_refuses_a_gap():
    with pytest.raises(ValueError):
        join([np.zeros((1, 10)), np.zeros((1, 10))], [0, 11])


def test_hold_lines_up_with_the_previous_window():
    second = plan_windows(5.0, AUDIO)[1]
    columns = torch.arange(24.0).expand(2, 4, 16, 24)
    latent, mask = hold(columns, second)
    offset = second.first_frame // 8
    assert mask.flatten().tolist() == [1.0] * second.held_columns + [0.0] * (24 - second.held_columns)
    assert latent[0, 0, 0, : second.held_columns].tolist() == [offset + k for k in range(second.held_columns)]


def conditions(window):
    return torch.zeros(1, 48, 6), torch.zeros(1, 20, 192), torch.full((1, 4, 16, 24), -40.0)


def sample(pipe, seconds, takes, **changes):
    windows = plan_windows(seconds, AUDIO)
    sampling = Sampling(changes.pop("seed", 3), 2, 2.0, tuple(takes))
    pieces = sample_windows(pipe, windows, conditions, sampling, **changes)
    return join((mel for mel, _ in pieces), [w.first_frame for w in windows])


def test_windows_continue_what_was_begun():
    pipe, windows = FakePipeline(), plan_windows(8.0, AUDIO)
    pieces = [mel for mel, _ in sample_windows(pipe, windows, conditions, Sampling(3, 2, 2.0))]
    step = windows[1].first_frame
    assert np.array_equal(pieces[0][..., step : step + 32], pieces[1][..., :32])
    assert not np.array_equal(pieces[0][..., :32], pieces[1][..., :32])
    assert [call["known"] for call in pipe.calls] == [False, True, True, True]


def test_a_take_is_the_same_alone_and_among_others():
    alone, among = sample(FakePipeline(), 5.0, [2]), sample(FakePipeline(), 5.0, range(4))
    assert np.array_equal(alone[0], among[2])
    assert not np.array_equal(among[0], among[2])
    assert not np.array_equal(alone, sample(FakePipeline(), 5.0, [2], seed=4))


def test_every_step_is_told_and_may_stop_the_run():
    told = []
    sample(
        FakePipeline(), 5.0, [0], on_step=lambda step: told.append((step.number, step.step, step.windows, step.done))
    )
    assert told == [(0, 1, 2, 0.25), (0, 2, 2, 0.5), (1, 1, 2, 0.75), (1, 2, 2, 1.0)]

    def stop(step):
        raise KeyboardInterrupt

    pipe = FakePipeline()
    with pytest.raises(KeyboardInterrupt):
        sample(pipe, 5.0, [0], on_step=stop)
    assert not pipe.calls


def test_latents_that_a_step_returns_replace_the_current_ones():
    changed = torch.zeros(1, 4, 16, 24)

    class Returning(FakePipeline):
        def sample(self, *inputs, callback_on_step_end, **options):
            def kept(*step):
                found.append(callback_on_step_end(*step)["latents"])
                return {}

            return super().sample(*inputs, callback_on_step_end=kept, **options)

    found = []
    sample(Returning(), 2.0, [0], on_step=lambda step: changed if step.step == 2 else None)
    assert found[0] is not changed and found[1] is changed


def test_noise_sources_differ_by_seed_take_and_window():
    keys = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2**32 - 1, 5, 900)]
    draws = {torch.randn(1, generator=noise_source(*key)).item() for key in keys}
    assert len(draws) == len(keys)


def smear(reach: int, last_hop: bool):
    """A vocoder that sees `reach` frames to each side and may leave the last hop out."""

    def vocoder(mel: torch.Tensor) -> torch.Tensor:
        level = mel.mean(1, keepdim=True)
        kernel = torch.linspace(1, 2, 2 * reach + 1)[None, None]
        wide = torch.nn.functional.conv1d(torch.nn.functional.pad(level, (reach, reach), "replicate"), kernel)
        sound = wide[:, 0].repeat_interleave(AUDIO.hop_length, 1)
        return sound if last_hop else sound[:, : -AUDIO.hop_length]

    return SimpleNamespace(spec=AUDIO, vocode=vocoder)


@pytest.mark.parametrize("last_hop", [True, False])
@pytest.mark.parametrize("seconds", [0.1, 3.0, 10.01])
def test_vocoding_in_chunks_is_exact_in_length_and_seamless(seconds, last_hop):
    mel = film_mel(seconds)[..., : frames_of(seconds, AUDIO)]
    whole = vocode(smear(24, last_hop), mel, samples_of(seconds, AUDIO), chunk=10**6)
    chunked = vocode(smear(24, last_hop), mel, samples_of(seconds, AUDIO), chunk=100, context=32)
    assert whole.shape == (1, round(seconds * 16_000)) and whole.dtype == np.float32
    np.testing.assert_allclose(chunked, whole, rtol=1e-5)
    short = vocode(smear(24, last_hop), mel, samples_of(seconds, AUDIO), chunk=100, context=4)
    assert seconds < 3 or not np.allclose(short, whole, rtol=1e-5), "too little context must be audible to this test"


def test_vocoder_sees_bounded_chunks():
    widths = []
    pipe = SimpleNamespace(
        spec=AUDIO, vocode=lambda mel: widths.append(mel.shape[-1]) or mel[:, 0].repeat_interleave(256, 1)
    )
    done = []
    vocode(pipe, film_mel(61.3), samples_of(61.3, AUDIO), on_chunk=done.append)
    assert max(widths) <= VOCODER_CHUNK + 2 * VOCODER_CONTEXT
    assert done == sorted(done) and done[-1] == 1.0


def test_a_vocoder_that_fills_its_last_hop_gets_the_mel_as_it_is():
    """A frame more would change the end of the sound, as far as the vocoder looks back."""
    lengths = []

    def vocoder(mel):
        lengths.append(mel.shape[-1])
        return mel[:, 0].repeat_interleave(AUDIO.hop_length, 1)

    mel = film_mel(3.0)[..., : frames_of(3.0, AUDIO)]
    sound = vocode(SimpleNamespace(spec=AUDIO, vocode=vocoder), mel, samples_of(3.0, AUDIO))
    assert lengths == [mel.shape[-1]] and sound.shape == (1, 48_000)
