"""What a creator does on the page, in a browser."""

from __future__ import annotations

import json
import re
import time

import pytest
import soundfile

from a2s.media import probe, read_audio
from tests.fakes import draw_video


def load_example(tab, number=0):
    tab.click(f"#examples button >> nth={number}")
    tab.wait_for_selector("#ambiences .card")
    tab.wait_for_function("document.querySelector('#cue-note')?.innerText.includes('cue') ?? true")


def dub(tab):
    """Press Dub and wait until the page offers it again."""
    before = tab.get_attribute("#result video", "src") if tab.query_selector("#result video") else None
    tab.click("#dub")
    tab.wait_for_function(
        "before => { const v = document.querySelector('#result video'); return v && v.src && v.src !== before; }",
        arg=before,
    )
    tab.wait_for_selector("#dub:not([disabled])")


def download(tab, name, folder):
    with tab.expect_download() as waiting:
        tab.click(f"#get-{name}")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def set_amount(tab, value):
    tab.fill("#amount input[type=number]", str(value))
    tab.press("#amount input[type=number]", "Enter")
    tab.wait_for_function(
        "words => document.querySelector('#level-note').innerText.includes(words)", arg=f"{value:.0%}"
    )


def test_the_whole_job(tab, site, tmp_path):
    load_example(tab)
    assert "3.5 s" in tab.inner_text("#facts") and "silent" in tab.inner_text("#facts")
    assert tab.locator("#ambiences .card").count() >= 3

    tab.click("#ambiences .play >> nth=1")
    tab.wait_for_function("document.querySelectorAll('#ambiences audio')[1].currentTime > 0.1")
    level = tab.inner_text("#level-note b")
    tab.click("#ambiences .card label >> nth=2")
    tab.wait_for_function("level => document.querySelector('#level-note b').innerText !== level", arg=level)

    set_amount(tab, 0.7)
    dub(tab)
    tab.wait_for_function("document.querySelector('#result video').readyState >= 1")
    assert abs(tab.evaluate("document.querySelector('#result video').duration") - 3.5) < 0.1
    tab.wait_for_selector("#spectrogram img")
    assert tab.evaluate("document.querySelector('#spectrogram img').naturalWidth") > 800

    video, sound, recipe, cues = (download(tab, name, tmp_path) for name in ("mp4", "wav", "recipe", "cues"))
    info = probe(video)
    assert info.has_audio and info.duration == pytest.approx(3.5, abs=0.01)
    assert soundfile.info(sound).duration == pytest.approx(info.duration, abs=0.01)
    assert abs(read_audio(video)).max() > 0.001
    settings = json.loads(recipe.read_text())["settings"]
    assert settings["ambient"] == 0.7 and json.loads(cues.read_text())["version"] == 1
    assert video.name.startswith("Chopping-board-ambient70-seed0")

    assert [url for url in tab.asked if not url.startswith((site, "data:", "blob:"))] == []
    assert tab.complaints == []


def test_cancel_stops_within_a_step_and_the_next_dub_works(tab, work):
    load_example(tab)
    tab.click("#settings button.label-wrap")
    tab.fill("#steps input[type=number]", "100")
    tab.press("#steps input[type=number]", "Enter")
    log = work / "server.log"
    begun = log.read_text().count("STEP")
    tab.click("#dub")
    tab.wait_for_function("document.querySelector('#result').innerText.includes('step')")
    tab.click("#cancel")
    tab.wait_for_selector("#dub:not([disabled])")
    assert "Stopped" in tab.inner_text("body")
    steps = log.read_text().count("STEP") - begun
    time.sleep(0.5)
    assert 0 < steps < 200 and log.read_text().count("STEP") - begun == steps
    assert tab.query_selector("#result video") is None
    tab.fill("#steps input[type=number]", "4")
    tab.press("#steps input[type=number]", "Enter")
    dub(tab)


def test_an_upload_is_read_and_a_bad_one_is_one_sentence(tab, tmp_path):
    clip = draw_video(tmp_path / "mine & yours.mp4", seconds=2.0, tone=True)
    tab.set_input_files("#source input[type=file]", str(clip))
    tab.wait_for_selector("#ambiences .card")
    facts = tab.inner_text("#facts")
    assert "2.0 s" in facts and "has sound" in facts

    tab.click("#source button[aria-label=Clear]")
    tab.wait_for_selector("#source input[type=file]", state="attached")
    fake = tmp_path / "holiday.mp4"
    fake.write_text("<html>no film</html>")
    tab.set_input_files("#source input[type=file]", str(fake))
    toast = tab.wait_for_selector(".toast-body")
    assert "holiday.mp4" in toast.inner_text() and "Traceback" not in toast.inner_text()
    assert len(re.findall(r"[.!?](?:\s|$)", toast.inner_text().split("\n", 1)[1].strip())) == 1
    tab.wait_for_selector("#source input[type=file]", state="attached")
    assert "It stays on this server for this visit only" in tab.inner_text("#facts")


def test_edited_cues_are_what_is_heard(tab, tmp_path):
    load_example(tab)
    cues = tmp_path / "cues.json"
    cues.write_text('[{"time": 1.25, "action": "hit", "material": "glass"}]')
    tab.click("#cues button.label-wrap")
    tab.set_input_files(
        "#load-cues ~ input[type=file], #load-cues input[type=file], input[type=file][accept='.json']", str(cues)
    )
    tab.wait_for_function("document.querySelector('#cue-note').innerText.startsWith('1 cue')")
    dub(tab)
    (cue,) = json.loads(download(tab, "cues", tmp_path).read_text())["cues"]
    assert (cue["time"], cue["material"]) == (1.25, "glass")


def test_a_phone_sees_the_page_without_scrolling_sideways(browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    tab.goto(site)
    tab.wait_for_selector("#examples button")
    load_example(tab)
    tab.click("#cues button.label-wrap")
    tab.click("#settings button.label-wrap")
    tab.wait_for_timeout(500)
    width = tab.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= 390


def test_a_program_dubs_through_the_endpoint(site, tmp_path):
    from gradio_client import Client, handle_file

    clip = draw_video(tmp_path / "clip.mp4", seconds=2.0)
    client = Client(site, verbose=False, download_files=str(tmp_path))
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/dub"]
    mp4, wav, report = client.predict(
        handle_file(str(clip)), ambient=0.2, seed=5, steps=4, cues="[1.0]", api_name="/dub"
    )
    assert probe(mp4).has_audio and soundfile.info(wav).duration == pytest.approx(2.0, abs=0.01)
    assert report["seed"] == 5 and [cue["time"] for cue in report["cues"]["cues"]] == [1.0]
    with pytest.raises(Exception, match="must be"):
        client.predict(handle_file(str(clip)), ambient=7, api_name="/dub")


def test_files_outside_the_visits_are_not_served(site, work):
    import urllib.error
    import urllib.request

    for path in ("/etc/passwd", str(work / "server.log"), "app.py", "a2s/settings.py"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{site}/gradio_api/file={path}", timeout=10)
        assert refused.value.code in (403, 404)
