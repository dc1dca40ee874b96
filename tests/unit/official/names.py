"""The authors' names as ours, by diffusers' own converter where there is one."""

from __future__ import annotations

import re

import torch
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint

TRUNK = "audio_spectrogram_transformer"
AST = {
    r"v\.cls_token": f"{TRUNK}.embeddings.cls_token",
    r"v\.dist_token": f"{TRUNK}.embeddings.distillation_token",
    r"v\.pos_embed": f"{TRUNK}.embeddings.position_embeddings",
    r"v\.patch_embed\.proj": f"{TRUNK}.embeddings.patch_embeddings.projection",
    r"v\.blocks\.(\d+)\.norm1": rf"{TRUNK}.layers.\1.layernorm_before",
    r"v\.blocks\.(\d+)\.norm2": rf"{TRUNK}.layers.\1.layernorm_after",
    r"v\.blocks\.(\d+)\.attn\.proj": rf"{TRUNK}.layers.\1.attention.o_proj",
    r"v\.blocks\.(\d+)\.mlp": rf"{TRUNK}.layers.\1.mlp",
    r"v\.norm": f"{TRUNK}.layernorm",
    r"mlp_head\.0": "classifier.layernorm",
    r"mlp_head\.1": "classifier.dense",
}


def unet(state: dict[str, torch.Tensor], config: dict) -> dict[str, torch.Tensor]:
    return convert_ldm_unet_checkpoint(
        {f"model.diffusion_model.{key}": value for key, value in state.items()},
        {"layers_per_block": 2, "class_embed_type": None, "addition_embed_type": None} | dict(config),
    )


def vae(state: dict[str, torch.Tensor], config: dict) -> dict[str, torch.Tensor]:
    full = {f"first_stage_model.{key}": value for key, value in state.items()}
    blocks = {"down_block_types": config["block_out_channels"], "up_block_types": config["block_out_channels"]}
    made = convert_ldm_vae_checkpoint(full, blocks)
    return {f"autoencoder.{key}": value for key, value in made.items()}


def ast(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The heads that the authors' tower keeps from its first training are left out."""
    made = {}
    for key, value in state.items():
        block = re.match(r"v\.blocks\.(\d+)\.attn\.qkv\.(\w+)", key)
        if block:
            names = (f"{TRUNK}.layers.{block[1]}.attention.{x}_proj.{block[2]}" for x in "qkv")
            made |= dict(zip(names, value.chunk(3), strict=True))
        elif not key.startswith("v.head"):
            old, new = next((old, new) for old, new in AST.items() if re.match(old + r"(\.|$)", key))
            made[re.sub(f"^{old}", new, key)] = value
    return made


def folded(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weight norm into plain weights: g v / |v|, the norm over all axes but the first (Salimans & Kingma 2016)."""
    made = {key: value for key, value in state.items() if not key.endswith(("weight_g", "weight_v"))}
    for key in (key for key in state if key.endswith("weight_v")):
        v, g = state[key], state[key.replace("weight_v", "weight_g")]
        made[key.replace("weight_v", "weight")] = g * v / v.flatten(1).norm(dim=1).view(-1, 1, 1)
    return made
