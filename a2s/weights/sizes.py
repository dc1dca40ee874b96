"""The size of a released model: the authors' configuration in terms of our classes."""

from __future__ import annotations

from torch import nn

from a2s.errors import BadCheckpoint
from a2s.settings import AUDIO

LEVELS = 4
"""Resolutions of the VAE, whose three halvings make a latent of 16 bands."""


def is_sizes(content: object) -> bool:
    """Whether a json file states sizes, as its authors' configuration does."""
    return isinstance(content, dict) and {"unet", "vae", "video_model", "audio_model"} <= set(content)


def empty_parts(sizes: dict | None) -> dict[str, nn.Module]:
    """unet, vae, conditioner and av_sim without weights, on torch's meta device.

    sizes: the authors' configuration of a model that isn't the released one; None for the released size. How many
    heads an attention has can be read from no weight, so a model of another size cannot be guessed. Raises
    BadCheckpoint where sizes make no model.
    """
    import torch

    from a2s.pipelines.official_size import official_parts

    try:
        with torch.device("meta"):
            return official_parts(**_ours(sizes) if sizes else {})
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, ArithmeticError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadCheckpoint(f"The sizes that were given make no model ({reason}).") from error


def _ours(sizes: dict) -> dict[str, dict]:
    unet, vae = sizes["unet"], sizes["vae"]
    video, audio, seen = sizes["video_model"], sizes["audio_model"], sizes["video_cond"]
    widths = [unet["model_channels"] * times for times in unet["channel_mult"]]
    attends = [2**level in unet["attention_resolutions"] for level in range(len(widths))]
    if len(vae["ch_mult"]) != LEVELS or vae["z_channels"] * AUDIO.latent_bands != _rows(sizes):
        raise ValueError("the latent is not that of a 128-band mel")
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
            "video_dim": seen["origin_dim"],
            "context_dim": seen["embed_dim"],
            "latent_channels": vae["z_channels"],
            "num_frames": seen["seq_len"],
        },
        "av_sim": {
            "video": {
                name: video[name]
                for name in ("img_size", "patch_size", "embed_dim", "depth", "num_heads", "num_frames")
            },
            "audio": {name: audio[name] for name in ("embed_dim", "depth", "num_heads")},
            "embedding": sizes["vid_proj"][1],
        },
    }


def _rows(sizes: dict) -> int:
    channels, bands, _ = sizes["audio_cond"]["input_shape"]
    return channels * bands
