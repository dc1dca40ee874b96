"""Every control of the shipped page that shapes the sound is turned, and what is taken away shows that it was."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.audio.levels import quietest_db
from a2s.audio.loudness import integrated_lufs, true_peak
from a2s.media import probe_video, read_audio
from tests.e2e.actions import choose, download
from tests.e2e.panel import RATE, Made, apart, decibels, likeness
from tests.fakes import draw_video

HIT = {"time": 1.0, "strength": 0.7, "action": "hit", "material": "wood"}


def shown_level(panel) -> float:
    """dB beside the slider."""
    return float(panel.tab.inner_text("#level-note b").replace("\N{MINUS SIGN}", "-").split()[0])


def test_more_ambience_raises_the_quietest_half_second(panel, clip):
    place = "city-avenue"
    panel.load(clip)
    panel.choose_ambience(place, "avenue")
    levels, shown = [], []
    for amount in (0.0, 0.5, 1.0):
        made = panel.dub(amount=amount)
        assert made.recipe["settings"]["ambient"] == amount and made.recipe["ambient"]["clip"] == place
        levels.append(quietest_db(made.wave, RATE))
        shown.append(shown_level(panel))
    assert all(softer + 1 < louder for softer, louder in zip(levels, levels[1:])), levels
    assert shown == sorted(shown) and shown[-1] - shown[0] > 20


def test_ambience_levels_rise(panel, clip):
    panel.load(clip)
    panel.choose_ambience("forest-edge", "forest")
    panel.dub("#generate-levels")
    steps = [panel.show(number) for number in (2, 1, 0)]
    levels = [quietest_db(made.wave, RATE) for made in steps]
    assert [made.recipe["settings"]["ambient"] for made in steps] == [2 / 3, 1 / 3, 0.0]
    assert levels[0] > levels[1] + 3 > levels[2] + 6


def test_a_seed_is_set_renewed_and_locked(panel, clip):
    panel.load(clip)
    first, again, other = (panel.dub(seed=seed) for seed in (7, 7, 8))
    assert other.recipe["seed"] == 8 and apart(again, first) == 0 and apart(other, first) > 0.3
    panel.tab.click("#new-seed")
    panel.tab.wait_for_function("document.querySelector('#seed input').value !== '8'")
    thrown = panel.reads("seed")
    panel.tab.uncheck("#lock-seed input")
    free = panel.dub(seed=thrown)
    assert free.recipe["seed"] == panel.reads("seed") not in (thrown, 8)
    assert apart(free, other) > 0.3


def test_takes_are_counted_chosen_exported_and_compared(panel, clip):
    tab = panel.tab
    panel.load(clip)
    second = panel.dub(takes=2)
    assert tab.locator("#take label").count() == 2
    first = panel.show(0)
    tab.click("#export-spectrogram")
    shared = download(tab, "spectrogram", panel.folder)
    assert probe_video(shared).height > probe_video(clip).height + 100 and probe_video(
        shared
    ).duration == pytest.approx(2.5, abs=0.1)
    of_first, of_second = (likeness(read_audio(shared, RATE), take.wave) for take in (first, second))
    assert of_first > 0.95 and of_first > of_second + 0.05
    alone = panel.dub(first_take=2)
    assert apart(alone, second) == 0 and apart(second, first) > 0.3
    assert alone.recipe["settings"]["first_take"] == second.recipe["settings"]["first_take"] == 1
    before = tab.evaluate("[...document.querySelectorAll('#spectrogram-comparison img')].map(each => each.src)")
    tab.click("#compare-with input")
    tab.click("[role=option]:has-text('Take 1')")
    tab.wait_for_function(
        "old => document.querySelectorAll('#spectrogram-comparison img')[0].src !== old", arg=before[0]
    )
    assert (
        tab.evaluate("document.querySelectorAll('#spectrogram-comparison img')[1].src.split('/').pop()")
        == before[1].split("/")[-1]
    )


def test_steps_change_the_sound(panel, clip):
    panel.load(clip)
    made = {steps: panel.dub(steps=steps) for steps in (4, 16)}
    assert [each.recipe["settings"]["steps"] for each in made.values()] == [4, 16]
    assert apart(made[4], made[16]) > 0


def test_guidance_raises_the_action_above_the_ambience(panel, clip):
    panel.load(clip)
    panel.choose_ambience("forest-edge", "forest")
    panel.load_cues(HIT)
    above = []
    for guidance in (1.0, 6.0):
        made = panel.dub(guidance=guidance)
        above.append(made.level(0.98, 1.1) - quietest_db(made.wave, RATE))
    assert above[0] + 6 < above[1]


def test_overlap_changes_the_sound_only_from_the_join_on(panel, tmp_path):
    panel.load(draw_video(tmp_path / "long.mp4", seconds=3.5, size=(320, 180), hits=(0.5, 1.5, 2.9)))
    # The second window begins at 2.94 s without an overlap and at 2.43 s with 0.5 s; a vocoder looks 0.4 s ahead.
    made, without = panel.dub(overlap=0.5), panel.dub(overlap=0.0)
    before, behind = slice(0, 2 * RATE), slice(round(2.6 * RATE), None)
    difference = made.wave - without.wave
    assert abs(difference[before]).max() < 1e-5
    assert decibels(difference[behind]) > decibels(made.wave[behind]) - 12


def test_original_audio_is_mixed_in_at_its_level(panel, tmp_path):
    clip = draw_video(tmp_path / "with sound.mp4", seconds=2.0, size=(320, 180), hits=(0.5, 1.4), tone=True)
    panel.load(clip)
    panel.tab.click("#timeline [data-do=clear]")  # a hit would reach the ceiling, and the limiter would take a part
    plain = panel.dub()
    original = read_audio(clip, RATE, 2.0, align_to_picture=True)
    mixed = panel.dub(original="Mix in at \N{MINUS SIGN}12 dB")
    added = mixed.wave - plain.wave
    error = added - original * 10 ** (-12 / 20)
    assert decibels(added) == pytest.approx(decibels(original) - 12, abs=0.1)
    assert decibels(error) < decibels(added) - 50


def test_loudness_reaches_its_target_within_the_true_peak_limit(panel, clip):
    panel.load(clip)
    panel.choose_ambience("heavy-rain-on-a-tin-roof", "tin roof")
    panel.load_cues({"time": 1.0, "strength": 1.0, "action": "hit", "material": "metal"})

    def measured(target: int, **values) -> tuple[float, float]:
        made = panel.dub(loudness=f"\N{MINUS SIGN}{-target} LUFS", **values)
        both = np.repeat(made.wave[:, None], 2, axis=1)
        lufs, peak = integrated_lufs(both, RATE), true_peak(both, RATE)
        assert peak <= -1.0 and made.recipe["settings"]["loudness"] == target
        assert f"{lufs:.1f} LUFS".replace("-", "\N{MINUS SIGN}") in panel.tab.inner_text("#summary")
        return lufs, peak

    lufs, peak = measured(-14, amount=0.0, guidance=6.0)  # a blow in silence keeps its attack and stays below
    assert lufs <= -13.9 and peak == pytest.approx(-1.0, abs=0.1)
    panel.tab.click("#timeline [data-do=clear]")
    for target in (-23, -14):
        lufs, peak = measured(target, amount=1.0)
        assert lufs == pytest.approx(target, abs=1.0)


def test_cues_are_edited_on_the_timeline_and_the_sound_follows(panel, clip):
    tab = panel.tab
    panel.load(clip)
    panel.choose_ambience("forest-edge", "forest")
    seen = tab.locator("#timeline .cue").count()

    def edited(field: str, value) -> Made:
        """One field of the cue changed by hand, the sound of it, and the field as it was."""
        control = f"#timeline [data-field={field}]"
        before = tab.input_value(control)
        change(control, value)
        made = panel.dub()
        assert made.recipe["cues"]["cues"][0][field] == value
        change(control, before)
        return made

    def change(control: str, value) -> None:
        if tab.evaluate("control => document.querySelector(control).tagName", control) == "SELECT":
            tab.select_option(control, value)
        else:
            tab.fill(control, str(value))

    panel.load_cues(HIT)
    tab.click("#timeline .cue")
    plain = panel.dub()
    after = (0.97, 1.2)
    soft, metal, step = edited("strength", 0.2), edited("material", "metal"), edited("action", "step")
    assert soft.level(*after) < plain.level(*after) - 6
    assert metal.centre(*after) > 2 * plain.centre(*after) > 4 * step.centre(*after)
    late = edited("time", 1.8)
    assert late.level(1.77, 2.0) > plain.level(1.77, 2.0) + 12 and late.level(*after) < plain.level(*after) - 12
    tab.select_option("#timeline [data-field=action]", "scrape")
    long = edited("duration", 0.8)
    assert long.level(1.4, 1.7) > plain.level(1.4, 1.7) + 12
    tab.click("#timeline [data-do=delete]")
    gone = panel.dub()
    assert gone.recipe["cues"]["cues"] == [] and gone.level(*after) < plain.level(*after) - 12
    tab.click("#reset-cues")
    tab.wait_for_function("n => document.querySelectorAll('#timeline .cue').length === n", arg=seen)


@pytest.mark.alone
def test_two_sounds_are_chosen_played_looped_and_a_listening_test_starts_over(panel, clip):
    tab = panel.tab
    panel.load(clip)
    last = panel.dub(takes=2)
    first = panel.show(0)
    panel.go_to("Compare")
    tab.wait_for_selector("#player .ready")
    name = "document.querySelector('#player [data-sound={}] span').innerText"
    for control, words in (("sound-a", "Take 2"), ("sound-b", "Take 1")):
        choose(tab, control, words)
        tab.wait_for_function(f"words => {name.format(control[-1])}.startsWith(words)", arg=words)
    tab.wait_for_selector("#player .ready")

    playhead = "parseFloat(document.querySelector('#player .time').innerText)"
    tab.click("#player canvas", position={"x": 1, "y": 40})
    tab.click("#player [data-do=play]")
    tab.wait_for_function(f"{playhead} > 2")
    tab.wait_for_function(f"{playhead} < 1")  # it goes round
    tab.uncheck("#player [data-set=loop]")
    tab.wait_for_function("document.querySelector('#player [data-do=play]').getAttribute('aria-pressed') === 'false'")
    assert tab.evaluate(playhead) > 2.4

    tab.click("#export-comparison")
    both = read_audio(download(tab, "comparison", panel.folder), RATE)
    assert len(both) / RATE == pytest.approx(5.0, abs=0.15)
    halves = both[: round(2.5 * RATE)], both[round(2.5 * RATE) :]
    alike = [[likeness(half, take.wave) for take in (last, first)] for half in halves]
    assert alike[0][0] > alike[0][1] + 0.05 and alike[1][1] > alike[1][0] + 0.05

    tab.click("#compare-mode label:has-text('ABX')")
    tab.wait_for_function("document.querySelector('#trial-note').innerText.includes('Trial 1')")
    tab.click("#ask-abx label >> nth=0")
    tab.click("#submit-answers")
    tab.wait_for_function("document.querySelector('#trial-note').innerText.includes('1 answered')")
    tab.click("#results")
    tab.wait_for_selector("#listening table")
    tab.click("#start-over")
    tab.wait_for_selector("#listening table", state="detached")
    tab.wait_for_function("document.querySelector('#trial-note').innerText.includes('0 answered')")
