"""The place of the shipped page: ambiences searched, chosen, brought along, kept, built into banks, taken away."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
import soundfile

from a2s.audio.levels import quietest_db
from tests.e2e.actions import choose
from tests.e2e.panel import RATE, Panel
from tests.fakes import draw_two_places


def chosen(panel) -> str:
    return panel.tab.evaluate("document.querySelector('#ambiences input:checked').value")


def wait_for_chosen(panel, clip: str) -> None:
    panel.tab.wait_for_function("id => document.querySelector('#ambiences input:checked')?.value === id", arg=clip)


def clips(panel, number: int | None = None) -> int:
    """Clips that the Bank tab speaks of, once it speaks of so many."""
    words = "document.querySelector('#bank-note').innerText.match(/(\\d+) clip/)?.[1]"
    panel.tab.wait_for_function(f"n => {words} && (n === null || Number({words}) === n)", arg=number)
    return int(panel.tab.evaluate(words))


def noise(path, seconds: float, level_db: float):
    """Low noise at a level: a place of one's own."""
    wave = np.cumsum(np.random.default_rng(1).standard_normal(round(seconds * RATE)))
    wave -= np.convolve(wave, np.ones(400) / 400, "same")
    wave *= 10 ** (level_db / 20) / np.sqrt(np.mean(wave**2))
    soundfile.write(path, wave, RATE, subtype="FLOAT")
    return path


def test_ambiences_are_counted_searched_and_chosen_for_the_dub(panel, clip):
    tab = panel.tab
    panel.load(clip)
    cards = "document.querySelectorAll('#ambiences .card')"
    for number in (3, 10):  # near silence is always among them
        choose(tab, "match-count", f"Top {number}")
        tab.wait_for_function(f"n => [n, n + 1].includes({cards}.length)", arg=number)
    panel.search("rain")
    found = ["rain" in words.lower() for words in tab.evaluate(f"[...{cards}].map(card => card.innerText)")]
    assert sum(found) >= 3 and found.count(False) <= 2  # near silence, and what is chosen
    made = []
    for place, words in (("empty-library", "library"), ("heavy-rain-on-a-tin-roof", "tin roof")):
        panel.choose_ambience(place, words)
        made.append(panel.dub(amount=1.0))
        assert chosen(panel) == made[-1].recipe["ambient"]["clip"] == place
    assert quietest_db(made[0].wave, RATE) + 6 < quietest_db(made[1].wave, RATE)


def test_an_own_recording_is_used_and_saved_to_the_bank(panel, clip, tmp_path):
    tab = panel.tab
    panel.load(clip)
    panel.go_to("Bank")
    before = clips(panel)
    panel.go_to("Dub")
    plain = panel.dub(amount=1.0)
    panel.upload_with("#own-recording", noise(tmp_path / "engine room.wav", 4.0, -20.0))
    wait_for_chosen(panel, "own recording")
    own = panel.dub(amount=1.0)
    assert own.recipe["ambient"]["name"] == "engine room"
    assert quietest_db(own.wave, RATE) > quietest_db(plain.wave, RATE) + 6
    tab.click("#save-own")
    tab.wait_for_function("document.querySelector('#ambiences input:checked').value.startsWith('engine-room')")
    kept = panel.dub(amount=1.0)
    assert kept.recipe["ambient"]["clip"] == chosen(panel)
    assert quietest_db(kept.wave, RATE) == pytest.approx(quietest_db(own.wave, RATE), abs=3)
    panel.go_to("Bank")
    clips(panel, before + 1)


def test_a_scene_change_gets_an_ambience_of_its_own(panel, tmp_path):
    tab = panel.tab
    panel.load(draw_two_places(tmp_path / "two places.mp4", seconds=5.0, cut=2.5, size=(320, 180)))
    asked = tab.locator("#ambiences .scene-change")
    assert asked.count() == 1 and "seems to change at 2.5 s" in asked.inner_text()
    panel.choose_ambience("empty-library", "library")
    made = [panel.dub(amount=1.0)]
    for choice in ("heavy-rain-on-a-tin-roof", ""):
        with tab.expect_response(lambda answer: "/gradio_api/" in answer.url):
            tab.select_option("#ambiences .scene-change select", choice)
        made.append(panel.dub(amount=1.0))
    parts = slice(round(2.375 * RATE)), slice(round(2.625 * RATE), None)
    plain, rain, again = (tuple(quietest_db(take.wave[part], RATE) for part in parts) for take in made)
    assert rain[0] == pytest.approx(plain[0], abs=1) and rain[1] > plain[1] + 6
    assert again == plain
    assert [place["clip"] for place in made[1].recipe["ambient"]["changes"]] == ["heavy-rain-on-a-tin-roof"]


