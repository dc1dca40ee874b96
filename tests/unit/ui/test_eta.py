from __future__ import annotations

import pytest

from a2s.ui.eta import OVERHEAD_SECONDS, DubEstimator, measure_dub_speed
from tests.fakes import FakePipeline


def test_an_estimate_grows_with_steps_windows_and_takes():
    estimator = DubEstimator(step=0.1, window=0.2, sound=0.01)
    assert estimator.estimate(3.0, 10) == pytest.approx(10 * 0.1 + 0.2 + 0.03 + OVERHEAD_SECONDS)
    assert estimator.estimate(3.0, 20) > estimator.estimate(3.0, 10)
    assert estimator.estimate(30.0, 10) > 8 * estimator.estimate(3.0, 10)
    assert estimator.estimate(3.0, 10, takes=4) == pytest.approx(4 * estimator.estimate(3.0, 10))


def test_without_guidance_a_step_costs_half():
    estimator = DubEstimator(step=0.1, window=0.0, sound=0.0)
    assert estimator.estimate(3.0, 10, 1.0) - OVERHEAD_SECONDS == pytest.approx(
        (estimator.estimate(3.0, 10, 2.5) - OVERHEAD_SECONDS) / 2
    )


def test_dubs_that_take_twice_as_long_double_the_estimate_in_time():
    estimator = DubEstimator(step=0.1, window=0.2, sound=0.01)
    first = estimator.estimate(3.0, 10)
    for _ in range(30):
        estimator.correct(estimator.estimate(3.0, 10), 2 * first)
    assert estimator.estimate(3.0, 10) == pytest.approx(2 * first, rel=0.01)


def test_one_outlier_changes_the_estimate_little():
    estimator = DubEstimator(step=0.1, window=0.2, sound=0.01)
    first = estimator.estimate(3.0, 10)
    estimator.correct(first, 1000 * first)
    assert estimator.estimate(3.0, 10) < 8 * first


def test_the_speed_is_measured_on_the_model():
    pipe = FakePipeline()
    estimator = measure_dub_speed(pipe)
    assert estimator.step > 0 and estimator.window >= 0 and estimator.sound > 0
    assert [call["steps"] for call in pipe.calls] == [1, 2, 6]
