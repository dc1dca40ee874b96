from __future__ import annotations

import pytest

from a2s.ui.eta import EACH, DubEstimator, measure_dub_speed
from tests.fakes import FakePipeline


def test_an_estimate_grows_with_steps_windows_and_takes():
    pace = DubEstimator(step=0.1, window=0.2, sound=0.01)
    assert pace.estimate(3.0, 10) == pytest.approx(10 * 0.1 + 0.2 + 0.03 + EACH)
    assert pace.estimate(3.0, 20) > pace.estimate(3.0, 10)
    assert pace.estimate(30.0, 10) > 8 * pace.estimate(3.0, 10)
    assert pace.estimate(3.0, 10, takes=4) == pytest.approx(4 * pace.estimate(3.0, 10))


def test_without_guidance_a_step_costs_half():
    pace = DubEstimator(step=0.1, window=0.0, sound=0.0)
    assert pace.estimate(3.0, 10, 1.0) - EACH == pytest.approx((pace.estimate(3.0, 10, 2.5) - EACH) / 2)


def test_dubs_that_take_twice_as_long_double_the_estimate_in_time():
    pace = DubEstimator(step=0.1, window=0.2, sound=0.01)
    first = pace.estimate(3.0, 10)
    for _ in range(30):
        pace.learn(pace.estimate(3.0, 10), 2 * first)
    assert pace.estimate(3.0, 10) == pytest.approx(2 * first, rel=0.01)


def test_one_stray_dub_does_not_spoil_it():
    pace = DubEstimator(step=0.1, window=0.2, sound=0.01)
    first = pace.estimate(3.0, 10)
    pace.learn(first, 1000 * first)
    assert pace.estimate(3.0, 10) < 8 * first


def test_it_is_measured_on_the_model_itself():
    pipe = FakePipeline()
    pace = measure_dub_speed(pipe)
    assert pace.step > 0 and pace.window >= 0 and pace.sound > 0
    assert [call["steps"] for call in pipe.calls] == [1, 2, 6]
