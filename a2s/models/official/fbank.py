"""The audio front end of the released AV-Sim: Kaldi's filter bank energies of 1.5 s."""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
import torch

from a2s.settings import AUDIO

USED = slice(16_000, 40_000)
"""Samples of a 3 s clip that are used: 1.0 to 2.5 s, as in the authors' code."""

ROWS, BANDS = 149, 128
MEAN, SPREAD = -4.26, 9.14
FLOOR = 1.192092955078125e-07  # machine epsilon of float32


def fbank(waveform: np.ndarray, used: slice = USED) -> torch.Tensor:
    """(n,) float32 at 16 kHz in [-1, 1] -> (149, 128) float32, normalised; rows without sound are zero.

    25 ms every 10 ms, whole frames only, each without its mean; pre-emphasis 0.97, symmetric Hann, power, 128 Kaldi
    mels from 20 Hz to 8 kHz, natural logarithm.
    """
    from transformers.audio_utils import spectrogram

    window, filters = _tables()
    wave = np.asarray(waveform, np.float64)[used]
    energies = spectrogram(
        wave - wave.mean(), window, 400, 160, 512, power=2.0, center=False, preemphasis=0.97,
        mel_filters=filters, log_mel="log", mel_floor=FLOOR, remove_dc_offset=True,
    ).T[:ROWS]  # fmt: skip
    rows = (torch.from_numpy(energies).float() - MEAN) / SPREAD
    return torch.nn.functional.pad(rows, (0, 0, 0, ROWS - len(rows)))


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, np.ndarray]:
    from transformers.audio_utils import mel_filter_bank, window_function

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the lowest bands are narrower than a bin, also in Kaldi
        filters = mel_filter_bank(
            257, BANDS, 20, 8000, AUDIO.sample_rate, mel_scale="kaldi", triangularize_in_mel_space=True
        )
    return window_function(400, "hann", periodic=False), filters
