from __future__ import annotations

import logging
import re

import gradio as gr
import pytest

from a2s.errors import UnreadableVideo
from a2s.ui.validation import report_errors
from a2s.ui.worker import Worker


def test_a_fault_of_the_input_is_its_own_sentence_and_no_markup():
    def handler():
        raise UnreadableVideo("<script> is no video.")

    with pytest.raises(gr.Error) as caught:
        report_errors(handler)()
    assert caught.value.message == "&lt;script&gt; is no video."


@pytest.mark.parametrize("yields", [False, True])
def test_a_bug_is_an_id_on_the_page_and_a_story_under_it_in_the_log(json_log, yields):
    def handler():
        logging.getLogger("a2s.elsewhere").warning("on the way")
        raise RuntimeError("/secret/path")

    def steps():
        yield 1
        handler()

    with pytest.raises(gr.Error) as caught:
        list(report_errors(steps)()) if yields else report_errors(handler)()
    incident = re.fullmatch(
        r"Something went wrong. The log has the details under the id ([0-9a-f]{8})\.", caught.value.message
    )[1]
    way, fault = json_log()
    assert way["request"] == fault["request"] == incident and fault["level"] == "error"
    assert "RuntimeError: /secret/path" in fault["trace"] and fault["outcome"] == "fault"


def test_what_a_thread_logs_is_the_requests_that_began_it(json_log):
    def handler():
        with Worker(lambda tell: logging.getLogger("a2s.elsewhere").warning("at work")) as worker:
            yield from worker

    list(report_errors(handler, logged=True)())
    at_work, over = json_log()
    assert at_work["request"] == over["request"] and over["outcome"] == "done"


def test_what_a_visitor_named_is_neither_logged_nor_lost(json_log):
    def handler():
        raise UnreadableVideo("my holiday.mp4 is no video.")

    with pytest.raises(gr.Error, match="my holiday.mp4"):
        report_errors(handler, logged=True)()
    (over,) = json_log()
    assert over["outcome"] == "refused" and over["kind"] == "UnreadableVideo" and "holiday" not in str(over)


def test_what_is_returned_passes():
    assert report_errors(lambda number: number + 1)(1) == 2


def test_a_handler_that_yields_is_guarded_as_well():
    def handler():
        yield 1
        raise UnreadableVideo("It broke off.")

    steps = report_errors(handler)()
    assert next(steps) == 1
    with pytest.raises(gr.Error, match="It broke off"):
        next(steps)


def test_a_browser_that_goes_away_ends_the_handler_and_is_no_fault(caplog):
    closed = []

    def handler():
        try:
            yield 1
        finally:
            closed.append(True)

    steps = report_errors(handler)()
    next(steps)
    steps.close()
    assert closed == [True] and caplog.text == ""
