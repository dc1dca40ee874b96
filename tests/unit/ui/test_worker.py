from __future__ import annotations

import threading

import pytest

from a2s.errors import Cancelled
from a2s.ui.worker import ProgressReport, Worker


def test_the_newest_report_and_the_result_arrive():
    def work(tell):
        for step in range(100):
            tell(ProgressReport("generating", step / 100, ""))
        return "sound"

    with Worker(work) as worker:
        seen = list(worker)
        assert seen[-1] == ProgressReport("generating", 0.99, "") and len(seen) < 100
        assert worker.result == "sound"


def test_events_of_each_kind_are_kept_apart():
    def work(tell):
        tell(ProgressReport("generating", 0.5, ""))
        tell("picture 1")
        tell("picture 2")

    with Worker(work) as worker:
        assert set(worker) == {ProgressReport("generating", 0.5, ""), "picture 2"}


def test_an_exception_is_raised_by_result():
    def work(tell):
        raise ValueError("wrong")

    with Worker(work) as worker:
        assert list(worker) == []
        with pytest.raises(ValueError, match="wrong"):
            worker.result  # noqa: B018


def test_leaving_the_context_stops_the_work_at_its_next_report():
    begun, steps = threading.Event(), []

    def work(tell):
        for step in range(1_000_000):
            tell(ProgressReport("generating", 0.0, str(step)))
            steps.append(step)
            begun.set()

    with Worker(work) as worker:
        begun.wait(60)
    assert 0 < len(steps) < 1_000_000
    with pytest.raises(Cancelled):
        worker.result  # noqa: B018
