"""Latents of a data set, encoded once: a diffusion step is then all that a training step costs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.errors import BadSettings
from a2s.models.mel_vae import MelVAE
from a2s.models.video_encoder import SKETCH_BANDS, SKETCH_SLOTS
from a2s.settings import AUDIO
from a2s.training.data import LongVideos

CLIPS, PLACES = 16, 3
"""Clips a long video gives, at random starts, and clips of its ambience alone."""


def coarse_mel(mel: torch.Tensor) -> torch.Tensor:
    """(B, 128, T >= 188) -> (B, 32, 96): the action's mel in 32 bands and slots of 1/32 s."""
    bands = mel[..., : AUDIO.window_frames].unflatten(1, (SKETCH_BANDS, -1)).mean(2)
    return F.interpolate(bands, size=SKETCH_SLOTS, mode="linear", align_corners=False)


@torch.inference_mode()
def encode_video(vae: MelVAE, videos: LongVideos, index: int, denoised: bool = False) -> dict[str, np.ndarray]:
    """starts (16,) s; latents (16, C, 16, 24), sketches (16, 32, 96) and ambient (3, C, 16, 24) as float16.

    denoised: what is heard goes through a denoiser first.
    """
    rng = np.random.default_rng([videos.plans[index].seed, 3])
    last = videos.plans[index].seconds - AUDIO.window_seconds
    starts = np.sort(rng.uniform(0, last, CLIPS))
    clips = torch.from_numpy(np.stack([videos.clip(index, s) for s in starts]))
    quiet = torch.from_numpy(np.stack([videos.clip(index, s)[1] for s in rng.uniform(0, last, PLACES)]))
    waves = torch.cat([clips.sum(1).clamp(-1, 1), quiet])
    if denoised:
        waves = torch.from_numpy(denoise(waves.numpy()))
    latents = vae.encode(pad_frames(mel_spectrogram(waves))).half().numpy()
    sketches = coarse_mel(mel_spectrogram(clips[:, 0])).half().numpy()
    return {"starts": starts, "latents": latents[:CLIPS], "sketches": sketches, "ambient": latents[CLIPS:]}


def denoise(waves: np.ndarray) -> np.ndarray:
    """(n, samples) float32 -> the same without what spectral gating takes for noise (noisereduce, as in the paper)."""
    try:
        from noisereduce import reduce_noise
    except ImportError as fault:
        raise BadSettings("Training on denoised sound needs `pip install noisereduce`.") from fault
    return np.stack([reduce_noise(y=wave, sr=AUDIO.sample_rate) for wave in waves]).astype(np.float32)


def cache_latents(vae: MelVAE, videos: LongVideos, folder: Path, denoised: bool = False) -> list[dict[str, np.ndarray]]:
    """Encode what `folder` does not hold yet; returns one dict a video, all in memory (0.4 MB each)."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for index in range(len(videos)):
        file = folder / f"{videos.folders[index].parent.name}-{videos.folders[index].name}.npz"
        if not file.is_file():
            part = file.with_suffix(".part.npz")
            np.savez(part, **encode_video(vae, videos, index, denoised))
            os.replace(part, file)
        with np.load(file) as arrays:
            found.append({name: arrays[name] for name in arrays.files})
    return found
