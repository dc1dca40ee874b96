"""Where one window ends and the next begins, nothing is to be heard of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from a2s import DubSettings, dub
from a2s.cues import Cue, CueTrack
from a2s.pipelines.windows import Sampling, join, plan_windows, sample_windows
from a2s.settings import AUDIO
from tests.fakes import FakeBank, FakePipeline, draw_video

COMPACT = Path(__file__).resolve().parents[3] / "checkpoints" / "compact"
HOP = AUDIO.hop_length


class Identity(FakePipeline):
    """Its sound is a given one (n,), carried through as frames of 256 samples and latents of eight frames' means."""

    def __init__(self, wave):
        super().__init__()
        frames = np.resize(wave, -(-len(wave) // HOP) * HOP).reshape(-1, HOP).T
        self.frames = np.pad(frames, [(0, 0), (0, 400)]).astype(np.float32)

    def encode_video(self, motion, start):
        return torch.full((1, 48, 6), float(start))

    def sample(self, video_tokens, cue_roll, ambient, known=None, callback_on_step_end=None, **_):
        first = round(float(video_tokens[0, 0, 0]) / AUDIO.frame_seconds)
        own = torch.from_numpy(self.frames[:, first : first + AUDIO.window_frames])[None]
        columns = self.frames[:, first : first + AUDIO.padded_frames].reshape(HOP, AUDIO.latent_frames, -1).mean((0, 2))
        latents = torch.from_numpy(columns).expand(1, 4, AUDIO.latent_bands, -1)
        if known is not None:  # what it must hold on to is what it would have said itself
            latent, mask = known
            held = mask.expand_as(latents).bool()
            assert held.any() and torch.equal(latent[held], latents[held])
        self.calls.append(first)
        return SimpleNamespace(mels=own, latents=latents)

    def vocode(self, mel):
        return mel.transpose(1, 2).reshape(len(mel), -1)


@pytest.mark.parametrize("overlap", [0.0, 0.5, 1.5])
def test_a_model_that_says_its_input_gives_it_back_exactly(tmp_path, overlap):
    """Through the whole of `dub`: planned, held, joined, vocoded in chunks, trimmed, levelled."""
    film = draw_video(tmp_path / "film.mp4", seconds=21.3, fps=12, hits=())
    wave = (0.1 * np.random.default_rng(0).standard_normal(round(22 * AUDIO.sample_rate))).astype(np.float32)
    pipe = Identity(wave)
    settings = DubSettings(steps=1, ambient_clip="room", overlap_seconds=overlap, loudness=None)
    take = dub(film, settings, pipe, FakeBank(), cues=CueTrack())
    assert len(pipe.calls) >= 8
    assert np.array_equal(take.waveform, wave[: len(take.waveform)])
    assert len(take.waveform) == round(take.recipe.video.duration * AUDIO.sample_rate)


def flux(mel):
    """(T - 1,): mean change from one frame to the next."""
    return np.abs(np.diff(mel, axis=-1)).mean(0)


def conditions(window):
    return torch.zeros(1, 48, 6), torch.zeros(1, 20, 192), torch.full((1, 4, 16, 24), -40.0)


def noise_mel(overlap, seconds=61.3):
    """(joined mel (128, T) of a noisy ambience, frames at which a window begins or one ends)."""
    windows = plan_windows(seconds, AUDIO, overlap_seconds=overlap)
    pieces = sample_windows(FakePipeline(), windows, conditions, Sampling(1, 1, 1.0))
    joints = [w.first_frame for w in windows[1:]] + [w.first_frame + AUDIO.window_frames for w in windows[:-1]]
    return join((mel for mel, _ in pieces), [w.first_frame for w in windows])[0], np.array(joints)


@pytest.mark.parametrize("overlap", [0.128, 0.5, 1.5])
def test_noise_changes_no_more_at_a_joint_than_elsewhere(overlap):
    mel, joints = noise_mel(overlap)
    change, level = flux(mel), np.abs(np.diff(mel.mean(0)))
    near = np.zeros(len(change), bool)
    for joint in joints:
        near[max(0, joint - 5) : joint + 4] = True
    for measured in (change, level):
        assert measured[near].max() <= 1.05 * measured[~near].max()


def test_windows_that_differ_in_level_are_led_over_not_cut():
    """6 dB apart, as a model may drift: no step of a frame is more than a fifth of a dB."""
    windows = plan_windows(30.0, AUDIO)
    pieces = [
        np.full((1, 128, AUDIO.window_frames), 0.4 + 0.03 * (-1) ** window.index, np.float32) for window in windows
    ]
    joined = join(pieces, [window.first_frame for window in windows])[0]
    assert np.ptp(joined) == pytest.approx(0.06, abs=1e-3)
    assert 100 * flux(joined).max() < 0.2


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """dub(seconds, cues) in heavy rain by the shipped model, of the first seconds of one film."""
    if not (COMPACT / "model_index.json").is_file():
        pytest.skip("needs checkpoints/compact")
    folder = tmp_path_factory.mktemp("film")
    settings = DubSettings(steps=5, ambient=0.8, ambient_clip="heavy-rain-on-a-tin-roof", seed=2)

    def make(seconds, *times):
        film = draw_video(folder / f"{seconds}.mp4", seconds=seconds, hits=(1.2, 2.7, 4.0))
        return dub(film, settings, cues=CueTrack(tuple(Cue(time, 0.9, "knock", "wood") for time in times)))

    return make


def test_the_shipped_models_rain_has_no_joints(shipped):
    wave = shipped(7.5).waveform
    windows = plan_windows(7.5, AUDIO)
    block = HOP * 2
    frames = wave[: len(wave) // block * block].reshape(-1, block) * np.hanning(block)
    bands = np.abs(np.fft.rfft(frames, axis=1))[:, 8:248].reshape(-1, 15, 16)
    spectrum = np.log(bands.mean(2))
    change, level = np.abs(np.diff(spectrum, axis=0)).mean(1), np.abs(np.diff(spectrum.mean(1)))
    near = np.zeros(len(change), bool)
    for window in windows[1:]:  # from where one begins to where the one before ends
        near[window.first_frame // 2 - 2 : (window.first_frame + 36) // 2 + 2] = True
    near[:10] = near[-10:] = False
    inside = ~near
    inside[:10] = inside[-10:] = False
    for measured in (change, level):
        assert measured[near].max() <= 1.25 * measured[inside].max()
        assert measured[near].mean() <= 1.15 * measured[inside].mean()


def test_an_impact_across_a_joint_is_what_the_window_that_began_it_made_of_it(shipped):
    """2.7 s lies where the first window ends, which the second must hold on to."""
    joined, alone = (shipped(seconds, 2.7) for seconds in (5.0, 3.0))
    part = slice(round(2.45 / AUDIO.frame_seconds), round(2.9 / AUDIO.frame_seconds))
    assert 100 * np.abs(joined.mel[:, part] - alone.mel[:, part]).mean() < 2, "dB"
    heard = [take.waveform[round(2.6 * 16_000) : round(2.9 * 16_000)] for take in (joined, alone)]
    peak, other = (20 * np.log10(np.abs(wave).max()) for wave in heard)
    assert peak == pytest.approx(other, abs=1.5)
