"""The released Action2Sound model's components, at its size or a smaller one, with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from a2s.settings import AUDIO

if TYPE_CHECKING:
    from a2s.pipelines.avldm import AVLDMPipeline
    from a2s.pipelines.solver import FractionalDPMSolver

STEPS, GUIDANCE_SCALE = 25, 6.5
"""Of the sampler, as the authors run it."""


def official_parts(
    unet: dict | None = None, vae: dict | None = None, conditioner: dict | None = None, av_sim: dict | None = None
) -> dict[str, nn.Module]:
    """unet, vae, conditioner and av_sim; each argument: what differs from the released size. The vocoder is apart."""
    from diffusers import UNet2DConditionModel

    from a2s.models.official import OfficialAVSim, OfficialConditioner, PictureVAE

    return {
        "unet": UNet2DConditionModel(**(UNET | (unet or {}))),
        "vae": PictureVAE(**(vae or {})),
        "conditioner": OfficialConditioner(**(conditioner or {})),
        "av_sim": OfficialAVSim(**(av_sim or {})),
    }


UNET = {
    "sample_size": (AUDIO.latent_bands, AUDIO.latent_frames),
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,  # the number of heads, which diffusers took it for when Stable Diffusion 1.4 came
    "norm_num_groups": 32,
    "norm_eps": 1e-5,
}
"""Stable Diffusion 1.4's UNet on a latent of 16 bands and 24 columns."""


def official_solver() -> FractionalDPMSolver:
    """The authors' sampler: noise prediction, second order, first order in the last step of runs under 15 steps."""
    from a2s.pipelines.solver import FractionalDPMSolver

    return FractionalDPMSolver(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", final_sigmas_type="sigma_min"
    )


def official_pipeline(parts: dict[str, nn.Module], vocoder: nn.Module) -> AVLDMPipeline:
    """An AVLDMPipeline of `official_parts` and any vocoder for our mel front-end."""
    from a2s.pipelines import AVLDMPipeline

    return AVLDMPipeline(
        **parts, vocoder=vocoder, scheduler=official_solver(), steps=STEPS, guidance_scale=GUIDANCE_SCALE
    )
