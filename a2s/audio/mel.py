"""The mel front-end and its inverse; mel values are in [0, 1].

Magnitude STFT (periodic Hann, centred, reflected edges), Slaney mel basis, then
``clip((20 log10(max(mel, 1e-5)) + 80) / 100, 0, 1)``: 0 is a mel amplitude of 1e-4, 1 is 10 (Action2Sound,
section 3.3).
"""

from __future__ import annotations

from functools import lru_cache

import torch

from a2s.settings import AUDIO, AudioSpec


@lru_cache(maxsize=4)
def mel_basis(spec: AudioSpec) -> torch.Tensor:
    """(n_mels, n_fft / 2 + 1): librosa's Slaney mel filters."""
    from librosa.filters import mel as slaney  # its import takes seconds

    filters = slaney(sr=spec.sample_rate, n_fft=spec.n_fft, n_mels=spec.n_mels, fmin=spec.fmin, fmax=spec.fmax)
    with torch.inference_mode(False):  # the cached tensor must serve a training too
        return torch.from_numpy(filters)


@lru_cache(maxsize=4)
def mel_pseudo_inverse(spec: AudioSpec = AUDIO) -> torch.Tensor:
    """(n_fft / 2 + 1, n_mels) pseudo-inverse of the mel basis."""
    basis, threads = mel_basis(spec), torch.get_num_threads()
    torch.set_num_threads(1)  # the same bits in milliseconds; with more threads, a busy machine takes seconds
    try:
        return torch.linalg.pinv(basis)
    finally:
        torch.set_num_threads(threads)


def mel_spectrogram(waveform: torch.Tensor, spec: AudioSpec = AUDIO) -> torch.Tensor:
    """Log-mel spectrogram of a sound (Action2Sound, section 3.3).

    waveform: (..., N) float32 in [-1, 1] at `spec.sample_rate`, N > n_fft / 2.
    Returns (..., n_mels, 1 + N // hop) in [0, 1].
    """
    shape = waveform.shape
    window = torch.hann_window(spec.n_fft, device=waveform.device)
    spectrum = torch.stft(
        waveform.reshape(-1, shape[-1]),
        spec.n_fft,
        spec.hop_length,
        window=window,
        pad_mode="reflect",
        return_complex=True,
    )
    magnitude = (spectrum.real.square() + spectrum.imag.square() + 1e-18).sqrt() * spec.magnitude_scale
    mel = mel_basis(spec).to(waveform.device) @ magnitude
    return compress(mel).reshape(*shape[:-1], spec.n_mels, -1)


def compress(mel: torch.Tensor) -> torch.Tensor:
    """Mel amplitude to [0, 1]: 100 dB from 1e-4 to 10."""
    return ((20 * torch.log10(mel.clamp(min=1e-5)) + 80) / 100).clamp(0, 1)


def expand(mel: torch.Tensor) -> torch.Tensor:
    """Mel values in [0, 1] to mel amplitude, the inverse of `compress`."""
    return 10 ** (5 * mel - 4)


def pad_frames(mel: torch.Tensor, spec: AudioSpec = AUDIO) -> torch.Tensor:
    """(..., n_mels, T) padded with silence (0) to `spec.padded_frames`, a multiple of the VAE's downsampling."""
    return torch.nn.functional.pad(mel, (0, spec.padded_frames - mel.shape[-1]))


def griffin_lim(mel: torch.Tensor, iterations: int = 60, spec: AudioSpec = AUDIO) -> torch.Tensor:
    """Waveform of a mel by Griffin-Lim, the paper's ablation of the vocoder.

    mel: (n_mels, T) in [0, 1]. Returns (hop_length * (T - 1),) float32.
    """
    import librosa  # its import takes seconds

    magnitude = (mel_pseudo_inverse(spec) @ expand(mel.float())).clamp(min=0).numpy() / spec.magnitude_scale
    wave = librosa.griffinlim(
        magnitude, n_iter=iterations, hop_length=spec.hop_length, n_fft=spec.n_fft, random_state=0
    )
    return torch.from_numpy(wave)
