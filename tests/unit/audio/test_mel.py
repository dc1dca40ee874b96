"""The mel basis is computed once and serves inference and training."""

from __future__ import annotations

import torch

from a2s.audio.mel import mel_spectrogram
from a2s.settings import AudioSpec


def test_gradients_flow_through_a_basis_that_inference_computed_first():
    spec = AudioSpec(8_000, 512, 128, 20, 50.0, 3_900.0)
    with torch.inference_mode():
        mel_spectrogram(torch.zeros(1, 1024), spec)
    wave = (0.1 * torch.randn(1, 1024, generator=torch.Generator().manual_seed(0))).requires_grad_()
    mel_spectrogram(wave, spec).mean().backward()
    assert wave.grad is not None and wave.grad.abs().max() > 0
