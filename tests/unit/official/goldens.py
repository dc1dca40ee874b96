"""Arrays and weights that the authors' own classes made at a reduced size, and models of ours that take those weights.

What is small lies in `golden/` beside this file; the UNet, the VAE and the whole chain are read from ../shared.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parents[2] / "data" / "official" / "golden"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "official"
MODULE, LATENT = 1e-5, 1e-4
"""Largest error of a single module and of a sampled latent, relative to the array's largest value."""


def folder(name: str) -> Path:
    """Where a golden case is. Skips the test where it is nowhere."""
    found = [place / name for place in (HERE, SHARED / "golden") if (place / name).is_dir()]
    if not found:
        pytest.skip(f"needs ../shared/official/golden/{name}, which is not here")
    return found[0]


def arrays(name: str) -> dict[str, torch.Tensor]:
    """name: "case/file" without ".npz". Text arrays stay numpy."""
    case, file = name.split("/")
    with np.load(folder(case) / f"{file}.npz", allow_pickle=False) as data:
        return {key: torch.from_numpy(data[key]) if data[key].dtype.kind != "U" else data[key] for key in data.files}


def config(name: str) -> dict:
    case, file = name.split("/")
    return json.loads((folder(case) / f"{file}.json").read_text())


def weights(name: str, prefix: str = "") -> dict[str, torch.Tensor]:
    """Weights in float32 under the authors' names, those that begin with `prefix`, which is taken off."""
    case, file = name.split("/")
    found = load_file(folder(case) / f"{file}.safetensors")
    return {key.removeprefix(prefix): value.float() for key, value in found.items() if key.startswith(prefix)}


def error(made: torch.Tensor, golden: torch.Tensor) -> float:
    """Largest difference, relative to the golden array's largest value."""
    assert made.shape == golden.shape
    return float((made - golden).abs().max() / golden.abs().max())


def video_config(golden: dict) -> dict:
    """SpaceTimeTransformer's arguments out of a golden configuration."""
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
