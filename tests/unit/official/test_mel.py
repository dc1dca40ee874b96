"""The mel front end against the authors', which pads the sound by reflection."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from a2s.audio.mel import expand, mel_basis, mel_spectrogram
from a2s.settings import AUDIO
from tests.unit.official.goldens import MODULE, arrays, error


@pytest.mark.parametrize("case", ["full", "short", "long", "silence"])
def test_spectrogram(case):
    golden = arrays("mel/mel")
    wave = golden[f"{case}_in"][0, : AUDIO.window_samples]
    wave = torch.nn.functional.pad(wave, (0, AUDIO.window_samples - len(wave)))
    mel = mel_spectrogram(wave)
    assert mel.shape[-1] == int(golden[f"{case}_tdim"]) == AUDIO.window_frames
    picture = torch.nn.functional.pad(mel, (0, 196 - mel.shape[-1]))
    assert float((picture - golden[f"{case}_spec"]).abs().max()) < MODULE


def test_basis_and_inverse():
    golden = arrays("mel/mel")
    assert error(mel_basis(AUDIO), golden["mel_basis"]) < MODULE
    assert np.isclose(float(expand(torch.tensor(1.0))), 10)
    if "inv_in" in golden:  # not in the tree
        assert error(expand(golden["inv_in"]).log()[None], golden["inv_hifigan_input"]) < MODULE
