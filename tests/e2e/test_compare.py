"""Two sounds under one picture: what reaches the loudspeaker is taken down and held against what was made."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import soundfile

from tests.e2e.actions import click_tab, download, dub, load_example
from tests.e2e.conftest import browsing

SECONDS, RATE = 3.5, 48_000
LOW, SLOPE = 2_000.0, 1_000.0
"""Hz at the beginning, and Hz a second: the pitch of this recording tells its own playhead."""

RECORDER = """
// All that goes to the loudspeaker is also taken down, with its place on the clock of the sound, to the sample.
window.tape = [];
const recorder = `registerProcessor('tape', class extends AudioWorkletProcessor {
  process([[samples]]) { if (samples) this.port.postMessage([currentFrame, samples.slice()]); return true; }
})`;
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...more) {
  if (target === this.context.destination && this.context.tape) connect.call(this, this.context.tape);
  return connect.call(this, target, ...more);
};
window.AudioContext = class extends AudioContext {
  constructor(options) {
    super(options);
    window.clock = this;
    const address = URL.createObjectURL(new Blob([recorder], { type: 'text/javascript' }));
    this.ready = this.audioWorklet.addModule(address).then(() => {
      const tape = new AudioWorkletNode(this, 'tape');
      tape.port.onmessage = ({ data }) => window.tape.push(data);
      connect.call(tape, this.destination);
      this.tape = tape;
    });
  }
  async resume() { await this.ready; return super.resume(); }
};
window.recording = () => {
  const first = window.tape[0][0], [last, end] = window.tape.at(-1);
  const whole = new Float32Array(last + end.length - first);
  for (const [at, samples] of window.tape) whole.set(samples, at - first);
  return { samples: Array.from(whole), began: first / window.clock.sampleRate };
};
"""


@pytest.fixture(scope="module")
def compare_tab(browser, site, tmp_path_factory):
    """The Compare tab with a take (a 1 kHz tone, loud at the cues) as A and a tone that rises from 2 kHz as B."""
    folder = tmp_path_factory.mktemp("compare")
    with browsing(browser, RECORDER, accept_downloads=True) as tab:
        tab.goto(site)
        tab.wait_for_selector("#examples button")
        load_example(tab)
        dub(tab)
        tab.take = download(tab, "wav", folder)
        time = np.arange(round(SECONDS * RATE)) / RATE
        rising = 0.3 * np.sin(2 * np.pi * (LOW * time + SLOPE * time**2 / 2))
        soundfile.write(folder / "rising.wav", rising, RATE)
        click_tab(tab, "Compare")
        tab.wait_for_selector("#player .ready, #player .player")
        with tab.expect_file_chooser() as chooser:
            tab.click("#upload-audio")
        chooser.value.set_files(str(folder / "rising.wav"))
        tab.wait_for_function("document.querySelector('#player [data-sound=b] span').innerText === 'rising'")
        tab.wait_for_selector("#player .ready")
        yield tab


@pytest.fixture
def player(compare_tab):
    """The tab with the player at rest at 0 s, on sound A, with an empty recording."""
    tab = compare_tab
    if tab.get_attribute("#player [data-do=play]", "aria-pressed") == "true":
        tab.click("#player [data-do=play]")
    tab.check("#player [data-set=match]")
    tab.check("#player [data-set=loop]")
    tab.click("#player [data-sound=a]")
    tab.focus("#player canvas")
    tab.keyboard.press("Home")
    tab.wait_for_timeout(100)  # for what is on its way to the recorder
    tab.evaluate("window.tape = []")
    yield tab
    assert tab.errors == []


def recording_of(tab) -> tuple[np.ndarray, float]:
    """(what reached the loudspeaker so far, time of its first sample on the clock of the sound)."""
    taken = tab.evaluate("window.recording()")
    return np.array(taken["samples"], np.float32), taken["began"]


def pitch(sound: np.ndarray) -> float:
    """Frequency in Hz of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 16))
    return float(np.argmax(spectrum) * RATE / (1 << 16))


def is_rising(sound: np.ndarray) -> bool:
    return np.abs(sound).max() > 0.003 and pitch(sound) > 1_500


