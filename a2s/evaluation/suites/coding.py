"""What coding alone costs: the mel VAE against the true mel, the vocoder against Griffin-Lim."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from a2s.audio.mel import griffin_lim, mel_spectrogram, pad_frames
from a2s.evaluation.clips import Clip, Maker, onsets_of
from a2s.evaluation.statistics import mean, onset_figures
from a2s.settings import AUDIO
from a2s.training.objectives.vocoder_losses import multi_resolution_stft

GRIFFIN_LIM_ITERATIONS = 60


@torch.inference_mode()
def examine_vae(maker: Maker, clips: Sequence[Clip]) -> dict:
    """Log-mel L1 in dB of reconstructions of true mixes, and the onsets of true, vocoded and reconstructed sound."""
    vae, true = maker.pipe.vae, np.stack([clip.mix for clip in clips])
    mel = mel_spectrogram(torch.from_numpy(true))
    back = torch.cat([vae.decode(vae.encode(part)) for part in pad_frames(mel).split(maker.batch)])
    errors = 100 * (back[..., : AUDIO.window_frames] - mel).abs().mean((1, 2))
    vocoded = maker.sounded(mel).waveforms
    coded = maker.sounded(back[..., : AUDIO.window_frames]).waveforms
    onsets = {
        name: onset_figures([clip.compared(t) for clip, t in zip(clips, onsets_of(waves), strict=True)])
        for name, waves in (("true", true), ("vocoder", vocoded), ("vae_and_vocoder", coded))
    }
    return {
        "log_mel_l1_db": mean(errors.numpy()),
        "onsets": onsets,
        "onset_f1_lost": round(onsets["true"]["f1"] - onsets["vae_and_vocoder"]["f1"], 4),
    }


def examine_vocoder(
    pipe, clips: Sequence[Clip], recordings: str | Path | None = None, prefix: str = "3-", limit: int = 40
) -> dict:
    """Multi-resolution STFT distance of vocoded true mels beside Griffin-Lim's, on worlds and on real recordings."""
    groups = {"worlds": [clip.mix for clip in clips[:limit]]}
    if recordings is not None:
        groups["recordings"] = read_recordings(recordings, prefix, limit)
    return {name: _against_griffin_lim(pipe, waves) for name, waves in groups.items() if waves}


def _against_griffin_lim(pipe, waves: Sequence[np.ndarray]) -> dict:
    ours, theirs = [], []
    for wave in waves:
        true = torch.from_numpy(wave)[None]
        mel = mel_spectrogram(true)
        for distances, made in (
            (ours, pipe.vocode(mel).cpu()),
            (theirs, griffin_lim(mel[0], GRIFFIN_LIM_ITERATIONS)[None]),
        ):
            n = min(true.shape[1], made.shape[1])
            distances.append(multi_resolution_stft(made[:, :n].float(), true[:, :n]).item())
    return {
        "vocoder": mean(ours),
        "griffin_lim": mean(theirs),
        "below_griffin_lim": round(1 - float(np.mean(ours) / np.mean(theirs)), 4),
    }


def read_recordings(folder: str | Path, prefix: str, limit: int) -> list[np.ndarray]:
    """The loudest 3 s at 16 kHz of recordings whose name starts with `prefix`, at most `limit` of them."""
    import soundfile
    from scipy.signal import resample_poly

    kinds = {".ogg", ".wav", ".flac", ".mp3"}
    files = [f for f in sorted(Path(folder).rglob(f"{prefix}*")) if f.suffix.lower() in kinds]
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
