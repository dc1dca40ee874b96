"""The cue timeline in a real browser, as a foley artist uses it: by mouse, by keyboard, by finger."""

from __future__ import annotations

import json

import pytest

from tests.e2e.timeline import CUES, DETECTED, SECONDS, drag, middle, per_second, server_value, times
from tests.e2e.timeline_page import detected_cues


def test_an_empty_timeline_has_a_hint_and_the_height_of_a_full_one(timeline_tab):
    """It comes first, before the page's cues are shown."""
    tab = timeline_tab
    assert tab.locator(".empty").is_visible() and "Load a video" in tab.inner_text(".empty")
    before = tab.locator(".timeline").bounding_box()["height"]
    tab.click("#fresh")
    tab.wait_for_selector(".cue")
    tab.click("#sound")
    tab.click(".cue >> nth=0")
    tab.click("[data-do=in]")
    assert tab.locator(".empty").is_hidden()
    assert tab.locator(".timeline").bounding_box()["height"] == before


def test_unedited_cues_come_back_unchanged(page):
    answer = server_value(page)
    assert answer["same"] and answer["source"] == "motion" and answer["edits"] >= 1
    assert page.inner_text(".count") == "7 cues, detected"


def test_a_cue_is_dragged_in_time_and_the_edit_event_fires(page):
    drag(page, 2, across=0.25 * per_second(page))
    page.wait_for_function("document.querySelector('#on-edit textarea').value.includes('creator')")
    value_at_edit = json.loads(page.input_value("#on-edit textarea"))
    moved = [cue["time"] for cue in value_at_edit["cues"]]
    assert moved[2] == pytest.approx(DETECTED[2] + 0.25, abs=0.01)
    assert moved[:2] + moved[3:] == DETECTED[:2] + DETECTED[3:]
    assert page.evaluate("document.querySelector('#source video').currentTime") == pytest.approx(moved[2], abs=0.05)


def test_a_cue_dragged_past_its_neighbour_keeps_its_names(page):
    drag(page, 0, across=0.8 * per_second(page))
    cues = server_value(page)["cues"]
    assert [cue["time"] for cue in cues] == sorted(cue["time"] for cue in cues)
    assert [cue["action"] for cue in cues] == [None, "hit", None, "hit", None, None, "hit"]


def test_a_vertical_drag_changes_only_the_strength(page):
    strengths = [cue.strength for cue in detected_cues(CUES, SECONDS)]
    drag(page, 1, down=30, across=2)
    drag(page, 3, across=30, down=2)
    cues = server_value(page)["cues"]
    assert cues[1]["strength"] == pytest.approx(strengths[1] - 0.5 if strengths[1] > 0.5 else 0, abs=0.05)
    assert cues[1]["time"] == DETECTED[1] and cues[3]["strength"] == strengths[3]


def test_a_duration_is_dragged_at_its_end(page):
    before = server_value(page)["cues"][4]
    grip = page.locator(".cue >> nth=4").locator("b").bounding_box()
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.2 * per_second(page), y, steps=5)
    page.mouse.up()
    after = server_value(page)["cues"][4]
    assert after["duration"] == pytest.approx(before["duration"] + 0.2, abs=0.01)
    assert after["time"] == before["time"]


def test_adding_and_deleting_can_be_undone_and_redone(page):
    lane = page.locator(".marks").bounding_box()
    page.mouse.dblclick(lane["x"] + 0.6 * per_second(page), lane["y"] + 10)
    added = times(page)
    assert len(added) == CUES + 1 and added[1] == pytest.approx(0.6, abs=0.01)
    page.locator(".cue >> nth=1").focus()
    page.keyboard.press("Delete")
    page.locator(".cue >> nth=0").focus()
    page.keyboard.press("Backspace")
    assert times(page) == DETECTED[1:]
    page.locator(".cue >> nth=0").focus()
    page.keyboard.press("Control+z")
    assert times(page) == DETECTED
    page.click("[data-do=undo]")
    assert times(page) == added
    page.click("[data-do=undo]")
    assert server_value(page)["same"]
    assert page.locator("[data-do=undo]").is_disabled()
    page.click("[data-do=redo]")
    page.locator(".cue >> nth=0").focus()
    page.keyboard.press("Control+Shift+Z")
    assert times(page) == DETECTED


def test_clearing_all_can_be_undone(page):
    page.click("[data-do=clear]")
    assert times(page) == [] and page.inner_text(".count") == "0 cues, edited"
    page.click("[data-do=undo]")
    assert server_value(page)["same"]


def test_a_class_is_set_for_one_cue_for_all_and_back_to_auto(page):
    page.click(".cue >> nth=1")
    page.select_option("[data-field=action]", "scrape")
    page.select_option("[data-field=material]", "metal")
    label = page.locator(".cue >> nth=1").get_attribute("aria-label")
    assert label.startswith("scrape metal at 0.86 s") and "strength" in label and "confidence" in label
    names = [(cue["action"], cue["material"]) for cue in server_value(page)["cues"]]
    assert names[1] == ("scrape", "metal") and names[0] == ("hit", "wood") and names[2] == (None, None)
    page.click("[data-do=all]")
    assert {(cue["action"], cue["material"]) for cue in server_value(page)["cues"]} == {("scrape", "metal")}
    page.select_option("[data-field=action]", "")
    assert [cue["action"] for cue in server_value(page)["cues"]].count(None) == 1


