"""Contacts are found when they happen, and nothing is found where nothing strikes."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.cues import detect_cues
from a2s.evaluation.real_scorer import score_corpus
from a2s.evaluation.suites.real_clips import read_clips
from a2s.media import read_frames
from a2s.settings import Limits
from a2s.vision import observe
from tests.scenes import clock, disc_film, panned, strokes

CONTACTS = (0.6, 1.5, 2.4, 3.3)
STILL = np.full((120, 2), 90.0)


def cues_of(frames, seconds: float = 4.0):
    return detect_cues(observe(iter(list(frames)), seconds))


def hits(track, contacts=CONTACTS, tolerance: float = 0.05) -> int:
    return sum(any(abs(cue.time - contact) <= tolerance for cue in track) for contact in contacts)


@pytest.mark.parametrize("fps", [25, 30, 50, 60, 120])
def test_strokes_are_found_within_50_ms(fps):
    times = clock(4.0, fps)
    track = cues_of(disc_film(times, strokes(times, CONTACTS)))
    assert hits(track) == 4 and len(track) <= 5


def test_sideways_strokes_are_found():
    times = clock(4.0)
    track = cues_of(disc_film(times, strokes(times, CONTACTS, high=0.3, low=0.53), sideways=True))
    assert hits(track) == 4


def test_variable_frame_rate():
    times = np.cumsum(np.random.default_rng(4).uniform(0.02, 0.045, 122))
    track = cues_of(disc_film(times, strokes(times, CONTACTS)))
    assert hits(track) == 4


def test_repeated_frames():
    times = clock(4.0, 24)
    single = list(disc_film(times, strokes(times, CONTACTS)))
    track = cues_of([(i / 48, single[i // 2][1]) for i in range(2 * len(single))])
    assert hits(track, tolerance=0.05 + 1 / 24) == 4 and len(track) <= 6


def test_harder_is_stronger():
    times = clock(4.0)
    height = strokes(times, (0.8, 2.4)) + strokes(times, (1.6, 3.2), low=0.2) - 0.12
    track = cues_of(disc_film(times, height))
    loud, soft = _strengths(track, (0.8, 2.4)), _strengths(track, (1.6, 3.2))
    assert len(loud) == 2 and len(soft) == 2 and min(loud) > 1.3 * max(soft) and min(soft) >= 0.15
    assert all(0 < cue.confidence < 1 and cue.action is None and cue.material is None for cue in track)


def _strengths(track, contacts) -> list[float]:
    return [cue.strength for cue in track if min(abs(cue.time - contact) for contact in contacts) < 0.06]


def test_a_quiet_passage_has_cues_beside_a_loud_one():
    times = clock(28.0, 30)
    wild, quiet = np.arange(1.0, 13, 0.9), np.arange(15.0, 27, 0.9)
    height = strokes(times, wild) + strokes(times, quiet, low=0.17) - 0.12
    track = cues_of(disc_film(times, height), 28.0)
    assert hits(track, wild) >= 0.9 * len(wild) and hits(track, quiet) >= 0.9 * len(quiet)


def test_cut_between_strokes_adds_nothing():
    times = clock(4.0)
    frames = list(disc_film(times, strokes(times, CONTACTS)))
    track = cues_of(frames[:60] + list(panned(times, STILL, seed=11))[60:])
    assert hits(track, (0.6, 1.5)) == 2 and hits(track, (2.0,), 0.15) == 0


def _brightness(change):
    def frames():
        for i, (time, frame) in enumerate(panned(clock(4.0), STILL)):
            yield time, np.clip(change(i, frame.astype(np.float32)), 0, 255).astype(np.uint8)

    return frames


def _two_shots():
    shots = zip(panned(clock(4.0), STILL), panned(clock(4.0), STILL, seed=11), strict=True)
    return (pair[i // 20 % 2] for i, pair in enumerate(shots))


def _moving(path):
    return lambda: panned(clock(4.0), path(clock(4.0)))


def _shaken(strength):
    return lambda times: 100 + np.cumsum(np.random.default_rng(3).normal(0, strength, (len(times), 2)), axis=0)


SILENT = {
    "still": lambda: disc_film(clock(4.0), np.full(120, 0.3), noise=0),
    "noise": lambda: disc_film(clock(4.0), np.full(120, 0.3), noise=3),
    "dark and noisy": lambda: disc_film(clock(4.0), np.full(120, 0.3), noise=10),
    "slow drift": lambda: disc_film(clock(4.0), 0.1 + 0.06 * clock(4.0)),
    "pan": _moving(lambda t: np.stack([20 + 80 * t, 100 + 0 * t], 1)),
    "pan that stops": _moving(lambda t: np.stack([20 + 120 * np.clip(t, 1, 2.5), 100 + 0 * t], 1)),
    "tilt that stops": _moving(lambda t: np.stack([200 + 0 * t, 50 + 100 * np.clip(t, 1, 2)], 1)),
    "shake": _moving(_shaken(1)),
    "hard shake": _moving(_shaken(2.5)),
    "cuts": _two_shots,
    "flash": _brightness(lambda i, frame: frame + (110 if i in (50, 51, 90) else 0)),
    "fade in and out": _brightness(lambda i, frame: frame * min(1, i / 20, (119 - i) / 20)),
    "flicker": _brightness(lambda i, frame: frame * (1 + 0.08 * np.sin(2.1 * i))),
    "black": _brightness(lambda i, frame: 0 * frame),
}


@pytest.mark.parametrize("scene", SILENT.values(), ids=SILENT.keys())
def test_no_cue_without_an_impact(scene):
    assert [cue.time for cue in cues_of(scene())] == []


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_very_few_frames(count):
    assert len(cues_of(list(panned(clock(1.0), STILL[:30]))[:count], count / 30)) == 0


def test_real_clips_beat_chance(shared):
    """Seven real clips with annotated hits: the figure that any change here has to keep. It was 0.73, chance 0.28."""
    scores = []
    for clip in read_clips(shared / "real_clips"):
        if clip.tier == "A":
            track = cues_of(read_frames(clip.file), clip.duration)
            assert len(track) <= Limits().max_cues
            scores.append(clip.score([cue.time for cue in track]))
    corpus = score_corpus(scores)
    assert corpus["f1"] >= 0.65 and corpus["z"] >= 5
