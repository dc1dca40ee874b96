from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s.cues import Cue, CueTrack
from a2s.datasets.foley_world.plan import Event
from a2s.evaluation.metrics.residual_ambience import residual_ambience_of, silence_and_events
from a2s.evaluation.worlds import Clip

RATE = 16_000


def make_clip(time: float = 1.0, duration: float = 0.0, ambient: float = 0.01, seed: int = 0, start: float = 5.0):
    """A burst of 0.2 s of noise at `time`, over noise as loud as `ambient`."""
    rng = np.random.default_rng(seed)
    action = np.zeros(3 * RATE, np.float32)
    first = round(time * RATE)
    length = round((duration or 0.2) * RATE)
    action[first : first + length] = 0.2 * rng.standard_normal(length)
    noise = (ambient * rng.standard_normal(3 * RATE)).astype(np.float32)
    cue = Cue(start + time, 0.8, "hit", "wood", 1.0, duration)
    event = Event(time, 0.8, "hit", "wood", duration)
    return Clip(None, 0, start, (event,), CueTrack((cue,), "truth"), action, noise, noise, noise, "room")


@pytest.fixture(scope="module")
def clips():
    return [make_clip(seed=k, time=0.4 + 0.3 * k) for k in range(6)]


def test_silence_and_events_are_apart():
    silent, events = silence_and_events(make_clip(1.0))
    assert not (silent & events).any()
    assert events[round(0.95 * RATE) : round(1.25 * RATE)].all() and events.sum() == round(0.3 * RATE)
    assert silent[: round(0.89 * RATE)].all() and not silent[round(0.91 * RATE) : round(1.34 * RATE)].any()
    assert silent[round(1.36 * RATE) :].all()


def test_sustained_and_unlisted_sounds_are_no_silence():
    silent, events = silence_and_events(make_clip(0.5, duration=2.0))
    assert not silent[round(0.5 * RATE) : round(2.5 * RATE)].any() and events[round(2.4 * RATE)]
    clip = make_clip(1.0)
    ringing = clip.action.copy()
    ringing[: RATE // 2] = 0.05  # an event that is not annotated
    silent, _ = silence_and_events(replace(clip, action=ringing))
    assert not silent[: round(0.59 * RATE)].any() and silent[round(0.62 * RATE) : round(0.85 * RATE)].all()


def test_levels_equal_those_of_the_mix(clips):
    found = residual_ambience_of(clips, np.stack([clip.mix for clip in clips]))
    assert found["residual"]["value"] == pytest.approx(-40, abs=0.2)
    assert found["action"]["value"] == pytest.approx(20 * np.log10(0.2) + 10 * np.log10(2 / 3), abs=0.3)
    assert found["versus_true"]["value"] == 0 and found["n"] == 6
    low, high = found["residual"]["interval"]
    assert low <= found["residual"]["value"] <= high


def test_six_decibels_more_ambience_raise_the_residual_by_six(clips):
    quiet, loud = (
        residual_ambience_of(clips, np.stack([clip.action + gain * clip.ambient for clip in clips]))
        for gain in (1.0, 10 ** (6 / 20))
    )
    assert loud["residual"]["value"] - quiet["residual"]["value"] == pytest.approx(6, abs=0.02)
    assert loud["ratio"]["value"] - quiet["ratio"]["value"] == pytest.approx(6, abs=0.1)
    assert loud["versus_true"]["value"] == pytest.approx(6, abs=0.02)


def stems_of(clips):
    """The true actions, and the true mixes."""
    return [clip.action for clip in clips], [clip.mix for clip in clips]


def test_the_action_alone_gives_the_floor(clips):
    alone, mix = (residual_ambience_of(clips, np.stack(waves)) for waves in stems_of(clips))
    assert alone["residual"]["value"] == -120 and alone["ratio"]["value"] < mix["ratio"]["value"] - 60


def test_overall_gain_cancels_in_the_ratio(clips):
    mixes = np.stack([clip.mix for clip in clips])
    assert residual_ambience_of(clips, mixes)["ratio"] == residual_ambience_of(clips, 0.5 * mixes)["ratio"]


def test_without_silence_there_is_no_figure():
    found = residual_ambience_of([make_clip(0.0, duration=3.0)], np.zeros((1, 3 * RATE)))
    assert found["n"] == 0 and found["ratio"]["value"] is None


def test_residual_on_worlds(worlds):
    clips = worlds.draw(8)
    alone, mix = (residual_ambience_of(clips, np.stack(waves)) for waves in stems_of(clips))
    assert alone["ratio"]["value"] < mix["ratio"]["value"]
    assert alone["action"]["value"] == pytest.approx(mix["action"]["value"], abs=6)
