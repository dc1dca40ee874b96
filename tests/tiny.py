"""Random-weight models that run in milliseconds, built from the same classes and configs as the real ones."""

from __future__ import annotations

import torch

from a2s.models import AVSim, Conditioner, MelVAE, Vocoder
from a2s.pipelines import AVLDMPipeline
from a2s.training.av_ldm import make_solver, make_unet


def tiny_pipeline(seed: int = 0, aligned: bool = True) -> AVLDMPipeline:
    """An AVLDMPipeline of about half a million random weights."""
    torch.manual_seed(seed)
    vae = MelVAE(latent_channels=4, block_out_channels=(8, 16))
    conditioner = Conditioner(token_dim=24, latent_channels=4, context_dim=32, hidden=16, aligned=aligned)
    unet = make_unet(4, conditioner.grid_channels, 32, (16, 32))
    av_sim = AVSim(embedding=16, token_dim=24)
    vocoder = Vocoder(channels=16, layers=1)
    pipe = AVLDMPipeline(vae, unet, make_solver(), conditioner, av_sim, vocoder)
    for part in (vae, unet, conditioner, av_sim, vocoder):
        part.eval()
    pipe.set_progress_bar_config(disable=True)
    return pipe
