"""The loss of the VAE is zero for equal mels, grows with the error, and weights loud parts more."""

from __future__ import annotations

import pytest
import torch

from a2s.settings import FULL_BAND
from a2s.training.full_band.losses import mel_loss
from a2s.training.objectives.full_band_vocoder import distance


@pytest.fixture
def mel() -> torch.Tensor:
    """(2, 128, 192): one loud band and one loud frame above a soft floor."""
    mel = 0.1 + 0.05 * torch.rand(2, 128, 192, generator=torch.Generator().manual_seed(0))
    mel[:, 40] = mel[:, :, 50] = 0.8
    return mel


def test_equal_mels_have_no_loss(mel):
    assert [value.item() for value in mel_loss(mel, mel, FULL_BAND)] == [0, 0, 0]


def test_the_loss_grows_with_the_error(mel):
    noise = torch.randn(mel.shape, generator=torch.Generator().manual_seed(1))
    losses = [mel_loss(mel + share * noise, mel, FULL_BAND)[0].item() for share in (0.01, 0.03, 0.1)]
    assert 0 < losses[0] < losses[1] < losses[2]


def test_the_silence_that_is_appended_does_not_count(mel):
    moved = mel.clone()
    moved[..., FULL_BAND.window_frames :] = 1
    assert mel_loss(moved, mel, FULL_BAND)[0] == 0


def test_an_error_at_a_loud_place_costs_more(mel):
    loud, soft = mel.clone(), mel.clone()
    loud[:, 40, 100:108] -= 0.05
    soft[:, 90, 100:108] -= 0.05
    in_loud, in_soft = (mel_loss(each, mel, FULL_BAND) for each in (loud, soft))
    assert in_loud[1] == pytest.approx(in_soft[1]) and in_loud[0] > 2 * in_soft[0]


def test_a_gradient_lowers_the_level_that_is_too_high(mel):
    made = (mel + 0.05).requires_grad_()
    mel_loss(made, mel, FULL_BAND)[0].backward()
    assert made.grad[..., : FULL_BAND.window_frames].mean() > 0 and made.grad.isfinite().all()


def test_the_distance_of_waveforms():
    noise = [0.1 * torch.randn(1, 12_000, generator=torch.Generator().manual_seed(k)) for k in range(2)]
    assert distance(noise[0], noise[0]) == 0 and distance(noise[0], noise[1]) > 0.5
    assert 0 < distance(0.9 * noise[0], noise[0]) < distance(0.5 * noise[0], noise[0])
