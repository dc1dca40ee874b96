from __future__ import annotations

import sys

import numpy as np
import pytest

from a2s.cues import Cue, CueTrack
from a2s.settings import AUDIO
from a2s.ui.plots import band_of, mel_figure, save_figure


def test_frequencies_stand_where_librosa_puts_their_bands():
    import librosa

    centres = librosa.mel_frequencies(AUDIO.n_mels + 2, fmin=AUDIO.fmin, fmax=AUDIO.fmax)[1:-1]
    assert band_of(centres) == pytest.approx(np.arange(AUDIO.n_mels), abs=1e-6)


def test_every_cue_in_the_picture_is_a_line_at_its_time():
    track = CueTrack((Cue(0.5, 0.9, "hit", "wood"), Cue(1.0, 0.2), Cue(9.0)), "motion")
    figure = mel_figure(np.zeros((128, 188)), track)
    lane, axes = figure.axes[:2]
    assert [line.get_xdata()[0] for line in axes.lines] == [0.5, 1.0]
    assert [text.get_text() for text in lane.texts] == ["hit wood"]
    assert axes.get_xlim() == pytest.approx((0, 188 * 0.016))
    assert axes.get_xlabel() == "time (s)" and axes.get_ylabel() == "frequency (Hz)"


def test_the_picture_shows_the_sound(tmp_path):
    from PIL import Image

    quiet, loud = np.zeros((128, 188)), np.ones((128, 188))
    pictures = [
        np.asarray(Image.open(save_figure(mel_figure(mel), tmp_path / f"{mel[0, 0]}.png"))) for mel in (quiet, loud)
    ]
    assert pictures[0].shape == pictures[1].shape and pictures[1].mean() > pictures[0].mean() + 50


def test_no_pyplot():
    assert "matplotlib.pyplot" not in sys.modules or "a2s.ui.plots" not in sys.modules["matplotlib.pyplot"].__dict__
