"""The spectral distance that vocoders are trained against and measured by."""

from __future__ import annotations

import torch

from a2s.training.objectives.vocoder_losses import multi_resolution_stft


def noise(level: float, seed: int) -> torch.Tensor:
    return level * torch.randn(1, 8000, generator=torch.Generator().manual_seed(seed))


def test_equal_sounds_are_no_distance_apart():
    assert multi_resolution_stft(noise(0.1, 0), noise(0.1, 0)) == 0
    assert multi_resolution_stft(noise(0.1, 0), noise(0.1, 1)) > 0.5


def test_a_quiet_sound_counts_as_much_as_a_loud_one():
    """The distance of a batch is the mean of its sounds' distances, whatever their levels."""
    made, true = torch.cat([noise(0.3, 0), noise(0.003, 1)]), torch.cat([noise(0.3, 0), noise(0.003, 2)])
    each = [multi_resolution_stft(m[None], t[None]) for m, t in zip(made, true)]
    assert torch.allclose(multi_resolution_stft(made, true), torch.stack(each).mean(), rtol=1e-5)


def test_silence_does_not_outweigh_all_else():
    made, silence = noise(0.001, 0), torch.zeros(1, 8000)
    assert multi_resolution_stft(made, silence) > 100
    assert multi_resolution_stft(made, silence, floor=0.005) < 20
    loud = noise(0.1, 1)
    assert multi_resolution_stft(noise(0.1, 2), loud, floor=0.005) == multi_resolution_stft(noise(0.1, 2), loud)
