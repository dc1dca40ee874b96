"""The page as it is shipped: `app.py` with the compact model, its bank and its examples."""

from __future__ import annotations

import sys

import pytest

from a2s.media import probe
from tests.e2e.conftest import ROOT, start, stop


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    if not (ROOT / "checkpoints" / "compact" / "model_index.json").is_file():
        pytest.skip("needs checkpoints/compact")
    server, address = start([sys.executable, "app.py"], tmp_path_factory.mktemp("shipped"))
    yield address
    stop(server)


def test_an_example_is_dubbed_with_the_shipped_weights(browser, shipped, tmp_path):
    context = browser.new_context(viewport={"width": 1360, "height": 1000})
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    tab.goto(shipped)
    tab.wait_for_selector("#examples button")
    assert tab.locator("#examples button").count() >= 3
    tab.click("#examples button >> nth=0")
    tab.wait_for_selector("#ambiences .card")
    assert tab.locator("#ambiences .card").count() == 5 + 1  # the best five, and near silence
    tab.click("#dub")
    tab.wait_for_selector("#result video")
    tab.wait_for_selector("#spectrogram img")
    with tab.expect_download() as waiting:
        tab.click("#get-mp4")
    waiting.value.save_as(tmp_path / "dubbed.mp4")
    context.close()
    assert probe(tmp_path / "dubbed.mp4").has_audio
