"""Translate the authors' weight names to those of the classes in `a2s.models`, diffusers and transformers.

Each function takes a name of the checkpoint without its prefix and returns the new name; None if no such module exists,
so that a name of another network is reported as unexpected. The latent diffusion code numbers all blocks of the UNet;
diffusers names them by resolution level and position. Sources: the module lists of CompVis/stable-diffusion's
`openaimodel.py` and `model.py`, YuanGongND/ast's `ast_models.py`, and the state dicts of diffusers' and transformers'
classes.

diffusers converts such names too (`convert_ldm_unet_checkpoint`), but only whole state dicts in memory. Here a
checkpoint of several GB is converted weight by weight. The tests compare both.
"""

from __future__ import annotations

import re

RESIDUAL = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
UNET_ENDS = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
}
UNET_MIDDLE = {"0": "resnets.0", "1": "attentions.0", "2": "resnets.1"}
VAE_ENDS = {"norm_out": "conv_norm_out", "block_1": "resnets.0", "block_2": "resnets.1", "attn_1": "attentions.0"}
VAE_ATTENTION = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
AST_TRUNK = {
    "v.cls_token": "embeddings.cls_token",
    "v.dist_token": "embeddings.distillation_token",
    "v.pos_embed": "embeddings.position_embeddings",
    "v.patch_embed.proj": "embeddings.patch_embeddings.projection",
    "v.norm": "layernorm",
}
AST_LAYER = {
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "attn.proj": "attention.o_proj",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
AST_HEAD = {"mlp_head.0": "classifier.layernorm", "mlp_head.1": "classifier.dense"}
UNET_BLOCKS = 2
"""Residual blocks at each level of the UNet's encoder. Its decoder has one more."""


def unet_name(name: str, blocks: int = UNET_BLOCKS) -> str | None:
    """`openaimodel.UNetModel` -> `UNet2DConditionModel`."""
    if ours := _renamed(name, UNET_ENDS):
        return ours
    if found := re.fullmatch(r"middle_block\.([012])\.(.+)", name):
        return f"mid_block.{UNET_MIDDLE[found[1]]}.{_residual(found[2])}"
    if found := re.fullmatch(r"(input|output)_blocks\.(\d+)\.(\d)\.(.+)", name):
        direction, number, position, rest = found[1], int(found[2]), int(found[3]), found[4]
        if direction == "input":
            level, block = divmod(number - 1, blocks + 1)
            if rest.startswith("op."):
                return f"down_blocks.{level}.downsamplers.0.conv.{rest[3:]}"
            side = "down_blocks"
        else:
            level, block = divmod(number, blocks + 1)
            if rest.startswith("conv."):
                return f"up_blocks.{level}.upsamplers.0.{rest}"
            side = "up_blocks"
        kind = "attentions" if position else "resnets"
        return f"{side}.{level}.{kind}.{block}.{_residual(rest)}"
    return None


def vae_name(name: str, levels: int = 4) -> str | None:
    """Latent diffusion's `AutoencoderKL` -> diffusers', whose decoder counts its levels in reverse."""
    if found := re.fullmatch(r"(encoder|decoder)\.(?:down|up)\.(\d+)\.(?:block\.(\d+)|(down|up)sample)\.(.+)", name):
        side, level, block, sample, rest = found.groups()
        level = int(level) if side == "encoder" else levels - 1 - int(level)
        direction = "down" if side == "encoder" else "up"
        module = f"resnets.{block}" if block else f"{sample}samplers.0"
        return f"{side}.{direction}_blocks.{level}.{module}.{rest.replace('nin_shortcut', 'conv_shortcut')}"
    if found := re.fullmatch(r"(encoder|decoder)\.mid\.(block_1|block_2|attn_1)\.(\w+)\.(.+)", name):
        side, part, layer, rest = found.groups()
        layer = VAE_ATTENTION.get(layer, layer) if part == "attn_1" else layer
        return f"{side}.mid_block.{VAE_ENDS[part]}.{layer}.{rest}"
    if found := re.fullmatch(r"(encoder|decoder)\.(conv_in|conv_out|norm_out)\.(.+)", name):
        return f"{found[1]}.{VAE_ENDS.get(found[2], found[2])}.{found[3]}"
    return name if name.startswith(("quant_conv.", "post_quant_conv.")) else None


def ast_names(name: str) -> list[str] | None:
    """YuanGongND's `ASTModel` -> transformers' `ASTForAudioClassification`, which separates query, key and value.

    Returns one name, or three names that share the rows of the weight; an empty list for the image classifier's heads,
    which the audio model does not use.
    """
    trunk = "audio_spectrogram_transformer."
    if name.startswith(("v.head.", "v.head_dist.")):
        return []
    if ours := _renamed(name, AST_HEAD):
        return [ours]
    if ours := _renamed(name, AST_TRUNK):
        return [trunk + ours]
    if found := re.fullmatch(r"v\.blocks\.(\d+)\.(.+)\.(weight|bias)", name):
        layer, part, kind = found.groups()
        if part == "attn.qkv":
            return [f"{trunk}layers.{layer}.attention.{one}_proj.{kind}" for one in "qkv"]
        if part in AST_LAYER:
            return [f"{trunk}layers.{layer}.{AST_LAYER[part]}.{kind}"]
    return None


def _residual(name: str) -> str:
    return _renamed(name, RESIDUAL) or name


def _renamed(name: str, table: dict[str, str]) -> str | None:
    """Replace the prefix of a name by the table; None if the table has no such prefix."""
    for theirs, ours in table.items():
        if name == theirs or name.startswith(theirs + "."):
            return ours + name[len(theirs) :]
    return None
