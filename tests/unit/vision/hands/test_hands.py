"""Geometry and tracking of hands, with a fake of the models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s.vision import Motion
from a2s.vision.hands import HandTracks, load_hand_models
from a2s.vision.hands.geometry import Square, overlap, palm_anchors, picture_square, square_of_hand, square_of_palm
from a2s.vision.hands.tracker import AGAIN_SECONDS, MAX_RATE, track_hands

PICTURE = np.zeros((90, 160, 3), np.uint8)


def hand(x, y, size=20.0):
    """(21, 2): a hand with the fingers up, its wrist at x, y."""
    points = np.tile((x, y - size), (21, 1)).astype(float)
    points[0] = x, y
    points[[5, 9, 13, 17], 0] += np.array([-0.4, 0, 0.4, 0.8]) * size
    return points


def test_anchors_are_in_the_middle_of_their_cells():
    anchors = palm_anchors()
    assert anchors.shape == (2016, 2) and anchors.min() > 0 and anchors.max() < 1
    assert anchors[0].tolist() == pytest.approx([0.5 / 24, 0.5 / 24])
    assert anchors[-1].tolist() == pytest.approx([11.5 / 12, 11.5 / 12])


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0, np.pi])
def test_points_of_a_crop_go_back_to_the_picture(angle):
    square = Square(60.0, 40.0, 50.0, angle)
    points = np.array([[0.0, 0.0], [112, 112], [224, 30]])
    there = square.to_picture(points, 224)
    matrix = square.to_crop(224)
    assert there @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(points)
    assert there[1].tolist() == pytest.approx([60, 40])


def test_a_crop_turns_the_fingers_up():
    """A bright spot to the right of the centre, where the fingers point, is at the top of the crop."""
    picture = PICTURE.copy()
    picture[43:48, 96:101] = 255
    crop = Square(80.0, 45.0, 50.0, np.pi / 2).cut(picture, 50)[0, ..., 0]
    y, x = np.unravel_index(crop.argmax(), crop.shape)
    assert y < 12 and abs(x - 25) < 5


def test_squares_of_palm_and_hand_follow_the_fingers():
    keypoints = np.zeros((7, 2))
    keypoints[0], keypoints[2] = (50, 60), (70, 60)  # the fingers point right
    square = square_of_palm(np.array([60.0, 60, 20, 20]), keypoints)
    assert square.angle == pytest.approx(np.pi / 2) and square.side == 52
    assert (square.x, square.y) == pytest.approx((70, 60))
    upright = square_of_hand(hand(80, 60))
    assert abs(upright.angle) < 0.3 and upright.y < 60
    assert overlap(upright, upright) == pytest.approx(1) and overlap(upright, replace(upright, x=500)) == 0
    assert picture_square(90, 160).side == 160


class Fake:
    """Finds the hand that a function of the picture's first value places; None is no hand."""

    def __init__(self, place):
        self.place, self.searches = place, 0

    def palms(self, rgb, most=2):
        self.searches += 1
        found = self.place(int(rgb[0, 0, 0]))
        return [] if found is None else [square_of_hand(hand(*found))]

    def landmarks(self, rgb, square):
        found = self.place(int(rgb[0, 0, 0]))
        if found is None or abs(found[0] - square.x) > square.side / 2:
            return hand(80, 60), 0.0
        return hand(*found), 0.9


def film(count, fps=25):
    return [(i / fps, np.full((90, 160, 3), i, np.uint8)) for i in range(count)]


def test_one_hand_is_one_track():
    tracks = track_hands(film(30), Fake(lambda i: (60 + i, 50)))
    (track,) = tracks
    assert len(tracks) == 1 and len(track.times) == 30
    assert track.landmarks[:, 0, 0] * 160 == pytest.approx(60 + np.arange(30))
    assert track.size == pytest.approx(20 / 160)


def test_a_hand_that_is_lost_for_a_moment_keeps_its_number():
    gone = range(10, 13)
    tracks = track_hands(film(30), Fake(lambda i: None if i in gone else (80, 50)))
    assert len(tracks) == 1 and len(tracks.times) == 27


def test_a_hand_after_a_long_absence_is_another_one():
    gone = range(10, 10 + int((AGAIN_SECONDS + 0.5) * 25))
    assert len(track_hands(film(60), Fake(lambda i: None if i in gone else (80, 50)))) == 2


def test_palms_are_searched_for_now_and_then():
    fake = Fake(lambda i: None)
    assert len(track_hands(film(50), fake)) == 0
    assert fake.searches == pytest.approx(8, abs=1)


def test_fast_video_is_thinned_out():
    tracks = track_hands(film(120, fps=120), Fake(lambda i: (80, 50)))
    assert len(tracks.times) <= MAX_RATE * 1.2


def test_a_motion_file_keeps_the_hands(tmp_path):
    tracks = track_hands(film(5), Fake(lambda i: (80, 50)))
    motion = Motion(np.arange(3) / 25, np.zeros((3, 9, 16, 2)), np.zeros(0), np.zeros((0, 64, 64, 3), np.uint8), 0.12)
    for hands in (None, tracks):
        replace(motion, hands=hands).save(tmp_path / "motion.npz")
        read = Motion.load(tmp_path / "motion.npz").hands
        assert (read is None) == (hands is None)
    assert isinstance(read, HandTracks) and read.landmarks.tolist() == tracks.landmarks.tolist()


def test_without_the_models_no_hands_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("A2S_RESOURCES", str(tmp_path))
    assert load_hand_models() is None
