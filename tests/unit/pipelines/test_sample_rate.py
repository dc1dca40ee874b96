"""The sample rate belongs to the model: a tiny model at 48 kHz, from the command of a dub to the file."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
import torch

from a2s import DubSettings, dub
from a2s.ambient import AmbientBank
from a2s.audio.mel import mel_spectrogram
from a2s.models import GriffinLim
from a2s.pipelines import AVLDMPipeline
from a2s.settings import AUDIO, FULL_BAND, AudioSpec
from tests.fakes import draw_video, small_bank
from tests.tiny import tiny_pipeline

RATE = FULL_BAND.sample_rate


@pytest.fixture(scope="module")
def pipe():
    return tiny_pipeline(spec=FULL_BAND)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("rate") / "clip.mp4", seconds=4.25, tone=True)


@pytest.fixture(scope="module")
def bank(pipe):
    return small_bank().embedded(pipe.embed_audio, pipe.model_hash)


def test_full_band_keeps_the_grid_of_the_frames():
    names = ("window_frames", "padded_frames", "latent_frames", "latent_bands", "frame_seconds")
    assert all(getattr(FULL_BAND, name) == getattr(AUDIO, name) for name in names)
    assert AudioSpec.at_rate(RATE) == FULL_BAND and AudioSpec.at_rate(16_000) == AUDIO


def test_a_dub_has_the_exact_length_at_the_rate_of_the_model(pipe, clip, bank, tmp_path):
    take = dub(clip, DubSettings(steps=2, original_audio=-12.0), pipe, bank, stems=True)
    samples = round(take.recipe.video.duration * RATE)
    assert take.sample_rate == take.recipe.sample_rate == RATE
    assert len(take.waveform) == take.recipe.samples == samples
    assert all(len(stem) == samples for stem in take.stems.values())
    take.save(tmp_path / "dubbed.wav")
    sound, rate = soundfile.read(tmp_path / "dubbed.wav")
    assert rate == RATE and len(sound) == samples
    spectrum = np.abs(np.fft.rfft(take.waveform))
    hertz = np.fft.rfftfreq(samples, 1 / RATE)
    assert spectrum[hertz > 8_000].max() > 1e-3 * spectrum.max()  # a resampled 16 kHz sound has nothing there
    original = np.abs(np.fft.rfft(take.stems["original"][:, 0]))
    assert hertz[np.argmax(original)] == pytest.approx(300, abs=1)  # the tone of the film keeps its pitch


def test_the_call_returns_sound_at_the_rate_of_the_model(pipe, clip, bank, tmp_path):
    pipe.save_pretrained(tmp_path / "model")
    bank.save(tmp_path / "model" / "ambient")
    again = AVLDMPipeline.from_pretrained(tmp_path / "model")
    assert again.spec == FULL_BAND and again.sample_rate == RATE
    out = again(clip, num_inference_steps=2)
    assert out.audios.shape == (1, 1, round(4.25 * RATE))


def test_the_configuration_names_a_rate_other_than_16_khz_only(pipe, tmp_path):
    assert tiny_pipeline().config.audio is None
    pipe.save_pretrained(tmp_path / "model")
    index = json.loads((tmp_path / "model" / "model_index.json").read_text("utf-8"))
    assert AudioSpec.from_config(index["audio"]) == FULL_BAND


def test_an_ambience_is_encoded_at_the_rate_of_the_model(pipe):
    """The same noise at both rates has nearly the same condition, since latents have the same grid."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(FULL_BAND.window_samples).astype(np.float32)
    assert pipe.encode_ambient(noise).shape == tiny_pipeline().encode_ambient(noise).shape


def test_griffin_lim_works_at_48_khz():
    noise = torch.from_numpy(0.1 * np.random.default_rng(1).standard_normal(RATE // 2).astype(np.float32))
    (made,) = GriffinLim(8, FULL_BAND.to_config())(mel_spectrogram(noise, FULL_BAND)[None])
    assert len(made) == FULL_BAND.hop_length * (1 + len(noise) // FULL_BAND.hop_length)
    levels = [high_band_db(wave) for wave in (made.numpy()[: len(noise)], noise.numpy())]
    assert levels[0] == pytest.approx(levels[1], abs=3)


def high_band_db(wave: np.ndarray) -> float:
    """Level from 8 to 18 kHz, in dB."""
    hertz = np.fft.rfftfreq(len(wave), 1 / RATE)
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float(10 * np.log10(power[(hertz > 8_000) & (hertz < 18_000)].mean()))


def test_a_bank_at_48_khz(pipe, tmp_path):
    tone = np.sin(2 * np.pi * 12_000 / RATE * np.arange(4 * RATE)).astype(np.float32) * 0.3
    about = {"name": "Tone", "kind": "quiet", "author": "tests", "licence": "CC0"}
    AmbientBank.of([(tone, about)], RATE).embedded(pipe.embed_audio, "tiny").save(tmp_path / "bank")
    bank = AmbientBank.load(tmp_path / "bank")
    assert bank.sample_rate == RATE and len(bank.waveform("tone")) == 4 * RATE
    assert bank.waveform("tone") == pytest.approx(tone, abs=1e-4)
    low = bank.waveform("tone", 16_000)
    assert len(low) == 4 * 16_000 and np.abs(low[1_000:-1_000]).max() < 0.01  # the tone is above 8 kHz


def test_a_bank_at_16_khz_serves_a_model_at_48_khz(bank):
    low, high = bank.waveform("street"), bank.waveform("street", RATE)
    assert len(high) == 3 * len(low)
    assert np.corrcoef(high[::3], low)[0, 1] > 0.95  # white noise loses what lies next to the Nyquist frequency
