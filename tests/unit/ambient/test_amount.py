"""The amount of ambience is even in dB."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.ambient import Calibration, full_level, scale_ambience
from a2s.audio.levels import level_db
from a2s.errors import BadSettings, WeightsMissing

AMOUNTS = np.linspace(0, 1, 9)


@pytest.fixture
def clip():
    return (0.02 * np.random.default_rng(0).standard_normal(32_000)).astype(np.float32)


def levels(clip, **options):
    return np.array([level_db(scale_ambience(clip, amount, **options)) for amount in AMOUNTS])


def test_the_level_is_linear_in_db(clip):
    out = levels(clip)
    assert out[0] == pytest.approx(-70, abs=0.01) and out[-1] == pytest.approx(level_db(clip), abs=0.01)
    assert np.diff(out) == pytest.approx((out[-1] - out[0]) / 8, abs=0.01)


def test_the_full_level_can_be_given(clip):
    assert levels(clip, floor_db=-60, full_db=-20)[[0, -1]] == pytest.approx([-60, -20], abs=0.01)


def test_only_the_level_changes(clip):
    scaled = scale_ambience(clip, 0.4)
    assert scaled / np.linalg.norm(scaled) == pytest.approx(clip / np.linalg.norm(clip), abs=1e-6)
    assert scaled.dtype == np.float32 and np.array_equal(scale_ambience(clip, 1.0), clip)


def test_a_clip_below_the_floor_never_gets_quieter_with_the_amount(clip):
    quiet = clip * np.float32(1e-3)
    assert np.diff(levels(quiet)).min() > -1e-6


def test_silence_stays_silence():
    assert not scale_ambience(np.zeros(1000, np.float32), 0.7).any()
    assert scale_ambience(np.zeros(0, np.float32), 0.7).shape == (0,)


@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan"), float("inf"), None, "0.5"])
def test_amount_outside_its_range(clip, amount):
    with pytest.raises(BadSettings):
        scale_ambience(clip, amount)


def test_calibration_linearises_an_uneven_model(clip):
    def model(amount):  # answers little at first, then much, and never quite the level it was asked for
        return -55 + 30 * amount**2

    calibration = Calibration(tuple((a, model(a)) for a in np.linspace(0, 1, 33)))
    corrected = [calibration.corrected(amount) for amount in AMOUNTS]
    assert np.diff([model(a) for a in corrected]) == pytest.approx(30 / 8, abs=0.1)
    assert corrected[0] == 0 and corrected[-1] == 1 and (np.diff(corrected) > 0).all()
    assert level_db(scale_ambience(clip, 0.5, calibration=calibration)) > level_db(scale_ambience(clip, 0.5)) + 3


def test_calibration_survives_plateaus_and_dips():
    calibration = Calibration(((0, -60), (0.25, -61), (0.5, -50), (0.75, -50), (1, -30)))
    corrected = [calibration.corrected(amount) for amount in AMOUNTS]
    assert (np.diff(corrected) >= 0).all() and 0 <= min(corrected) and max(corrected) == 1
    assert Calibration(((0, -40), (1, -40))).corrected(0.3) == 0.3


def test_calibration_on_disk(tmp_path):
    assert Calibration.load(tmp_path) == Calibration() and Calibration().corrected(0.3) == 0.3
    calibration = Calibration(((0.0, -60.0), (0.5, -50.0), (1.0, -30.0)))
    calibration.save(tmp_path)
    assert Calibration.load(tmp_path) == calibration
    for damaged in (
        "{",
        "[]",
        '{"points": [[0, NaN], [1, 0]]}',
        '{"points": [[0, -3], [0.5, 1]]}',
        '{"points": [1, 2]}',
    ):
        (tmp_path / "ambient_calibration.json").write_text(damaged)
        with pytest.raises(WeightsMissing):
            Calibration.load(tmp_path)


def test_the_full_level_is_audible_and_masks_nothing():
    assert [full_level(db) for db in (-90, -55, -33, -5)] == [-40, -40, -33, -26]
    assert full_level(-68, "quiet") == -68, "near silence is not blown up to a place"
    assert full_level(-10, "quiet") == -26
