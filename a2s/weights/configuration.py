"""The size of a released model: the authors' configuration in the terms of a2s's classes."""

from __future__ import annotations

from typing import Any

from torch import nn

from a2s.errors import BadCheckpoint
from a2s.settings import AUDIO

LEVELS = 4
"""Resolutions of the VAE. Three halvings reduce 128 mel bands to 16."""


def is_configuration(content: object) -> bool:
    """Return whether the content of a JSON file is a configuration as the authors write it."""
    return isinstance(content, dict) and {"unet", "vae", "video_model", "audio_model"} <= set(content)


def empty_components(configuration: dict[str, Any] | None) -> dict[str, nn.Module]:
    """Return unet, vae, conditioner and av_sim without weights, on torch's meta device.

    configuration: of a model of another size, as the authors write it; None for the released size. The number of
    attention heads cannot be derived from weights, so another size needs its configuration. Raises BadCheckpoint if it
    describes no model.
    """
    import torch

    from a2s.pipelines.official_size import official_parts

    try:
        with torch.device("meta"):
            return official_parts(**_arguments(configuration) if configuration else {})
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, ArithmeticError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadCheckpoint(f"The configuration describes no model ({reason}).") from error


def _arguments(sizes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    unet, vae = sizes["unet"], sizes["vae"]
    video_cond = sizes["video_cond"]
    widths = [unet["model_channels"] * times for times in unet["channel_mult"]]
    attends = [2**level in unet["attention_resolutions"] for level in range(len(widths))]
    if len(vae["ch_mult"]) != LEVELS or vae["z_channels"] * AUDIO.latent_bands != _rows(sizes):
        raise ValueError("the latent is not that of a mel with 128 bands")
    return {
        "unet": {
            "in_channels": unet["in_channels"],
            "out_channels": unet["out_channels"],
            "block_out_channels": tuple(widths),
            "down_block_types": tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in attends),
            "up_block_types": tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attends)),
            "layers_per_block": unet["num_res_blocks"],
            "cross_attention_dim": unet["context_dim"],
            "attention_head_dim": unet["num_heads"],
        },
        "vae": {
            "latent_channels": vae["z_channels"],
            "block_out_channels": tuple(vae["ch"] * times for times in vae["ch_mult"]),
            "layers_per_block": vae["num_res_blocks"],
            "scaling_factor": sizes["scale_factor"],
        },
        "conditioner": {
            "video_dim": video_cond["origin_dim"],
            "context_dim": video_cond["embed_dim"],
            "latent_channels": vae["z_channels"],
            "num_frames": video_cond["seq_len"],
        },
        "av_sim": av_sim_arguments(sizes),
    }


def _rows(sizes: dict[str, Any]) -> int:
    channels, bands, _ = sizes["audio_cond"]["input_shape"]
    return channels * bands


def av_sim_arguments(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of OfficialAVSim in the authors' configuration."""
    video, audio = configuration["video_model"], configuration["audio_model"]
    video_names = ("img_size", "patch_size", "embed_dim", "depth", "num_heads", "num_frames")
    return {
        "video": {name: video[name] for name in video_names},
        "audio": {name: audio[name] for name in ("embed_dim", "depth", "num_heads")},
        "embedding": configuration["vid_proj"][1],
    }