def frames(sound: np.ndarray, size: int = 1024) -> np.ndarray:
    return sound[: len(sound) // size * size].reshape(-1, size)


HOP = 0.008


def envelope(sound: np.ndarray, rate: int) -> np.ndarray:
    """RMS of every HOP seconds."""
    return np.sqrt(np.square(frames(sound, round(HOP * rate)), dtype=np.float64).mean(1))


@pytest.mark.alone
def test_a_switch_changes_the_sound_at_the_same_playhead(player):
    tab = player
    tab.uncheck("#player [data-set=match]")
    tab.uncheck("#player [data-set=loop]")
    tab.click("#player canvas", position={"x": 1, "y": 40})
    tab.click("#player [data-sound=b]")
    tab.keyboard.press("Space")
    playhead = "parseFloat(document.querySelector('#player .time').innerText)"
    switches = []
    for when, key in ((0.8, "a"), (1.6, "b"), (2.4, "a")):
        tab.wait_for_function(f"{playhead} >= {when}")
        switches.append(
            tab.evaluate(
                """key => { const at = window.clock.currentTime;
                window.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); return at; }""",
                key,
            )
        )
    tab.wait_for_function("document.querySelector('#player .play').getAttribute('aria-pressed') === 'false'")
    tab.wait_for_timeout(300)
    recorded, began = recording_of(tab)
    window = 1024
    loud = [index for index, piece in enumerate(frames(recorded)) if is_rising(piece)]
    start = began + loud[0] * window / RATE
    # Pitch tells where in B we are; time on the sound's clock tells where the playhead must be.
    for index in loud:
        middle = began + (index + 0.5) * window / RATE
        if min(abs(middle - switch) for switch in switches) < 0.05:
            continue
        inside = (pitch(frames(recorded)[index]) - LOW) / SLOPE
        assert inside == pytest.approx(middle - start, abs=0.06)
        assert middle < switches[0] + 0.05 or switches[1] - 0.05 < middle < switches[2] + 0.05
    # In A's time nothing of B is left, and what is recorded is A's own sound at that playhead and no other.
    first, last = switches[0] + 0.06, switches[1] - 0.06
    own = recorded[round((first - began) * RATE) : round((last - began) * RATE)]
    assert not any(is_rising(piece) for piece in frames(own)) and pitch(own) == pytest.approx(1_000, abs=30)
    take, rate = soundfile.read(tab.take)
    made, found = envelope(take.mean(axis=1), rate), envelope(own, RATE)
    at = round((first - start) / HOP)
    correlation = {lag: np.corrcoef(found, made[at + lag :][: len(found)])[0, 1] for lag in range(-30, 31)}
    best = max(correlation, key=correlation.get)
    assert correlation[best] > 0.9 and abs(best * HOP) <= 0.03, correlation


@pytest.mark.alone
def test_a_switch_is_done_within_a_few_milliseconds_and_without_a_click(player):
    tab = player
    tab.uncheck("#player [data-set=match]")
    tab.click("#player [data-sound=b]")
    tab.keyboard.press("Space")
    tab.wait_for_function("parseFloat(document.querySelector('#player .time').innerText) > 0.9")
    asked, done = tab.evaluate(
        """() => { const asked = window.clock.currentTime;
        document.querySelector('#player [data-sound=a]').click(); return [asked, window.clock.currentTime]; }"""
    )
    tab.wait_for_timeout(500)
    tab.keyboard.press("Space")
    recorded, began = recording_of(tab)
    size = 48  # a millisecond
    level = np.abs(frames(recorded, size)).max(1)
    before = round((asked - began) * RATE / size)
    # B is a tone of 0.3, A is soft at this moment; a stalled machine may have left a hole in B before.
    last = before + int(np.flatnonzero(level[before : before + 200] > 0.15)[-1])
    gone = began + (last + 1) * size / RATE
    assert asked < gone < done + 0.020
    after = np.median(level[last + 5 : last + 15])
    fall = (after + 0.1 * (0.3 - after) < level) & (level < 0.9 * 0.3)
    assert 1 <= fall[last - 12 : last + 12].sum() <= 6  # neither a jump, which clicks, nor a fade that is noticed
    steps = np.abs(np.diff(recorded[(last - 12) * size : (last + 12) * size]))
    assert steps.max() < 0.3 * 2 * np.pi * (LOW + SLOPE * SECONDS) / RATE * 1.1


@pytest.mark.alone
def test_matched_loudness_can_be_heard_and_switched_off(player):
    tab = player
    tab.click("#player [data-sound=b]")
    tab.keyboard.press("Space")
    tab.wait_for_function("parseFloat(document.querySelector('#player .time').innerText) > 0.6")
    tab.uncheck("#player [data-set=match]")
    tab.wait_for_timeout(500)
    tab.keyboard.press("Space")
    recorded, _ = recording_of(tab)
    level = np.abs(frames(recorded)).max(1)
    playing = level[level > 1e-3]
    assert playing[3] < 0.75 * playing[-3] and playing[-3] == pytest.approx(0.3, abs=0.02)


@pytest.mark.alone
def test_the_video_stays_in_sync_with_the_sound(player):
    tab = player
    tab.focus("#player canvas")
    tab.keyboard.press("Home")
    tab.keyboard.press("Space")
    off = []
    for wanted in (1.0, 1.5, 2.0, 2.5, 3.0):
        tab.wait_for_function(f"parseFloat(document.querySelector('#player .time').innerText) >= {wanted}")
        off.append(
            tab.evaluate(
                "document.querySelector('#player video').currentTime"
                " - parseFloat(document.querySelector('#player .time').innerText)"
            )
        )
    assert np.median(np.abs(off)) < 0.08, off


def test_keys_move_the_playhead(player):
    tab = player

    def playhead():
        return float(tab.inner_text("#player .time").split("/")[0])

    tab.focus("#player canvas")
    for key, expected in (
        ("Home", 0.0), ("ArrowRight", 0.5), ("ArrowRight", 1.0), ("Shift+ArrowLeft", 0.96), ("ArrowLeft", 0.46),
        ("End", 3.5),
    ):  # fmt: skip
        tab.keyboard.press(key)
        assert playhead() == pytest.approx(expected, abs=0.011), key
    tab.keyboard.press("b")
    assert tab.get_attribute("#player [data-sound=b]", "aria-pressed") == "true"
    tab.keyboard.press("a")
    assert tab.get_attribute("#player [data-sound=b]", "aria-pressed") == "false"


def test_blind_and_abx_trials_are_answered_and_counted(player, tmp_path):
    tab = player
    tab.click("#compare-mode label:has-text('Blind')")
    tab.wait_for_selector("#questions")
    for number in (1, 2):
        tab.wait_for_function(f"document.querySelector('#trial-note').innerText.includes('Trial {number}')")
        assert tab.inner_text("#player [data-sound=a] span") == ""
        for question in ("action", "noise", "prefer"):
            tab.click(f"#ask-{question} label >> nth=0")
        tab.click("#submit-answers")
    tab.wait_for_function("document.querySelector('#trial-note').innerText.includes('Trial 3')")

    tab.click("#compare-mode label:has-text('ABX')")
    tab.wait_for_selector("#ask-abx")
    tab.wait_for_selector("#player .ready")
    tab.wait_for_selector("#player [data-sound=x]:not([disabled])")
    tab.keyboard.press("x")
    assert tab.get_attribute("#player [data-sound=x]", "aria-pressed") == "true"
    tab.click("#submit-answers")
    assert "every question" in tab.wait_for_selector(".toast-body").inner_text()
    tab.click("#ask-abx label >> nth=1")
    tab.click("#submit-answers")
    tab.click("#results")
    tab.wait_for_selector("#listening table")
    assert tab.locator("#listening tr").count() == 1 + 3 + 1
    with tab.expect_download() as waiting:
        tab.click("#get-trials")
    waiting.value.save_as(tmp_path / "trials.csv")
    rows = list(csv.DictReader(open(tmp_path / "trials.csv")))
    assert len(rows) == 2 * 3 + 1 and json.dumps(rows).count("rising") == 7
