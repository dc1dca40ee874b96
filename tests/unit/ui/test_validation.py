from __future__ import annotations

import logging
import re

import gradio as gr
import pytest

from a2s.errors import UnreadableVideo
from a2s.ui.validation import report_errors
from a2s.ui.worker import Worker


def test_an_input_error_is_shown_as_its_sentence_with_markup_escaped():
    def handler():
        raise UnreadableVideo("<script> is no video.")

    with pytest.raises(gr.Error) as caught:
        report_errors(handler)()
    assert caught.value.message == "&lt;script&gt; is no video."


@pytest.mark.parametrize("yields", [False, True])
def test_a_bug_is_shown_by_its_id_and_logged_with_its_traceback(json_log, yields):
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


def test_log_lines_of_a_worker_thread_carry_the_id_of_the_request(json_log):
    def handler():
        with Worker(lambda tell: logging.getLogger("a2s.elsewhere").warning("at work")) as worker:
            yield from worker

    list(report_errors(handler, logged=True)())
    at_work, over = json_log()
    assert at_work["request"] == over["request"] and over["outcome"] == "done"


def test_file_names_are_shown_to_the_visitor_but_not_logged(json_log):
    def handler():
        raise UnreadableVideo("my holiday.mp4 is no video.")

    with pytest.raises(gr.Error, match="my holiday.mp4"):
        report_errors(handler, logged=True)()
    (over,) = json_log()
    assert over["outcome"] == "refused" and over["kind"] == "UnreadableVideo" and "holiday" not in str(over)


def test_a_return_value_is_passed_on():
    assert report_errors(lambda number: number + 1)(1) == 2


def test_errors_of_a_generator_are_shown_too():
    def handler():
        yield 1
        raise UnreadableVideo("It broke off.")

    steps = report_errors(handler)()
    assert next(steps) == 1
    with pytest.raises(gr.Error, match="It broke off"):
        next(steps)


def test_a_disconnected_browser_closes_the_generator_without_an_error(caplog):
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
