"""Actions on the timeline alone, and the value that the server reads from it; `timeline_page` serves it."""

from __future__ import annotations

import json

from tests.e2e.timeline_page import detected_cues

SECONDS, CUES = 4.0, 7
DETECTED = [cue.time for cue in detected_cues(CUES, SECONDS)]


def server_value(page) -> dict:
    """What the server reads from the timeline's value at this moment."""
    before = page.input_value("#on-request textarea")
    page.click("#read")
    page.wait_for_function("old => document.querySelector('#on-request textarea').value !== old", arg=before)
    return json.loads(page.input_value("#on-request textarea"))


def times(page) -> list[float]:
    return [cue["time"] for cue in server_value(page)["cues"]]


def middle(page, index: int) -> tuple[float, float]:
    """Where on the screen a cue's knob is."""
    box = page.locator(".cue").nth(index).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + 8


def per_second(page) -> float:
    """Pixels a second."""
    return page.evaluate("document.querySelector('.lanes').getBoundingClientRect().width") / SECONDS


def drag(page, index: int, across: float = 0.0, down: float = 0.0) -> None:
    x, y = middle(page, index)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across / 2, y + down / 2, steps=4)
    page.mouse.move(x + across, y + down, steps=4)
    page.mouse.up()
