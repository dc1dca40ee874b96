"""A widened vocoder begins near the vocoder that it was made from."""

from __future__ import annotations

import pytest
import torch

from a2s.audio.mel import mel_spectrogram
from a2s.errors import BadSettings
from a2s.models import Vocoder
from a2s.settings import AUDIO, FULL_BAND, AudioSpec
from a2s.training.full_band.widening import widened


@pytest.fixture(scope="module")
def narrow() -> Vocoder:
    torch.manual_seed(0)
    model = Vocoder(channels=16, layers=1, rounds=2).eval()
    model.momentum.data.copy_(torch.tensor([0.3, 0.4]))
    return model


def chord(rate: int) -> torch.Tensor:
    """(1, rate) of partials between the bands that both vocoders cover."""
    time = torch.arange(rate) / rate
    return sum(0.1 * torch.sin(2 * torch.pi * hz * time + hz) for hz in (330.0, 700.0, 1500.0, 3100.0))[None]


def test_the_same_sound_keeps_its_magnitudes(narrow):
    wide = widened(narrow, FULL_BAND, 2).eval()
    assert wide.spec == FULL_BAND and wide.config.channels == 16
    with torch.inference_mode():
        before = narrow.spectrum(mel_spectrogram(chord(AUDIO.sample_rate)))
        after = wide.spectrum(mel_spectrogram(chord(FULL_BAND.sample_rate), FULL_BAND))
    # Bin k has the same frequency in both. Magnitudes of a frame grow with its number of samples.
    ratio = after.abs()[:, :513].amax(1) / before.abs().amax(1)
    inner = ratio[:, 4:-4]
    assert ((inner > 3 / 1.6) & (inner < 3 * 1.6)).all()
    assert (after.abs()[..., 4:-4].argmax(1) - before.abs()[..., 4:-4].argmax(1)).abs().max() <= 2


def test_the_corrections_of_shared_bins_are_kept_and_new_ones_are_none(narrow):
    wide = widened(narrow, FULL_BAND, 2)
    shared, bins = 513, 1537
    assert torch.equal(wide.head.weight[20:470], narrow.head.weight[20:470])
    assert torch.equal(wide.head.weight[bins : bins + shared], narrow.head.weight[shared:])
    assert not wide.head.weight[shared:bins].any() and wide.head.weight[bins + shared :].any(1).all()
    kept = wide.blocks.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in narrow.blocks.state_dict().items())


@pytest.mark.parametrize(("rounds", "momentum"), [(1, [0.3]), (3, [0.3, 0.4, 0.8])])
def test_rounds_may_differ(narrow, rounds, momentum):
    assert widened(narrow, FULL_BAND, rounds).momentum.tolist() == pytest.approx(momentum)


def test_without_rounds(narrow):
    assert widened(narrow, FULL_BAND, 0).momentum is None


def test_windows_must_last_as_long(narrow):
    with pytest.raises(BadSettings, match="48000 Hz with 2048 and 512"):
        widened(narrow, AudioSpec(48_000, 2048, 512), 0)
    with pytest.raises(BadSettings, match="16000 Hz with 1024 and 256"):
        widened(widened(narrow, FULL_BAND, 0), AUDIO, 0)
