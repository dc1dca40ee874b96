"""Make an ambient recording longer: repeat it, or turn it into a loop without a seam."""

from __future__ import annotations

import numpy as np


def repeated(waveform: np.ndarray, samples: int) -> np.ndarray:
    """Return (n,) as float32 with at least `samples` samples: a shorter one is repeated whole, an empty one is silence.

    The joins are hard cuts. Models are trained on sounds that are extended this way.
    """
    wave = np.asarray(waveform, np.float32)
    if not len(wave):
        return np.zeros(samples, np.float32)
    return wave if len(wave) >= samples else np.tile(wave, -(-samples // len(wave)))


def seamless_loop(waveform: np.ndarray, samples: int, fade: int) -> np.ndarray:
    """Return (samples,) float32 whose end continues at its start: what follows `samples` fades out over the beginning.

    waveform: (n,), n at least samples + fade. fade: samples. The crossfade keeps the power of noise.
    """
    loop = np.array(waveform[:samples], np.float32)
    angle = np.linspace(0, np.pi / 2, fade, endpoint=False, dtype=np.float32)
    loop[:fade] = np.sin(angle) * loop[:fade] + np.cos(angle) * waveform[samples : samples + fade]
    return loop


def seamlessly_extended(waveform: np.ndarray, samples: int, sample_rate: int) -> np.ndarray:
    """Return (samples,) float32 of a shorter (n,) recording, repeated with crossfades of up to 0.1 s."""
    wave = np.asarray(waveform, np.float32)
    fade = min(len(wave) // 4, sample_rate // 10)
    return np.resize(seamless_loop(wave, len(wave) - fade, fade), samples)
