"""The cue timeline while the video plays: tapping cues in, and cue clicks."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.timeline import CUES, DETECTED, per_second, server_value, times

pytestmark = pytest.mark.alone

RECORD = """
// What goes to the loudspeaker is also kept, with the clock of the sound and where the film was at that time; and where
// the film was at each press of the space bar.
window.recorded = []; window.clocks = []; window.presses = [];
window.addEventListener('keydown', (event) => {
  const video = document.querySelector('#source video');
  if (event.code === 'Space' && !event.repeat && video) window.presses.push(video.currentTime);
}, true);
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...more) {
  if (target === this.context.destination && !this.recorder) {
    const context = this.context;
    if (!context.tape) {
      context.tape = context.createScriptProcessor(1024, 1, 1);
      context.tape.onaudioprocess = (event) => {
        const samples = Array.from(event.inputBuffer.getChannelData(0));
        window.recorded.push({ time: event.playbackTime, rate: context.sampleRate, samples });
      };
      connect.call(context.tape, context.destination);
      const look = () => {
        const video = document.querySelector('#source video');
        window.clocks.push([context.currentTime, video ? video.currentTime : NaN, performance.now()]);
        setTimeout(look, 20);
      };
      look();
    }
    connect.call(this, context.tape);
  }
  return connect.call(this, target, ...more);
};
"""


@pytest.fixture(scope="module")
def script() -> str:
    return RECORD


@pytest.fixture(autouse=True)
def empty_recording(page):
    page.evaluate("window.recorded.length = window.clocks.length = window.presses.length = 0")


def test_four_taps_are_four_cues_and_one_undo_step(page):
    page.click("[data-do=clear]")
    page.evaluate("document.querySelector('#source video').currentTime = 0; document.body.style.minHeight = '4000px'")
    page.click("[data-do=tap]")
    for moment in (0.4, 1.0, 1.7, 2.5):
        page.wait_for_function("at => document.querySelector('#source video').currentTime >= at", arg=moment)
        page.keyboard.down("Space")
        page.keyboard.down("Space")  # the key repeats while it is held
        page.keyboard.up("Space")
    assert page.evaluate("window.scrollY") == 0
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('#source video').paused")
    cues = server_value(page)["cues"]
    assert [cue["time"] for cue in cues] == pytest.approx(page.evaluate("window.presses"), abs=0.06)
    assert len(cues) == 4 and {cue["confidence"] for cue in cues} == {1.0}
    page.click("[data-do=undo]")
    assert times(page) == []


def test_tapping_ends_with_the_video_and_works_by_pointer(page):
    page.evaluate("document.querySelector('#source video').currentTime = 3")
    page.click("[data-do=tap]")
    page.locator(".pad").dispatch_event("pointerdown", {"button": 0, "bubbles": True})
    page.wait_for_function("!document.querySelector('.timeline').classList.contains('tapping')")
    assert len(times(page)) == CUES + 1
    page.keyboard.press("Space")
    assert len(times(page)) == CUES + 1


def test_a_space_in_a_text_field_is_a_space(page):
    page.click("[data-do=tap]")
    page.locator("#elsewhere textarea").focus()
    page.keyboard.type("a b")
    assert page.input_value("#elsewhere textarea") == "a b"
    page.click("[data-do=tap]")
    assert times(page) == DETECTED


def recorded_onsets(page) -> np.ndarray:
    """Times of the film at which what went to the loudspeaker became loud."""
    tape = page.evaluate("window.recorded")
    clocks = np.array(page.evaluate("window.clocks"), float)
    moments, levels = [], []
    for block in tape:
        samples = np.abs(np.array(block["samples"]))
        moments.append(block["time"] + np.arange(len(samples)) / block["rate"])
        levels.append(samples)
    moments, loud = np.concatenate(moments), np.concatenate(levels) > 0.01
    edges = moments[np.flatnonzero(loud)]
    first = edges[np.concatenate([[True], np.diff(edges) > 0.1])] if len(edges) else edges
    moving = np.concatenate([[False], np.diff(clocks[:, 1]) > 0])
    return np.interp(first, clocks[moving, 0], clocks[moving, 1])


def test_cue_clicks_sound_at_the_times_of_the_cues(page):
    page.click(".cue >> nth=4")
    page.fill("[data-field=duration]", "0")
    page.evaluate("document.querySelector('#source video').currentTime = 0")
    page.click("[data-do=clicks]")
    page.wait_for_function("document.querySelector('#source video').currentTime > 1")
    assert page.evaluate("document.querySelector('#source video').muted")
    page.wait_for_function("document.querySelector('[data-do=clicks]').getAttribute('aria-pressed') === 'false'")
    assert not page.evaluate("document.querySelector('#source video').muted")
    assert recorded_onsets(page) == pytest.approx(np.array(DETECTED), abs=0.08)


def test_cue_clicks_follow_the_strength(page):
    page.click("[data-do=clear]")
    lane = page.locator(".marks").bounding_box()
    for time, strength in ((0.8, "0.2"), (1.6, "0.9")):
        page.mouse.dblclick(lane["x"] + time * per_second(page), lane["y"] + 10)
        page.evaluate(
            "value => { const range = document.querySelector('[data-field=strength]'); range.value = value;"
            "range.dispatchEvent(new Event('input', { bubbles: true })) }",
            strength,
        )
    page.evaluate("document.querySelector('#source video').currentTime = 0.3")
    page.click("[data-do=clicks]")
    page.wait_for_function("document.querySelector('#source video').currentTime > 2.2")
    page.click("[data-do=clicks]")
    levels = [max(map(abs, block["samples"])) for block in page.evaluate("window.recorded")]
    loud = [level for level in levels if level > 0.05]
    assert max(loud) > 2 * loud[0] > 0


def test_without_a_video_the_timeline_has_its_own_clock(page):
    page.evaluate("document.querySelector('#source video').remove()")
    page.locator(".lanes canvas").focus()
    page.keyboard.press("Home")
    page.click("[data-do=tap]")
    page.wait_for_function("Number(document.querySelector('.lanes canvas').ariaValueNow) > 0.9")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    added = set(times(page)) - set(DETECTED)
    assert len(added) == 1 and min(added) > 0.8
    page.click("[data-do=clicks]")
    page.wait_for_function("window.recorded.some((block) => block.samples.some((sample) => Math.abs(sample) > 0.05))")
    page.click("[data-do=clicks]")
