from __future__ import annotations

import logging
import re

import gradio as gr
import pytest

from a2s.errors import UnreadableVideo
from a2s.ui.guard import guarded


def test_a_fault_of_the_input_is_its_own_sentence_and_no_markup():
    def handler():
        raise UnreadableVideo("<script> is no video.")

    with pytest.raises(gr.Error) as caught:
        guarded(handler)()
    assert caught.value.message == "&lt;script&gt; is no video."


def test_a_bug_is_an_id_on_the_page_and_a_story_in_the_log(caplog):
    def handler():
        raise RuntimeError("/secret/path")

    with caplog.at_level(logging.ERROR, "a2s.ui"), pytest.raises(gr.Error) as caught:
        guarded(handler)()
    incident = re.fullmatch(r"Something went wrong, id ([0-9a-f]{8})\.", caught.value.message)[1]
    assert incident in caplog.text and "/secret/path" in caplog.text


def test_what_is_returned_passes():
    assert guarded(lambda number: number + 1)(1) == 2


def test_a_handler_that_yields_is_guarded_as_well():
    def handler():
        yield 1
        raise UnreadableVideo("It broke off.")

    steps = guarded(handler)()
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

    steps = guarded(handler)()
    next(steps)
    steps.close()
    assert closed == [True] and caplog.text == ""