def test_a_bank_is_browsed_built_extended_saved_and_reset(panel, clip, tmp_path):
    tab = panel.tab
    panel.load(clip)
    panel.go_to("Bank")
    shipped = clips(panel)
    _sorted_as_promised(panel)
    names = panel.search("rain", "#bank-search", "#bank-clips")
    assert 0 < len(names) < shipped
    panel.search("", "#bank-search", "#bank-clips")
    facts = []
    for card in ("heavy-rain-on-a-tin-roof", "desk-fan"):
        before = tab.evaluate("document.querySelector('#bank-spectrogram img')?.src ?? ''")
        tab.click(f"#bank-clips .card:has(input[value='{card}']) label")
        tab.wait_for_function("old => (document.querySelector('#bank-spectrogram img')?.src ?? '') !== old", arg=before)
        facts.append(tab.inner_text("#bank-facts"))
    assert "tin roof" in facts[0] and "fan" in facts[1].lower()
    tab.click("#bank-use")
    tab.wait_for_selector(".toast-body")
    panel.go_to("Dub")
    wait_for_chosen(panel, "desk-fan")
    assert panel.dub().recipe["ambient"]["clip"] == "desk-fan"

    panel.go_to("Bank")
    _build(panel, noise(tmp_path / "boiler.wav", 3.0, -30.0))
    replaced = clips(panel)
    assert replaced < shipped
    tab.click("#bank-mode label:has-text('Add')")
    _build(panel, noise(tmp_path / "tunnel.wav", 3.0, -35.0))
    assert clips(panel) == replaced + 1
    tab.click("#bank-save")
    tab.wait_for_selector("#bank-zip")
    with tab.expect_download() as waiting:
        tab.click("#bank-zip")
    waiting.value.save_as(tmp_path / "bank.zip")
    assert "metadata.json" in zipfile.ZipFile(tmp_path / "bank.zip").namelist()
    tab.click("#bank-reset")
    clips(panel, shipped)


def _sorted_as_promised(panel) -> None:
    cards = "[...document.querySelectorAll('#bank-clips .card')]"
    read = f"{cards}.map(card => [card.querySelector('.level').innerText, card.querySelector('.kind').innerText,"
    read += " card.querySelector('.name').innerText])"
    orders = {
        "loudest first": lambda rows: [-row[0] for row in rows],
        "softest first": lambda rows: [row[0] for row in rows],
        "Name": lambda rows: [row[2].lower() for row in rows],
        "Kind": lambda rows: [row[1] for row in rows],
    }
    for words, key in orders.items():
        before = panel.tab.evaluate(read)
        choose(panel.tab, "bank-sort", words)
        panel.tab.wait_for_function(f"old => JSON.stringify({read}) !== JSON.stringify(old)", arg=before)
        rows = [
            (float(level.split()[0].replace("\N{MINUS SIGN}", "-")), *names)
            for level, *names in panel.tab.evaluate(read)
        ]
        assert key(rows) == sorted(key(rows)), words


def _build(panel: Panel, *files) -> None:
    """Hand recordings in and build; returns when the list has followed."""
    tab = panel.tab
    before = tab.inner_text("#bank-note")
    tab.wait_for_selector("#bank-files input[type=file]", state="attached")
    tab.set_input_files("#bank-files input[type=file]", [str(file) for file in files])
    tab.wait_for_function("name => document.querySelector('#bank-files').innerText.includes(name)", arg=files[0].stem)
    tab.click("#bank-build")
    tab.wait_for_function("old => document.querySelector('#bank-note').innerText !== old", arg=before)
    tab.wait_for_function("!document.querySelector('#bank-files .file-preview')")
