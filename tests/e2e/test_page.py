"""What a creator does on the page, in a browser, over stand-ins for model and bank."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest
import soundfile

from a2s.audio.onsets import detect_onsets
from a2s.media import probe_video, read_audio
from tests.e2e.actions import (
    begin_long_dub,
    choose,
    clear_progress,
    download,
    dub,
    load_example,
    set_number,
    unfold,
    upload,
    wait_for_analysis,
)
from tests.e2e.conftest import browsing
from tests.fakes import draw_video


def cue_file(tab, folder, *times) -> None:
    """Put cues at these seconds on the timeline, through a file."""
    file = folder / f"cues-{len(list(folder.iterdir()))}.json"
    file.write_text(json.dumps([{"time": at, "action": "hit", "material": "wood"} for at in times]))
    tab.set_input_files(
        "#load-cues input[type=file], #load-cues ~ input[type=file], .gradio-container input[accept*='.srt']", str(file)
    )
    wait_for_count(tab, len(times))


def wait_for_count(tab, number) -> None:
    words = f"{number} cue"
    tab.wait_for_function("w => document.querySelector('#timeline .count').innerText.startsWith(w)", arg=words)


def drag(tab, number: int, seconds: float) -> None:
    """Drag a cue of a 3.5 s clip along its timeline."""
    cue = tab.locator("#timeline .cue").nth(number)
    cue.evaluate("cue => cue.scrollIntoView({ block: 'center' })")  # not below the bar of buttons
    box, lanes = cue.bounding_box(), tab.locator("#timeline .lanes").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 4
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + seconds / 3.5 * lanes["width"] / 2, y)
    tab.mouse.move(x + seconds / 3.5 * lanes["width"], y)
    tab.mouse.up()


def onsets_in(path) -> np.ndarray:
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return detect_onsets(sound.mean(axis=1), rate)


def near(times, wanted) -> bool:
    return bool(len(times)) and np.abs(np.asarray(times) - wanted).min() < 0.08


def test_an_example_is_loaded_dubbed_and_downloaded(tab, site, tmp_path):
    load_example(tab)
    facts = tab.inner_text("#facts")
    assert "3.5 s" in facts and "silent" in facts and "kB" in facts
    assert re.search(r"About \d+ s to generate", tab.inner_text("#progress"))
    assert tab.locator("#ambiences .card").count() >= 3

    for number in (1, 2):
        tab.click(f"#ambiences .play >> nth={number}")
        tab.wait_for_function(f"document.querySelectorAll('#ambiences audio')[{number}].currentTime > 0.1")
    assert tab.evaluate("document.querySelectorAll('#ambiences audio')[1].paused")
    level = tab.inner_text("#level-note b")
    tab.click("#ambiences .card label >> nth=2")
    tab.wait_for_function("level => document.querySelector('#level-note b').innerText !== level", arg=level)

    set_number(tab, "amount", 0.7)
    tab.wait_for_function("document.querySelector('#level-note').innerText.includes('70 %')")
    dub(tab)
    tab.wait_for_function("document.querySelector('#result video').readyState >= 1")
    assert abs(tab.evaluate("document.querySelector('#result video').duration") - 3.5) < 0.1
    tab.wait_for_selector("#spectrogram img", state="attached")

    names = ("mp4", "wav", "flac", "recipe", "cues")
    video, sound, flac, recipe, cues = (download(tab, name, tmp_path) for name in names)
    assert video.name == "Chopping-board-ambient70-seed0.mp4"
    info = probe_video(video)
    assert info.has_audio and info.duration == pytest.approx(3.5, abs=0.01)
    assert soundfile.info(sound).subtype == "PCM_24" and soundfile.info(sound).duration == pytest.approx(3.5, abs=0.01)
    assert np.array_equal(soundfile.read(sound)[0], soundfile.read(flac)[0]) and abs(read_audio(video)).max() > 0.001
    assert json.loads(recipe.read_text())["settings"]["ambient"] == 0.7 and json.loads(cues.read_text())["version"] == 1

    tab.click("#export-stems")
    action, ambience = (
        soundfile.read(download(tab, name, tmp_path), dtype="int32")[0] for name in ("action", "ambience")
    )
    assert np.array_equal(action // 256 + ambience // 256, soundfile.read(sound, dtype="int32")[0] // 256)

    assert [url for url in tab.requested if not url.startswith((site, "data:", "blob:"))] == []


def test_a_dropped_recipe_restores_every_setting_and_the_same_sound(tab, tmp_path):
    load_example(tab)
    unfold(tab, "settings")
    for control, value in {"seed": 41, "steps": 6, "guidance": 3.5, "overlap": 0.25, "takes": 2, "amount": 0.6}.items():
        set_number(tab, control, value)
    cue_file(tab, tmp_path, 0.7, 2.1)
    tab.click("#ambiences .card label >> nth=1")
    dub(tab)
    recipe, first = download(tab, "recipe", tmp_path), download(tab, "wav", tmp_path)
    assert "take2" in first.name

    tab.reload()
    load_example(tab)
    unfold(tab, "settings")
    before = tab.evaluate("document.querySelector('#result video')?.src ?? ''")
    tab.set_input_files("#recipe input[type=file]", str(recipe))
    tab.wait_for_function(
        "before => { const v = document.querySelector('#result video'); return v && v.src && v.src !== before; }",
        arg=before,
    )
    values = {
        control: float(tab.input_value(f"#{control} input[type=number]"))
        for control in ("seed", "steps", "guidance", "overlap", "takes", "first-take", "amount")
    }
    assert values == {
        "seed": 41, "steps": 6, "guidance": 3.5, "overlap": 0.25, "takes": 1, "first-take": 2, "amount": 0.6
    }  # fmt: skip
    (tmp_path / "again").mkdir()
    again = download(tab, "wav", tmp_path / "again")
    assert np.array_equal(soundfile.read(first)[0], soundfile.read(again)[0])


def test_a_dragged_cue_moves_its_hit(tab, tmp_path):
    load_example(tab)
    cue_file(tab, tmp_path, 0.6, 2.4)
    dub(tab)
    (tmp_path / "a").mkdir()
    before = onsets_in(download(tab, "wav", tmp_path / "a"))
    assert near(before, 0.6) and near(before, 2.4)
    drag(tab, 1, -0.9)
    dub(tab)
    (tmp_path / "b").mkdir()
    after = onsets_in(download(tab, "wav", tmp_path / "b"))
    assert near(after, 0.6) and near(after, 1.5) and not near(after, 2.4)


@pytest.mark.alone
def test_cues_are_tapped_while_the_video_plays(tab, tmp_path):
    load_example(tab)
    tab.click("#timeline [data-do=clear]")
    wait_for_count(tab, 0)
    tab.click("#timeline [data-do=tap]")
    times = []
    for wanted in (0.5, 1.1, 1.7, 2.3):
        tab.wait_for_function("t => document.querySelector('#source video').currentTime >= t", arg=wanted)
        tab.keyboard.press("Space")
        times.append(tab.evaluate("document.querySelector('#source video').currentTime"))
    tab.keyboard.press("Escape")
    wait_for_count(tab, 4)
    dub(tab)
    cues = json.loads(download(tab, "cues", tmp_path).read_text())["cues"]
    assert [cue["time"] for cue in cues] == pytest.approx(times, abs=0.15)
    assert all(near(onsets_in(download(tab, "wav", tmp_path)), cue["time"]) for cue in cues)


def test_cancel_stops_within_a_step_and_keeps_finished_takes(tab, work):
    load_example(tab)
    dub(tab)
    log = work / "server.log"
    begun = log.read_text().count("STEP")
    begin_long_dub(tab)
    tab.wait_for_function("document.querySelector('#progress .preview').src.startsWith('data:image')")
    tab.click("#cancel")
    tab.wait_for_selector("#generate:not([disabled])")
    tab.wait_for_function("document.querySelector('#progress .stage').innerText === 'Cancelled'")
    steps = log.read_text().count("STEP") - begun
    time.sleep(0.5)
    assert 0 < steps < 600 and log.read_text().count("STEP") - begun == steps
    said = re.match(r"(\d) takes? of this job kept", tab.inner_text("#progress .detail"))
    kept = int(said[1]) if said else 0  # a slow browser presses late
    assert kept in {steps // 100, (steps - 1) // 100}
    tab.wait_for_function("n => document.querySelectorAll('#take label').length === n", arg=1 + kept)
    assert tab.query_selector("#result video") is not None
    set_number(tab, "steps", 4)
    set_number(tab, "takes", 1)
    dub(tab)
    assert tab.locator("#take label").count() == 2 + kept


@pytest.mark.parametrize(("control", "value"), [("seed", ""), ("steps", "13")])
def test_after_a_failed_dub_the_buttons_work_again(tab, control, value):
    """An empty seed is refused; with 13 steps the stand-in raises, as a bug would."""
    load_example(tab)
    unfold(tab, "settings")
    before = tab.input_value(f"#{control} input[type=number]")
    tab.fill(f"#{control} input[type=number]", value)
    tab.press(f"#{control} input[type=number]", "Tab")
    tab.click("#generate")
    tab.wait_for_selector(".toast-body.error")
    tab.wait_for_selector("#progress [data-state=failed]")
    assert tab.inner_text("#progress .stage") == "Generation failed"
    tab.wait_for_selector("#generate:not([disabled])")
    assert tab.is_enabled("#generate-levels") and tab.is_disabled("#cancel")
    set_number(tab, control, float(before))
    dub(tab)


def test_ambience_levels_are_four_takes_that_can_be_compared(tab):
    load_example(tab)
    dub(tab, "#generate-levels")
    labels = tab.locator("#take label").all_inner_texts()
    assert [label.split("·")[1].strip() for label in labels] == ["0 %", "33 %", "67 %", "100 %"]
    tab.wait_for_selector("#spectrogram-comparison img", state="attached")
    shown = tab.evaluate("document.querySelector('#result video').src")
    pictures = tab.evaluate("[...document.querySelectorAll('#spectrogram-comparison img')].map(each => each.src)")
    assert len(set(pictures)) == 2
    tab.click("#take label >> nth=0")
    tab.wait_for_function("src => document.querySelector('#result video').src !== src", arg=shown)
    tab.wait_for_function(
        "old => [...document.querySelectorAll('#spectrogram-comparison img')].map(each => each.src).join() !== old",
        arg=",".join(pictures),
    )


def test_a_second_visitor_sees_the_position_in_the_queue_and_is_served(tab, site):
    load_example(tab)
    unfold(tab, "settings")
    second = tab.context.new_page()
    second.goto(site)
    second.wait_for_selector("#examples button")
    load_example(second, 1)
    begin_long_dub(tab)
    second.click("#generate")
    second.wait_for_function("/queue: 1/.test(document.querySelector('#progress').innerText)")
    tab.click("#cancel")
    second.wait_for_selector("#result video")
    second.wait_for_selector("#generate:not([disabled])")
    second.close()


def test_cancelling_in_the_queue_leaves_it_at_once(tab, browser, site):
    """The page rests, the next one moves up, and what was asked for is not made when its turn would have come."""
    load_example(tab)
    unfold(tab, "settings")
    # A context each: pages of one context share six connections, and each of them keeps two.
    with browsing(browser) as second, browsing(browser) as third:
        for number, page in enumerate((second, third)):
            page.goto(site)
            page.wait_for_selector("#examples button")
            load_example(page, number)
        begin_long_dub(tab)
        for place, page in enumerate((second, third), 1):
            page.click("#generate")
            page.wait_for_function(f"/queue: {place}/.test(document.querySelector('#progress').innerText)")
        second.click("#cancel")
        second.wait_for_function("document.querySelector('#progress .stage').innerText === 'Cancelled'")
        second.wait_for_selector("#generate:not([disabled])")
        second.wait_for_selector("#export-stems:not([disabled])")
        third.wait_for_function("/queue: 1/.test(document.querySelector('#progress').innerText)")
        assert tab.is_disabled("#generate") and second.is_disabled("#cancel")
        tab.click("#cancel")
        third.wait_for_selector("#result video")
        assert second.query_selector("#result video") is None
        dub(second)
        assert second.locator("#take label").count() == 1


def test_an_upload_is_loaded_and_a_bad_one_is_refused_with_a_way_out(tab, tmp_path):
    upload(tab, draw_video(tmp_path / "mine & yours.mp4", seconds=2.0, tone=True))
    facts = tab.inner_text("#facts")
    assert "2.0 s" in facts and "has sound" in facts

    tab.click("#source button[aria-label=Clear]")
    tab.wait_for_selector("#source input[type=file]", state="attached")
    fake = tmp_path / "holiday.mp4"
    fake.write_text("<html>no film</html>")
    tab.set_input_files("#source input[type=file]", str(fake))
    toast = tab.wait_for_selector(".toast-body:has-text('holiday.mp4')")  # gradio may say that it can't play it, too
    assert "Traceback" not in toast.inner_text()
    assert "holiday.mp4 is not a video that a2s opens" in toast.inner_text() and "ffmpeg -i" in toast.inner_text()
    tab.wait_for_selector("#source input[type=file]", state="attached")
    assert "It stays on this server for this visit only" in tab.inner_text("#facts")


def test_a_video_loaded_during_an_analysis_is_analysed(tab, tmp_path):
    long = draw_video(tmp_path / "long.mp4", seconds=40.0, hits=range(1, 40, 2))
    tab.set_input_files("#source input[type=file]", str(long))
    tab.wait_for_selector("#progress [data-state=running]")
    upload(tab, draw_video(tmp_path / "short.mp4", seconds=2.0, hits=(1.0,)))
    assert "2.0 s" in tab.inner_text("#facts") and "of 2.0 s" in tab.inner_text("#progress")
    tab.wait_for_selector("#timeline .cue")
    tab.wait_for_selector("#ambiences .card")


def test_ambiences_are_searched_and_uploaded(tab, tmp_path):
    load_example(tab)
    tab.fill("#search textarea, #search input", "stre")
    tab.wait_for_function("document.querySelector('#ambiences .card .name').innerText === 'Street'")
    tab.fill("#search textarea, #search input", "")
    choose(tab, "match-count", "Top 3")

    yard = tmp_path / "back yard.wav"
    soundfile.write(yard, 0.05 * np.random.default_rng(0).standard_normal(5 * 16_000), 16_000)
    tab.set_input_files(
        "#own-recording input[type=file], #own-recording ~ input[type=file], .gradio-container input[accept*='.opus']",
        str(yard),
    )
    tab.wait_for_function("document.querySelector('#ambiences input:checked')?.value === 'own recording'")
    assert "back yard" in tab.inner_text("#ambiences .card >> nth=0")
    dub(tab)
    recipe = json.loads(download(tab, "recipe", tmp_path).read_text())
    assert recipe["ambient"]["name"] == "back yard" and str(tmp_path) not in json.dumps(recipe)


def test_another_model_is_chosen_and_a_missing_one_falls_back(tab, tmp_path):
    load_example(tab)
    unfold(tab, "settings")
    choose(tab, "loudness", "Off")  # a target would make both models equally loud
    dub(tab)
    (tmp_path / "a").mkdir()
    plain = soundfile.read(download(tab, "wav", tmp_path / "a"))[0]
    choose(tab, "model", "louder")
    dub(tab)
    (tmp_path / "b").mkdir()
    assert abs(soundfile.read(download(tab, "wav", tmp_path / "b"))[0]).max() > 1.5 * abs(plain).max()
    choose(tab, "model", "official")
    assert "not installed" in tab.wait_for_selector(".toast-body").inner_text()
    tab.wait_for_function("document.querySelector('#model input').value === 'model'")


def test_a_phone_does_not_scroll_sideways(browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    tab = context.new_page()
    tab.goto(site)
    tab.wait_for_selector("#examples button")
    load_example(tab)
    unfold(tab, "settings")
    widths = {}
    for name in ("Dub", "Compare", "Bank"):
        tab.click(f"button[role=tab]:has-text('{name}')")
        tab.wait_for_timeout(500)
        widths[name] = tab.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert max(widths.values()) <= 390, widths


def test_the_layout_is_stable_during_a_dub(tab):
    load_example(tab)
    unfold(tab, "settings")
    set_number(tab, "steps", 100)
    corners = ("#source", "#timeline", "#ambiences", "#amount", "#action-bar")

    def positions():
        return {
            corner: tab.evaluate("c => document.querySelector(c).getBoundingClientRect().top + scrollY", corner)
            for corner in corners
        }

    tab.evaluate("scrollTo(0, 0)")
    before = positions()
    tab.click("#generate")
    tab.wait_for_function("document.querySelector('#progress').innerText.includes('Generating')")
    tab.wait_for_function("document.querySelector('#progress .preview').src.startsWith('data:image')")
    assert positions() == before
    tab.click("#cancel")
    tab.wait_for_selector("#generate:not([disabled])")


def test_a_new_video_removes_the_takes(tab):
    load_example(tab)
    dub(tab)
    clear_progress(tab)
    tab.click("#examples button >> nth=1")
    tab.wait_for_function("!document.querySelector('#result video')")
    wait_for_analysis(tab)
    assert tab.is_disabled("#get-mp4")
