"""The scorer gives the figures of the script that defined it (`sync_score.py` of the annotated clips)."""

from __future__ import annotations

import numpy as np
import pytest
from mir_eval.util import match_events

from a2s.evaluation.real_scorer import (
    SAMPLE_RATE,
    detect_soundtrack_onsets,
    match_in_order,
    read_soundtrack,
    score_corpus,
    score_onsets,
)
from a2s.evaluation.suites.real_clips import read_clips

REAL_CLIPS = {
    "hammer_spoon": (1.0, 0.386, 2.03, 12.0, 10),
    "pistol": (1.0, 0.2, 3.96, 14.7, 0),
    "drum_pov": (1.0, 0.51, 1.34, 14.4, 10),
    "conga_wide": (0.966, 0.606, 3.01, -30.3, -30),
    "tennis_rally": (1.0, 0.099, 5.59, 13.4, 30),
    "rifle_range": (1.0, 0.113, 5.81, -29.1, -30),
    "pancake": (1.0, 0.082, 6.37, 17.2, 10),
    "pomeranian": (0.909, 0.214, 3.77, 17.0, 30),
    "conga_dense": (0.931, 0.803, 2.8, 14.3, 50),
}
"""F1 at 100 ms, chance, z, lag_ms and best_lag_ms of the clips' own soundtracks, as the script gives them."""


@pytest.fixture(scope="module")
def synthetic() -> np.ndarray:
    """(4 s,) of noise bursts at six times over quiet noise."""
    rng = np.random.default_rng(0)
    wave = 1e-3 * rng.standard_normal(4 * SAMPLE_RATE)
    for i, time in enumerate((0.05, 0.7, 1.25, 1.9, 2.6, 3.3)):
        first, n = int(time * SAMPLE_RATE), int(0.1 * SAMPLE_RATE)
        decay = np.exp(-np.arange(n) / (0.02 * SAMPLE_RATE))
        wave[first : first + n] += 0.4 / (1 + i % 3) * rng.standard_normal(n) * decay
    return wave.astype(np.float32)


def test_onsets_of_synthetic_audio(synthetic):
    found = detect_soundtrack_onsets(synthetic)
    expected = [0.0594104308, 0.7079365079, 1.2566893424, 1.9052154195, 2.6036281179, 3.3120181406]
    assert found == pytest.approx(expected, abs=1e-9)
    assert len(detect_soundtrack_onsets(np.zeros(SAMPLE_RATE, np.float32))) == 0


def test_scores_of_synthetic_audio(synthetic):
    score = score_onsets(detect_soundtrack_onsets(synthetic), (0.05, 0.72, 1.2, 2.6, 3.45), (1.9,), 4.0)
    expected = {
        0.1: {"precision": 0.8, "recall": 0.8, "f1": 0.8, "chance": 0.258, "chance_sd": 0.225, "z": 2.41, "p": 0.0348},
        0.15: {"precision": 1.0, "recall": 1.0, "f1": 1.0, "chance": 0.39, "chance_sd": 0.255, "z": 2.4, "p": 0.0398},
    }
    assert {t: each.to_dict() for t, each in score.tolerances.items()} == expected
    assert (score.lag_ms, score.best_lag_ms, score.best_lag_f1) == (3.6, -40, 1.0)
    assert (score.true_onsets, score.found_onsets) == (5, 6)
    corpus = {"clips": 2, "f1": 0.8, "chance": 0.241, "chance_sd": 0.148, "z": 3.8, "p": 0.01}
    assert score_corpus([score] * 2) == corpus


def test_an_empty_detection_scores_zero():
    score = score_onsets((), (0.5, 1.5), (), 3.0)
    assert score.tolerances[0.1].f1 == 0 and score.lag_ms is score.best_lag_ms is None


def test_a_soundtrack_has_the_duration_of_its_clip(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.full(16_000, 0.5, np.float32), 16_000)
    for seconds in (0.5, 2.0):
        assert read_soundtrack(tmp_path / "a.wav", seconds).shape == (round(seconds * SAMPLE_RATE),)


@pytest.mark.parametrize("tolerance", [0.05, 0.1, 0.15])
def test_as_many_onsets_match_as_in_mir_eval(tolerance):
    """Both matchings are the largest ones. Ours also defines which onsets are paired: those first in time."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        true, found = (np.sort(rng.uniform(0, 3, rng.integers(0, 15))) for _ in range(2))
        assert len(match_in_order(found, true, tolerance)) == len(match_events(true, found, tolerance))


def test_scores_of_the_real_clips(shared):
    clips = read_clips(shared / "real_clips")
    assert {clip.name for clip in clips} == set(REAL_CLIPS) and sum(clip.tier == "A" for clip in clips) == 7
    scores = []
    for clip in clips:
        waveform = read_soundtrack(clip.file, clip.duration, align_to_picture=True)
        score = clip.score(detect_soundtrack_onsets(waveform))
        figures = score.to_dict()
        assert tuple(figures[n] for n in ("f1", "chance", "z", "lag_ms", "best_lag_ms")) == REAL_CLIPS[clip.name]
        scores.append(score)
    assert score_corpus(scores) == {"clips": 9, "f1": 0.978, "chance": 0.324, "chance_sd": 0.071, "z": 9.2, "p": 0.005}
