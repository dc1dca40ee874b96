"""Random-weight models that run in milliseconds, built from the same classes and configs as the real ones."""

from __future__ import annotations

from pathlib import Path

import torch

from a2s.models import AVSim, Conditioner, MelVAE, Vocoder
from a2s.models.official import HiFiGAN
from a2s.pipelines import AVLDMPipeline
from a2s.pipelines.official_size import official_parts, official_pipeline
from a2s.settings import AUDIO, AudioSpec
from a2s.training.objectives.av_ldm import make_solver, make_unet
from tests.fakes import small_bank

OFFICIAL = {
    "unet": {
        "block_out_channels": (32,) * 4,
        "cross_attention_dim": 24,
        "attention_head_dim": 2,
        "layers_per_block": 1,
    },  # fmt: skip
    "vae": {"block_out_channels": (32,) * 4, "layers_per_block": 1},
    "conditioner": {"video_dim": 32, "context_dim": 24, "hidden": 16},
    "av_sim": {
        "video": {"img_size": 32, "patch_size": 16, "embed_dim": 32, "depth": 1, "num_heads": 2},
        "audio": {"embed_dim": 32, "depth": 1, "num_heads": 2},
        "embedding": 16,
    },
}
"""What is smaller than in the released model."""


def tiny_pipeline(seed: int = 0, aligned: bool = True, spec: AudioSpec = AUDIO) -> AVLDMPipeline:
    """An AVLDMPipeline of about half a million random weights; at 48 kHz, the vocoder has 150 000 more."""
    torch.manual_seed(seed)
    vae = MelVAE(latent_channels=4, block_out_channels=(8, 16))
    conditioner = Conditioner(token_dim=24, latent_channels=4, context_dim=32, hidden=16, aligned=aligned)
    unet = make_unet(4, conditioner.grid_channels, 32, (16, 32))
    av_sim = AVSim(embedding=16, token_dim=24)
    vocoder = Vocoder(channels=16, layers=1, **front_end(spec))
    return _quiet(AVLDMPipeline(vae, unet, make_solver(), conditioner, av_sim, vocoder))


def front_end(spec: AudioSpec) -> dict:
    """The arguments by which a `Vocoder` states its specification."""
    names = ("sample_rate", "n_fft", "hop_length", "n_mels", "fmin", "fmax")
    return {name: getattr(spec, name) for name in names}


def tiny_official(seed: int = 0, vocoder: torch.nn.Module | None = None) -> AVLDMPipeline:
    """The released model's kind of pipeline, small and with random weights, none of them zero."""
    torch.manual_seed(seed)
    parts = official_parts(**OFFICIAL)
    vocoder = vocoder or HiFiGAN("2", (8, 8, 2, 2), (16, 16, 4, 4), 32, (3,), ((1, 3),))
    for part in (*parts.values(), vocoder):
        for weight in part.parameters():
            if not weight.any():
                torch.nn.init.normal_(weight, std=0.1)
    return _quiet(official_pipeline(parts, vocoder))


def _quiet(pipe: AVLDMPipeline) -> AVLDMPipeline:
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval()
    pipe.set_progress_bar_config(disable=True)
    return pipe


def tiny_home(folder: Path) -> Path:
    """`folder` with a tiny model in `model` and a bank that was embedded by it in `bank`."""
    pipe = tiny_pipeline()
    pipe.save_pretrained(folder / "model")
    small_bank().embedded(pipe.embed_audio, pipe.model_hash).save(folder / "bank")
    return folder
