"""The latents of a data set, encoded once, so that a training step costs one pass of the diffusion model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.errors import BadSettings
from a2s.io import atomic_file
from a2s.models.mel_vae import MelVAE
from a2s.models.video_encoder import SKETCH_BANDS, SKETCH_SLOTS
from a2s.settings import AUDIO
from a2s.training.data import LongVideos

CLIPS_PER_VIDEO = 16
"""Clips of a long video, at random starts."""

AMBIENCE_CLIPS_PER_VIDEO = 3
"""Clips of its ambience alone."""


def coarse_mel(mel: torch.Tensor) -> torch.Tensor:
    """(B, 128, T >= 188) -> (B, 32, 96): the mel of the action in 32 bands and slots of 1/32 s."""
    bands = mel[..., : AUDIO.window_frames].unflatten(1, (SKETCH_BANDS, -1)).mean(2)
    return F.interpolate(bands, size=SKETCH_SLOTS, mode="linear", align_corners=False)


@torch.inference_mode()
def encode_video(vae: MelVAE, videos: LongVideos, index: int, denoised: bool = False) -> dict[str, np.ndarray]:
    """starts (16,) in s; latents (16, C, 16, 24), sketches (16, 32, 96) and ambient (3, C, 16, 24) as float16.

    denoised: encode the output of a denoiser instead of the sound itself.
    """
    rng = np.random.default_rng([videos.plans[index].seed, 3])
    last = videos.plans[index].seconds - AUDIO.window_seconds
    starts = np.sort(rng.uniform(0, last, CLIPS_PER_VIDEO))
    clips = torch.from_numpy(np.stack([videos.clip(index, s) for s in starts]))
    quiet_starts = rng.uniform(0, last, AMBIENCE_CLIPS_PER_VIDEO)
    quiet = torch.from_numpy(np.stack([videos.clip(index, s)[1] for s in quiet_starts]))
    waves = torch.cat([clips.sum(1).clamp(-1, 1), quiet])
    if denoised:
        waves = torch.from_numpy(denoise(waves.numpy()))
    latents = vae.encode(pad_frames(mel_spectrogram(waves))).half().numpy()
    sketches = coarse_mel(mel_spectrogram(clips[:, 0])).half().numpy()
    clip_latents, ambient = latents[:CLIPS_PER_VIDEO], latents[CLIPS_PER_VIDEO:]
    return {"starts": starts, "latents": clip_latents, "sketches": sketches, "ambient": ambient}


def denoise(waves: np.ndarray) -> np.ndarray:
    """(n, samples) float32 -> the same after spectral gating (noisereduce, as in the paper). Raises BadSettings."""
    try:
        from noisereduce import reduce_noise  # a package of the extra `train`, for one ablation only
    except ImportError as error:
        raise BadSettings("Training on denoised sound needs `pip install noisereduce`.") from error
    return np.stack([reduce_noise(y=wave, sr=AUDIO.sample_rate) for wave in waves]).astype(np.float32)


def cache_latents(vae: MelVAE, videos: LongVideos, folder: Path, denoised: bool = False) -> list[dict[str, np.ndarray]]:
    """The encoded videos in memory, 0.4 MB each. Videos that `folder` does not hold yet are encoded and added."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for index in range(len(videos)):
        file = folder / f"{videos.folders[index].parent.name}-{videos.folders[index].name}.npz"
        if not file.is_file():
            _save_arrays(file, encode_video(vae, videos, index, denoised))
        with np.load(file) as arrays:
            found.append({name: arrays[name] for name in arrays.files})
    return found


def _save_arrays(file: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with atomic_file(file) as part, part.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
