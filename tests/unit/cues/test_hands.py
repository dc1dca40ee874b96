from __future__ import annotations

import numpy as np
import pytest

from a2s.cues import detect_cues
from a2s.cues.hands import GOOD_SCORE, LATENCY, Hands
from a2s.vision import Motion
from a2s.vision.hands import HandTracks

FPS = 30
TIMES = np.arange(4 * FPS) / FPS
CONTACTS = (0.7, 1.3, 2.2, 3.4)
HIGHEST = (1.0, 1.75, 2.8)


def tracks(score=0.9, lift=0.15):
    """A hand of a tenth of the picture that is low (0.5) at the contacts and `lift` higher between them."""
    low = sorted((*CONTACTS, *HIGHEST))
    y = np.interp(TIMES, low, [0.5 if t in CONTACTS else 0.5 - lift for t in low], 0.5 - lift, 0.5 - lift)
    landmarks = np.zeros((len(TIMES), 21, 2))
    landmarks[..., 0], landmarks[..., 1] = 0.5, y[:, None]
    landmarks[:, 0, 1] += 0.1  # the wrist
    return HandTracks.of([(t, 1, score, marks) for t, marks in zip(TIMES, landmarks)])


def motion(hands, pushes=()):
    velocity = np.random.default_rng(0).normal(0, 0.005, (len(TIMES), 9, 16, 2)).astype(np.float32)
    for time in pushes:
        velocity[(TIMES > time - 0.12) & (TIMES <= time), 4:7, 6:10, 1] += 1.0
    empty = np.zeros((0, 64, 64, 3), np.uint8)
    return Motion(TIMES, velocity, np.zeros(0), empty, 4.0, hands=hands)


def times(hands, pushes=()):
    return [cue.time for cue in detect_cues(motion(hands, pushes))]


def test_the_lowest_points_are_contacts():
    assert Hands(tracks()).contacts() == pytest.approx(np.add(CONTACTS, LATENCY), abs=0.02)
    assert times(tracks()) == pytest.approx(np.add(CONTACTS, LATENCY), abs=0.02)


def test_a_sudden_change_high_in_the_stroke_is_no_cue():
    pushes = (*CONTACTS, *HIGHEST)
    assert len(times(None, pushes)) == 7
    found = times(tracks(), pushes)
    assert len(found) == 4 and np.abs(np.array(found) - CONTACTS).max() < 0.08


def test_a_contact_that_both_show_is_surer():
    alone = [cue.confidence for cue in detect_cues(motion(None, CONTACTS))]
    both = [cue.confidence for cue in detect_cues(motion(tracks(), CONTACTS))]
    assert len(alone) == len(both) == 4 and min(both) > max(alone)


@pytest.mark.parametrize("hands", [tracks(score=GOOD_SCORE - 0.05), tracks(lift=0.01)], ids=["unsure", "still"])
def test_a_poorly_tracked_or_still_hand_changes_nothing(hands):
    assert times(hands, CONTACTS[:2]) == times(None, CONTACTS[:2])
    assert times(hands) == []