def test_the_fields_set_time_strength_and_duration(page):
    page.click(".cue >> nth=6")
    page.fill("[data-field=time]", "3.25")
    page.fill("[data-field=duration]", "9")
    page.evaluate(
        "const range = document.querySelector('[data-field=strength]'); range.value = 0.25;"
        "range.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    cue = next(cue for cue in server_value(page)["cues"] if cue["time"] == 3.25)
    assert cue["strength"] == 0.25
    assert cue["duration"] == 0.75  # up to the end of the clip and no further
    assert "Detection confidence" in page.inner_text(".confidence")


def test_the_keyboard_selects_and_moves_cues(page):
    page.locator(".cue >> nth=0").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Shift+ArrowDown")
    cues = server_value(page)["cues"]
    assert cues[3]["time"] == pytest.approx(DETECTED[3] + 0.11, abs=0.002)
    assert cues[3]["strength"] == pytest.approx(detected_cues(CUES, SECONDS).cues[3].strength - 0.1, abs=0.002)
    page.click("[data-do=undo]")
    page.click("[data-do=undo]")  # a run of small steps is one
    assert server_value(page)["same"]


def test_the_playhead_has_keys_and_adds_a_cue(page):
    page.locator(".lanes canvas").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    assert times(page)[1] == pytest.approx(0.4, abs=0.01)


def test_a_click_on_the_ruler_seeks_the_video(page):
    box = page.locator(".lanes canvas").bounding_box()
    page.mouse.click(box["x"] + 2.0 * per_second(page), box["y"] + box["height"] - 8)
    page.wait_for_function("Math.abs(document.querySelector('#source video').currentTime - 2) < 0.02")
    page.evaluate("document.querySelector('#source video').currentTime = 1")
    page.wait_for_function(
        """scale => { const box = document.querySelector('.playhead').getBoundingClientRect();
          return Math.abs(box.x - document.querySelector('.lanes').getBoundingClientRect().x - scale) < 3; }""",
        arg=per_second(page),
    )


@pytest.mark.alone
def test_touch_drags_a_cue_and_taps_the_pad(browser, timeline_site):
    context = browser.new_context(viewport={"width": 390, "height": 900}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(timeline_site)
    page.wait_for_function("document.querySelector('#source video')?.readyState > 0")
    page.click("#fresh")
    page.wait_for_selector(".cue")
    page.locator(".timeline").scroll_into_view_if_needed()
    x, y = middle(page, 2)
    finger = context.new_cdp_session(page)
    touched = {"touchStart": [0], "touchMove": [10, 30, 60, 60], "touchEnd": [None]}
    for kind, at in ((kind, at) for kind, places in touched.items() for at in places):
        points = [] if at is None else [{"x": x + at, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(100)  # the finger comes to rest: Chromium swallows a tap that follows a fling
    assert times(page)[3] == pytest.approx(DETECTED[2] + 60 / per_second(page), abs=0.02)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.evaluate("document.querySelector('#source video').currentTime = 0")
    page.tap("[data-do=tap]")
    page.wait_for_function("document.querySelector('#source video').currentTime > 0.2")
    page.tap(".pad")
    page.tap("[data-do=tap]")
    assert len(times(page)) == CUES + 1
    context.close()


def test_zoom_shows_less_time_and_a_drag_is_finer_then(page):
    before = per_second(page)
    x, y = middle(page, 3)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    for _ in range(3):
        page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function(
        "wide => document.querySelector('.lanes').getBoundingClientRect().width > wide", arg=1.4 * before * SECONDS
    )
    index = page.locator(".cue").evaluate_all(
        "(all, words) => all.findIndex((each) => each.getAttribute('aria-label').includes(words))",
        f"{DETECTED[3]:.2f} s",
    )
    assert middle(page, index)[0] == pytest.approx(x, abs=3)  # what is under the pointer stays there
    drag(page, index, across=0.1 * per_second(page))
    assert times(page)[3] == pytest.approx(DETECTED[3] + 0.1, abs=0.01)
    page.click("[data-do=fit]")
    assert per_second(page) * SECONDS == pytest.approx(page.evaluate("document.querySelector('.scroll').clientWidth"))


def test_buttons_zoom_in_and_out_again(page):
    before = per_second(page)
    page.click("[data-do=in]")
    assert per_second(page) > 1.2 * before
    page.click("[data-do=out]")
    assert per_second(page) == pytest.approx(before, rel=0.01)


def test_edits_survive_a_new_wave(page):
    drag(page, 2, across=0.25 * per_second(page))
    edited = times(page)
    canvas = "document.querySelector('.lanes canvas').toDataURL()"
    page.wait_for_function("document.querySelector('.lanes canvas').width > 0")
    without = page.evaluate(canvas)
    page.click("#sound")
    page.wait_for_function(f"old => {canvas} !== old", arg=without)
    assert times(page) == edited
    assert page.locator("[data-field=action] option").count() == 9  # the props that were not sent are still there
    page.click("[data-do=undo]")
    assert server_value(page)["same"]
    page.click("[data-do=redo]")
    page.click("#mute")
    page.wait_for_function(f"old => {canvas} === old", arg=without)
    assert times(page) == edited


def test_a_new_value_from_the_server_resets_the_timeline(page):
    drag(page, 2, across=0.25 * per_second(page))
    page.click("#other")
    page.wait_for_function("document.querySelectorAll('.cue').length === 1")
    assert times(page) == [0.5]
    assert page.locator("[data-do=undo]").is_disabled()
    page.click("#fresh")
    page.wait_for_function("document.querySelectorAll('.cue').length === 7")
    assert server_value(page)["same"]
