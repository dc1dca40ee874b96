"""The trainings at 48 kHz from end to end on two scenes and tiny networks, and their configuration files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from a2s.cli.main import main
from a2s.errors import BadSettings
from a2s.models import MelVAE, Vocoder
from a2s.settings import FULL_BAND
from a2s.training.config import load_config
from a2s.training.full_band.corpus import Corpus, Mels, held_out_waves
from a2s.training.objectives import full_band_vae, full_band_vocoder

CONFIGS = Path(__file__).resolve().parents[4] / "configs"


@pytest.fixture(scope="module")
def first_vae(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("first") / "vae"
    MelVAE(block_out_channels=(8, 16)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def first_vocoder(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("first") / "vocoder"
    Vocoder(channels=16, layers=1).save_pretrained(folder)
    return folder


def test_a_corpus_gives_windows_in_range(scenes):
    waves = Corpus(scenes, FULL_BAND).batch(4, np.random.default_rng(0))
    assert waves.shape == (4, FULL_BAND.window_samples) and 0.01 < waves.abs().max() <= 1
    assert torch.equal(waves, Corpus(scenes, FULL_BAND).batch(4, np.random.default_rng(0)))
    mels = Mels(scenes, FULL_BAND).draw(4, np.random.default_rng(0))
    assert mels.shape == (4, FULL_BAND.n_mels, FULL_BAND.padded_frames) and 0 <= mels.min() and mels.max() <= 1


def test_held_out_scenes_measure_the_model(scenes):
    held = held_out_waves(scenes, FULL_BAND, 1, 3)
    beside = Corpus(scenes.with_name("scenes-held-out"), FULL_BAND).batch(1, np.random.default_rng(3))
    assert torch.equal(held, beside)


def test_a_folder_without_scenes_is_refused(tmp_path):
    with pytest.raises(BadSettings, match="holds no rendered scenes"):
        Corpus(tmp_path, FULL_BAND)


def test_vae(scenes, first_vae, tmp_path):
    arguments = ["train", "vae", "--full-band", "--config", str(CONFIGS / "full_band_vae.yaml"), "--data", str(scenes)]
    small = ["--set", "evaluation_clips=2", "--set", f"init={first_vae}", "--batch", "2", "-o", str(tmp_path)]
    assert main([*arguments, *small, "--steps", "1"]) == 0
    assert main([*arguments, *small, "--steps", "2", "--resume"]) == 0
    log = json.loads((tmp_path / "state.json").read_text())["log"]
    assert [row["step"] for row in log] == [1, 2] and log[0]["held_out_l1_db"] > 0
    trained = MelVAE.from_pretrained(tmp_path / "vae")
    before = MelVAE.from_pretrained(first_vae)
    assert any(not torch.equal(a, b) for a, b in zip(trained.parameters(), before.parameters()))
    assert not torch.equal(trained.latent_std, before.latent_std)


def test_vocoder_in_both_stages(scenes, first_vae, first_vocoder, tmp_path):
    small = {"data": scenes, "steps": 1, "batch": 1, "frames": 12, "evaluation_clips": 1, "rounds": 1}
    config = load_config(
        full_band_vocoder.FullBandVocoderConfig,
        CONFIGS / "full_band_vocoder.yaml",
        small | {"out": tmp_path / "first", "init": first_vocoder},
    )
    first = full_band_vocoder.train(config)
    assert Vocoder.from_pretrained(first).spec == FULL_BAND
    more = {"rounds": 2, "out": tmp_path / "second", "init": first, "vae": first_vae, "adversarial_from": 0}
    config = load_config(
        full_band_vocoder.FullBandVocoderConfig, CONFIGS / "full_band_vocoder_adversarial.yaml", small | more
    )
    second = Vocoder.from_pretrained(full_band_vocoder.train(config))
    (log,) = json.loads((tmp_path / "second" / "state.json").read_text())["log"]
    assert log["held_out_mrstft_mel"] > 0 and log["held_out_mrstft_coded"] > 0
    assert second.config.rounds == 2, "weights can be given more rounds"
    moved = second.head.weight - Vocoder.from_pretrained(first).head.weight
    assert 0 < moved.abs().max() < 1e-3


def test_the_vocoder_is_given_true_and_coded_mels_of_the_same_place(scenes, first_vae):
    config = full_band_vocoder.FullBandVocoderConfig(data=scenes, out=scenes, batch=1, frames=12, vae=first_vae)
    objective = full_band_vocoder.FullBandVocoderObjective(config, Vocoder(channels=8, layers=1))
    draws = [objective.draw(np.random.default_rng(seed)) for seed in range(6)]
    same = [torch.equal(given, mel) for given, mel, _ in draws]
    assert any(same) and not all(same)
    assert all(g.shape == m.shape == (1, 128, 12) and t.shape == (1, 12 * 768) for g, m, t in draws)


def test_the_configurations_hold_every_stage():
    given = {"data": "scenes", "out": "run"}
    assert load_config(full_band_vae.FullBandVAEConfig, CONFIGS / "full_band_vae.yaml", given).steps == 1800
    kind = full_band_vocoder.FullBandVocoderConfig
    assert load_config(kind, CONFIGS / "full_band_vocoder.yaml", given).adversarial_from is None
    assert load_config(kind, CONFIGS / "full_band_vocoder_adversarial.yaml", given).adversarial_from == 150
