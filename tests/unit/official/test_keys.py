"""The full-size networks against the names and shapes in the authors' files, on the meta device: no memory, no time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch

from a2s.models.official import HiFiGAN
from a2s.models.official.sync import OfficialSync
from a2s.pipelines.official_size import official_parts
from tests.unit.official import names

SCHEDULE = ("betas", "alphas_cumprod", "sqrt_", "log_", "posterior_")
"""Tables of the release that follow from two numbers."""


@pytest.fixture(scope="module")
def keys() -> dict[str, dict[str, torch.Tensor]]:
    """{file: {the authors' name: an empty tensor of its shape}}."""
    files = json.loads(gzip.decompress((Path(__file__).parent / "keys.json.gz").read_bytes()))
    return {file: {key: torch.empty(shape, device="meta") for key, shape in of.items()} for file, of in files.items()}


@pytest.fixture(scope="module")
def parts() -> dict[str, torch.nn.Module]:
    with torch.device("meta"):
        return official_parts() | {"vocoder": HiFiGAN()}


def below(state: dict, prefix: str) -> dict:
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def shapes(state: dict) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in state.items()}


def test_latent_diffusion(keys, parts):
    state = keys["latent_diffusion"]
    assert len(state) == 955
    unet = names.unet(below(state, "model.diffusion_model."), parts["unet"].config)
    vae = names.vae(below(state, "first_stage_model."), parts["vae"].config)
    rest = {key: value for key, value in state.items() if not key.startswith(("model.", "first_", *SCHEDULE))}
    for name, mapped in (("unet", unet), ("vae", vae), ("conditioner", rest)):
        assert shapes(parts[name].state_dict()) == shapes(mapped), name


def test_av_sim(keys, parts):
    state = parts["av_sim"].state_dict()
    assert shapes(below(state, "video_model.")) == shapes(keys["video_model"])
    assert shapes(below(state, "audio_model.")) == shapes(names.ast(keys["audio_model_ast"]))
    assert shapes(below(state, "vid_proj.")) == shapes(keys["vid_proj"])


def test_av_sync(keys, parts):
    with torch.device("meta"):
        judge = OfficialSync(parts["av_sim"])
    assert {name: shape for name, shape in shapes(judge.state_dict()).items() if name.startswith("mlp.")} == shapes(
        keys["av_sync_head"]
    )


def test_hifigan(keys, parts):
    named = keys["hifigan_v1_128"]
    plain = {key.replace("weight_v", "weight"): value for key, value in named.items() if "weight_g" not in key}
    assert shapes(parts["vocoder"].state_dict()) == shapes(plain)


def test_size(parts):
    count = {name: sum(x.numel() for x in part.state_dict().values()) for name, part in parts.items()}
    assert count["unet"] == 859_520_964 and count["vae"] == 83_653_863
