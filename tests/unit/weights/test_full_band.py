"""The weights in checkpoints/full-band load as float32 and make sound; the package does not carry them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models import MelVAE, Vocoder
from a2s.settings import FULL_BAND

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "checkpoints" / "full-band"


@pytest.fixture(scope="module")
def burst() -> torch.Tensor:
    """(1, 144000): noise that decays, four times."""
    rng, n = np.random.default_rng(0), FULL_BAND.window_samples
    level = 0.2 * np.exp(-(np.arange(n) % 36_000) / 6000)
    return torch.from_numpy((level * rng.standard_normal(n)).astype(np.float32))[None]


@torch.inference_mode()
def test_a_sound_passes_both(burst):
    vae = MelVAE.from_pretrained(FOLDER / "vae").eval()
    vocoder = Vocoder.from_pretrained(FOLDER / "vocoder").eval()
    assert {p.dtype for model in (vae, vocoder) for p in model.parameters()} == {torch.float32}
    assert vocoder.spec == FULL_BAND
    mel = mel_spectrogram(burst, FULL_BAND)
    latent = vae.encode(pad_frames(mel, FULL_BAND))
    assert latent.shape == (1, 8, FULL_BAND.latent_bands, FULL_BAND.latent_frames) and latent.std() < 3
    coded = vae.decode(latent)[..., : mel.shape[-1]]
    assert 100 * (coded - mel).abs().mean() < 6, "dB; white noise has a grain that no latent holds"
    made = vocoder(coded)[:, : burst.shape[1]]
    back = mel_spectrogram(made, FULL_BAND)
    assert made.isfinite().all() and 100 * (back - mel).mean().abs() < 3


def test_files_are_small_half_precision_and_name_no_folder():
    files = list(FOLDER.rglob("*.safetensors"))
    assert len(files) == 3 and max(file.stat().st_size for file in files) < 9_000_000
    assert {value.dtype for file in files for value in load_file(file).values()} == {torch.float16}
    for config in FOLDER.rglob("config.json"):
        assert "_name_or_path" not in json.loads(config.read_text())


def test_the_package_does_not_carry_them():
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    shipped = [*targets["wheel"]["force-include"], *targets["sdist"]["include"], *targets["wheel"]["packages"]]
    paths = [ROOT / each.lstrip("/") for each in shipped]
    assert all(path.exists() for path in paths)
    assert not [path for path in paths if path == FOLDER or path in FOLDER.parents or FOLDER in path.parents]
