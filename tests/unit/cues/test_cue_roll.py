from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from a2s.cues.cue_roll import (
    CLASS_KNOWN,
    DECAY,
    FIRST_ACTION,
    FIRST_MATERIAL,
    ONSET,
    ROLL_CHANNELS,
    SUSTAIN,
    draw_cue_roll,
)
from a2s.settings import ACTIONS, AUDIO, MATERIALS


@dataclass(frozen=True)
class Cue:
    time: float
    strength: float = 0.8
    action: str | None = None
    material: str | None = None
    confidence: float = 1.0
    duration: float = 0.0


def test_shape_and_silence():
    roll = draw_cue_roll((), 0.0, AUDIO)
    assert roll.shape == (ROLL_CHANNELS, AUDIO.padded_frames) == (20, 192)
    assert roll.dtype == np.float32
    assert not roll.any()


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0033, 1.6, 2.99])
def test_onset_time_survives_below_a_frame(at):
    onset = draw_cue_roll((Cue(at),), 0.0, AUDIO)[ONSET]
    assert onset.sum() == pytest.approx(0.8, abs=1e-5)
    assert np.count_nonzero(onset) <= 2
    centre = (onset * np.arange(192)).sum() / onset.sum() * AUDIO.frame_seconds
    assert centre == pytest.approx(at, abs=1e-5)


def test_cue_on_a_frame_fills_that_frame_only():
    roll = draw_cue_roll((Cue(101.6, action="hit"),), 100.0, AUDIO)
    assert np.flatnonzero(roll[ONSET]).tolist() == [100]
    assert np.flatnonzero(roll[FIRST_ACTION])[0] == 100


def test_decay_is_causal_and_max_combined():
    roll = draw_cue_roll((Cue(0.48, 0.5), Cue(0.96, 1.0)), 0.0, AUDIO)[DECAY]
    assert not roll[:30].any()
    assert roll[30] == pytest.approx(0.5)
    assert roll[31] == pytest.approx(0.5 * np.exp(-0.016 / 0.06), rel=1e-5)
    assert roll[60] == pytest.approx(1.0)
    assert roll.max() <= 1


def test_sustain_only_for_cues_with_duration():
    roll = draw_cue_roll((Cue(0.16), Cue(0.8, 0.6, duration=0.8)), 0.0, AUDIO)[SUSTAIN]
    assert np.flatnonzero(roll).tolist() == list(range(50, 101))
    assert roll[50] == pytest.approx(0.6)


def test_earlier_cues_reach_into_the_window():
    roll = draw_cue_roll((Cue(4.95, 1.0), Cue(2.0, 0.4, "pour", "water", duration=4.0)), 5.0, AUDIO)
    assert roll[DECAY, 0] == pytest.approx(np.exp(-0.05 / 0.06), rel=1e-4)
    assert roll[SUSTAIN, 0] == pytest.approx(0.4)
    assert roll[SUSTAIN, 70] == 0
    assert roll[FIRST_ACTION + ACTIONS.index("pour"), 30] == 1, "the impact's hold is over, the pour goes on"
    assert roll[FIRST_ACTION + ACTIONS.index("pour"), 2] == 0, "the later cue, of unknown class, decides"


def test_cues_outside_are_not_drawn():
    assert not draw_cue_roll((Cue(1.0), Cue(8.0), Cue(20.0, duration=1.0)), 5.0, AUDIO).any()


def test_classes_are_held_and_the_later_cue_wins():
    roll = draw_cue_roll((Cue(1.0, action="hit", material="wood"), Cue(1.1, action="knock")), 0.0, AUDIO)
    hit, knock = roll[FIRST_ACTION], roll[FIRST_ACTION + ACTIONS.index("knock")]
    wood = roll[FIRST_MATERIAL + MATERIALS.index("wood")]
    assert np.flatnonzero(hit).tolist() == list(range(62, 68))
    assert np.array_equal(wood, hit), "the knock's material is unknown, so no row holds"
    assert np.flatnonzero(knock).tolist() == list(range(68, 85))
    assert np.array_equal(roll[CLASS_KNOWN], np.maximum(hit, knock))
    assert set(np.unique(roll[FIRST_ACTION:])) == {0.0, 1.0}


def test_order_of_the_cues_does_not_matter():
    cues = [Cue(0.3, 0.2, "hit"), Cue(0.4, 0.9, "chop", "metal"), Cue(0.35, 0.5, "pour", duration=2.0)]
    assert np.array_equal(draw_cue_roll(cues, 0.0, AUDIO), draw_cue_roll(cues[::-1], 0.0, AUDIO))


def test_windows_agree_where_they_overlap():
    cues = [Cue(t, 0.7, "hit", "wood") for t in np.arange(0.05, 9, 0.37)] + [Cue(2.0, 0.3, "scrape", duration=2.5)]
    first, second = draw_cue_roll(cues, 0.0, AUDIO), draw_cue_roll(cues, 20 * 0.128, AUDIO)
    np.testing.assert_allclose(first[:, 160:187], second[:, :27], atol=2e-4)
