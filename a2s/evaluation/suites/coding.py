"""Loss of coding alone: the mel VAE against the true mel, and the vocoder against Griffin-Lim."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from a2s.audio.mel import griffin_lim, mel_spectrogram, pad_frames
from a2s.evaluation.generate import GRIFFIN_LIM_ITERATIONS
from a2s.evaluation.sampler import ClipSampler
from a2s.evaluation.statistics import Figures, mean, onset_figures
from a2s.evaluation.worlds import Clip, mixes_of, onsets_of
from a2s.settings import AUDIO
from a2s.training.objectives.vocoder_losses import multi_resolution_stft

if TYPE_CHECKING:
    from a2s.pipelines import AVLDMPipeline

VERSION = 1
LIBRARIES = ("numpy", "scipy", "torch", "librosa", "mir_eval")

HELD_OUT_PREFIX = "3-"
"""Recordings whose names start with it are not trained on: fold 3 of ESC-10."""


def evaluate_coding(pipe: AVLDMPipeline, clips: Sequence[Clip], recordings: str | Path | None = None) -> Figures:
    """vae: `evaluate_vae`. vocoder: `evaluate_vocoder`."""
    return {
        "vae": evaluate_vae(ClipSampler(pipe), clips),
        "vocoder": evaluate_vocoder(pipe, clips, recordings),
    }


@torch.inference_mode()
def evaluate_vae(sampler: ClipSampler, clips: Sequence[Clip]) -> Figures:
    """Reconstruction of true mixes: log_mel_l1_db, and onset figures of true, vocoded and reconstructed audio.

    onset_f1_lost: F1 at 100 ms of the true audio minus that of the reconstruction.
    """
    vae, true = sampler.pipe.vae, mixes_of(clips)
    mel = mel_spectrogram(torch.from_numpy(true))
    decoded = torch.cat([vae.decode(vae.encode(part)) for part in pad_frames(mel).split(sampler.batch)])
    decoded = decoded[..., : AUDIO.window_frames]
    errors = 100 * (decoded - mel).abs().mean((1, 2))
    audio = (
        ("true", true),
        ("vocoder", sampler.vocode(mel).waveforms),
        ("vae_and_vocoder", sampler.vocode(decoded).waveforms),
    )
    onsets = {
        name: onset_figures([clip.comparison(t) for clip, t in zip(clips, onsets_of(waves), strict=True)])
        for name, waves in audio
    }
    return {
        "log_mel_l1_db": mean(errors.numpy()),
        "onsets": onsets,
        "onset_f1_lost": round(onsets["true"]["f1"] - onsets["vae_and_vocoder"]["f1"], 4),
    }


def evaluate_vocoder(
    pipe: AVLDMPipeline, clips: Sequence[Clip], recordings: str | Path | None = None, limit: int = 40
) -> Figures:
    """Multi-resolution STFT distance of vocoded true mels and of Griffin-Lim, on "worlds" and on "recordings".

    recordings: a folder of real audio files, of which the held-out ones are used. limit: clips and recordings.
    """
    groups = {"worlds": [clip.mix for clip in clips[:limit]]}
    if recordings is not None:
        groups["recordings"] = read_recordings(recordings, HELD_OUT_PREFIX, limit)
    return {name: _against_griffin_lim(pipe, waves) for name, waves in groups.items() if waves}


def _against_griffin_lim(pipe: AVLDMPipeline, waves: Sequence[np.ndarray]) -> Figures:
    vocoder: list[float] = []
    baseline: list[float] = []
    for wave in waves:
        true = torch.from_numpy(wave)[None]
        mel = mel_spectrogram(true)
        for distances, audio in (
            (vocoder, pipe.vocode(mel).cpu()),
            (baseline, griffin_lim(mel[0], GRIFFIN_LIM_ITERATIONS)[None]),
        ):
            n = min(true.shape[1], audio.shape[1])
            distances.append(multi_resolution_stft(audio[:, :n].float(), true[:, :n]).item())
    return {
        "vocoder": mean(vocoder),
        "griffin_lim": mean(baseline),
        "below_griffin_lim": round(1 - float(np.mean(vocoder) / np.mean(baseline)), 4),
    }


def read_recordings(folder: str | Path, prefix: str, limit: int) -> list[np.ndarray]:
    """The loudest 3 s, (48000,) float32 at 16 kHz, of at most `limit` files whose names start with `prefix`.

    Files shorter than 3 s are skipped.
    """
    import soundfile
    from scipy.signal import resample_poly

    suffixes = {".ogg", ".wav", ".flac", ".mp3"}
    files = [f for f in sorted(Path(folder).rglob(f"{prefix}*")) if f.suffix.lower() in suffixes]
    files = [files[i] for i in np.unique(np.linspace(0, len(files) - 1, limit).round().astype(int))] if files else []
    found = []
    for file in files:
        sound, rate = soundfile.read(file, dtype="float32", always_2d=True)
        wave = resample_poly(sound.mean(1), AUDIO.sample_rate, rate).astype(np.float32)
        if len(wave) < AUDIO.window_samples:
            continue
        power = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
        starts = np.arange(0, len(wave) - AUDIO.window_samples + 1, AUDIO.sample_rate // 10)
        first = int(starts[np.argmax(power[starts + AUDIO.window_samples] - power[starts])])
        found.append(wave[first : first + AUDIO.window_samples].clip(-1, 1))
    return found
