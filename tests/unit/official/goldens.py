"""Arrays and weights that the authors' own classes computed at a reduced size.

What proves parity is in `tests/data/official`. Larger cases, one for each network, are read from ../shared where that
exists. The small cases in the tree are subsets of theirs.
"""

from __future__ import annotations

import json
import lzma
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parents[2] / "data" / "official"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "official" / "golden"
MODULE, LATENT = 1e-5, 1e-4
"""Largest error of a single module and of a sampled latent, relative to the array's largest value."""


class Golden(dict):
    """Arrays by name. A missing one skips the test."""

    def __init__(self, name: str, found: dict):
        super().__init__(found)
        self.name = name

    def __missing__(self, key: str):
        pytest.skip(f"needs {key} of ../shared/official/golden/{self.name}.npz, which is not in the tree")


def path(name: str) -> Path:
    """A file of a golden case, from the tree or else from ../shared. Skips the test if neither has it."""
    found = [root / name for root in (HERE, SHARED) if (root / name).is_file()]
    if not found:
        pytest.skip(f"needs ../shared/official/golden/{name}, a larger case than those in the tree")
    return found[0]


def arrays(name: str) -> Golden:
    """name: "case/file" without ".npz". Text arrays stay numpy."""
    path(f"{name}.npz")
    found: dict = {}
    for root in (SHARED, HERE):
        if (root / f"{name}.npz").is_file():
            with np.load(root / f"{name}.npz", allow_pickle=False) as data:
                found |= {key: data[key] for key in data.files if key not in found}
    return Golden(name, {k: torch.from_numpy(v) if v.dtype.kind != "U" else v for k, v in found.items()})


def config(name: str) -> dict:
    return json.loads(path(f"{name}.json").read_text())


def weights(name: str, prefix: str = "") -> dict[str, torch.Tensor]:
    """Weights in float32 under the authors' names, those that begin with `prefix`, which is removed."""
    found = load_file(path(f"{name}.safetensors"))
    return {key.removeprefix(prefix): value.float() for key, value in found.items() if key.startswith(prefix)}


def released(name: str) -> dict[str, torch.Tensor]:
    """The state dict of a file of the small release, under the authors' names."""
    head, planes = lzma.decompress(path(f"release/{name}.xz").read_bytes()).split(b"\n", 1)
    values = torch.from_numpy(np.frombuffer(planes, np.uint8).reshape(4, -1).T.copy().view("<f4")[:, 0])
    state, first = {}, 0
    for key, shape in json.loads(head).items():
        state[key] = values[first : first + math.prod(shape)].reshape(shape).clone()
        first += math.prod(shape)
    return state


def error(made: torch.Tensor, golden: torch.Tensor) -> float:
    """Largest difference, relative to the golden array's largest value."""
    assert made.shape == golden.shape
    return float((made - golden).abs().max() / golden.abs().max())


def video_config(golden: dict) -> dict:
    """SpaceTimeTransformer's arguments in a golden configuration."""
    return {key: golden[key] for key in ("img_size", "patch_size", "embed_dim", "depth", "num_heads", "num_frames")}


def audio_config(golden: dict) -> dict:
    return {key: golden[key] for key in ("embed_dim", "depth", "num_heads")}


def unet_config(golden: dict) -> dict:
    """What differs from the released UNet."""
    widths = tuple(golden["model_channels"] * factor for factor in golden["channel_mult"])
    return {
        "block_out_channels": widths,
        "cross_attention_dim": golden["context_dim"],
        "attention_head_dim": golden["num_heads"],
    }


def vae_config(golden: dict) -> dict:
    return {"block_out_channels": tuple(golden["ch"] * factor for factor in golden["ch_mult"])}
