from __future__ import annotations

import base64
import io
import sys

import numpy as np
import pytest

from a2s.cues import Cue, CueTrack
from a2s.settings import AUDIO
from a2s.ui.plots import (
    WIPE_SIZE,
    band_of,
    mel_figure,
    preview_picture,
    preview_url,
    result_figure,
    save_figure,
    wipe_picture,
)


def test_frequencies_match_librosas_bands():
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


def test_a_loud_sound_gives_a_brighter_picture(tmp_path):
    from PIL import Image

    quiet, loud = np.zeros((128, 188)), np.ones((128, 188))
    pictures = [
        np.asarray(Image.open(save_figure(mel_figure(mel), tmp_path / f"{mel[0, 0]}.png"))) for mel in (quiet, loud)
    ]
    assert pictures[0].shape == pictures[1].shape and pictures[1].mean() > pictures[0].mean() + 50


def test_no_pyplot():
    assert "matplotlib.pyplot" not in sys.modules or "a2s.ui.plots" not in sys.modules["matplotlib.pyplot"].__dict__


@pytest.fixture
def ladder():
    """A waveform (n,) of clicks at the given times over faint noise."""

    def make(times, seconds: float) -> np.ndarray:
        wave = 0.001 * np.random.default_rng(0).standard_normal(round(seconds * 16_000)).astype(np.float32)
        for time in times:
            wave[round(time * 16_000) :][:400] += np.float32(0.5)
        return wave

    return make


def take_figure(wave, cues=(), onsets=(), condition=None):
    frames = 1 + len(wave) // AUDIO.hop_length
    condition = np.zeros((128, 187), np.float32) if condition is None else condition
    return result_figure(wave, 16_000, np.zeros((128, frames), np.float32), condition, cues, onsets)


def marked(axes, marker):
    return next((line for line in axes.lines if line.get_marker() == marker), None)


def test_all_panels_of_a_take_share_one_time_axis(ladder):
    figure = take_figure(ladder([0.5], 4.0), [Cue(0.5, 0.9, "hit", "wood"), Cue(3.0, 0.2), Cue(9.0)], [0.51, 2.2])
    reference, wave, lane, spectrogram = figure.axes[:4]
    assert {axes.get_xlim() for axes in (wave, lane, spectrogram, reference)} == {(0.0, 4.0)}
    boxes = [axes.get_position() for axes in (wave, lane, spectrogram, reference)]
    assert len({(round(box.x0, 6), round(box.x1, 6)) for box in boxes}) == 1, "the panels' edges line up"
    assert [box.y0 for box in boxes] == sorted([box.y0 for box in boxes], reverse=True)
    assert list(marked(spectrogram, "v").get_xdata()) == [0.51, 2.2] and list(marked(lane, "o").get_xdata()) == [
        0.5,
        3.0,
    ]
    assert list(marked(lane, "o").get_ydata()) == [0.9, 0.2]
    assert "hit wood" in [text.get_text() for text in lane.texts]
    words = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "Detected hits: 2" in words and "3 s loop" in words
    assert lane.get_yticklabels()[0].get_text() == "cues\n2", "the one after the end is not counted"
    assert reference.get_xlabel() == "time (s)" and "7k" in [
        label.get_text() for label in spectrogram.get_yticklabels()
    ]


def test_the_ambience_reference_is_repeated_over_the_clip(ladder):
    condition = np.tile(np.linspace(0, 1, 187, dtype=np.float32), (128, 1))
    control_values = take_figure(ladder([], 7.0), condition=condition).axes[0].images[0].get_array()
    assert control_values.shape[1] == 439
    np.testing.assert_allclose(control_values[:, :187], control_values[:, 187:374])
    np.testing.assert_allclose(control_values[0, [0, 186]], [-80, 20], atol=1e-3)


def test_a_long_clip_stays_readable_and_keeps_its_hits(ladder):
    times = np.arange(0.5, 299, 0.8)
    wave = ladder(times, 300.0)
    figure = take_figure(wave, CueTrack.at(times, strength=0.5, action="hit"), times)
    reference, drawn, lane, spectrogram = figure.axes[:4]
    assert [text.get_text() for text in lane.texts] == [], "no names where there is no room"
    assert marked(spectrogram, "v") is None and len(marked(spectrogram, "|").get_xdata()) == len(times)
    assert spectrogram.images[0].get_array().shape[1] < 2000
    tops = drawn.collections[0].get_paths()[0].vertices
    assert (tops[:, 1] > 0.45).sum() > 0.9 * len(times)
    figure.canvas.draw()
    labels = [label.get_text() for label in reference.get_xticklabels()]
    assert "1:00" in labels and len(labels) < 12 and reference.get_xlabel() == "time (min:s)"


def test_names_of_cues_never_overlap(ladder):
    cues = [Cue(0.1 + 0.07 * k, 0.5, "scrape", "ceramic") for k in range(40)]
    lane = take_figure(ladder([], 3.0), cues).axes[2]
    lane.figure.canvas.draw()
    boxes = sorted((text.get_window_extent().x0, text.get_window_extent().x1) for text in lane.texts)
    assert len(boxes) > 2 and all(a[1] <= b[0] for a, b in zip(boxes, boxes[1:], strict=False))


@pytest.mark.parametrize("seconds", [0.0001, 0.4, 3.0])
def test_every_length_and_silence_have_the_same_picture_size(seconds, tmp_path):
    from PIL import Image

    wave = np.zeros(max(1, round(seconds * 16_000)), np.float32)
    path = save_figure(take_figure(wave), tmp_path / "take.png")
    assert Image.open(path).size == (1080, 800)


def test_spectrograms_have_one_size_with_high_frequencies_on_top():
    mel = np.zeros((128, 300), np.float32)
    mel[100:, :150] = 1
    picture = np.asarray(wipe_picture(mel)).astype(int)
    assert picture.shape == (WIPE_SIZE[1], WIPE_SIZE[0], 3) == np.asarray(wipe_picture(mel[:, :3])).shape
    assert picture[10, 100].sum() > 600 and picture[10, 900].sum() < 20 and picture[-10, 100].sum() < 20


def test_spectrograms_and_figures_share_their_colours():
    from matplotlib import colormaps

    mel = np.full((128, 40), 0.65, np.float32)
    expected = np.array(colormaps["magma"]((0.65 * 100) / 90)[:3]) * 255
    np.testing.assert_allclose(np.asarray(wipe_picture(mel))[5, 5], expected, atol=4)


def test_a_preview_is_a_small_jpeg_of_one_size():
    from PIL import Image

    whole, part = np.full((128, 188), 0.9, np.float32), np.full((128, 40), 0.9, np.float32)
    pictures = [Image.open(io.BytesIO(preview_picture(mel))) for mel in (whole, part)]
    assert {picture.format for picture in pictures} == {"JPEG"} and {p.size for p in pictures} == {(376, 256)}
    assert np.asarray(pictures[0]).mean() > 150 and np.asarray(pictures[1])[:, 120:].mean() < 40
    address = preview_url(whole)
    assert base64.b64decode(address.removeprefix("data:image/jpeg;base64,")) == preview_picture(whole)
    assert len(address) < 40_000
