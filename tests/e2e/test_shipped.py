"""The page as it is shipped: `app.py` with the compact model, its bank and its examples, and what it looks like.

`A2S_PICTURES=assets python -m pytest tests/e2e/test_shipped.py` keeps the pictures that are taken here.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from a2s.media import probe_video
from tests.e2e.hands import download, dub, load_example

LOOKS = {
    "light": {"viewport": {"width": 1360, "height": 1000}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1360, "height": 1000}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}
TABS = {"Compare": "#player .ready", "Bank": "#bank-clips .card"}


def keep(shot: bytes, name: str, folder: Path) -> Image.Image:
    """The picture, kept small in the folder that A2S_PICTURES names, else where tests write."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    target = Path(os.environ.get("A2S_PICTURES", folder)) / f"{name}.png"
    picture.quantize(192, dither=Image.Dither.NONE).save(target, optimize=True)
    return picture


@pytest.mark.parametrize("look", LOOKS)
def test_an_example_is_dubbed_and_the_page_is_seen(browser, shipped, tmp_path, look):
    context = browser.new_context(**LOOKS[look], accept_downloads=True)
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(shipped)
    tab.wait_for_selector("#examples button")
    assert tab.locator("#examples button").count() == 6
    load_example(tab)
    assert tab.locator("#ambiences .card").count() == 5 + 1  # the best five, and near silence
    dub(tab)
    dub(tab)
    tab.wait_for_selector("#spectrogram-comparison img", state="attached")
    assert probe_video(download(tab, "mp4", tmp_path)).has_audio
    tab.mouse.move(0, 0)
    tab.evaluate("document.activeElement.blur()")
    tab.evaluate("document.querySelector('#source video').currentTime = 1")
    tab.locator("#spectrogram-comparison").scroll_into_view_if_needed()
    tab.wait_for_timeout(1_500)
    studio = keep(whole_page(tab), f"studio-{look}", tmp_path)
    assert np.asarray(studio).std() > 20  # something is on it
    bright = np.median(np.asarray(studio.convert("L")))
    assert bright > 150 if look == "light" else bright < 80
    for name, ready in TABS.items():
        tab.click(f"button[role=tab]:has-text('{name}')")
        tab.wait_for_selector(ready)
        tab.wait_for_timeout(800)
        if look == "dark":
            keep(tab.screenshot(), name.lower(), tmp_path)
    context.close()
    assert complaints == []


def whole_page(tab) -> bytes:
    """The page from top to bottom; the bar that floats above it stands at its end."""
    tab.add_style_tag(
        content="#action-bar { position: static !important; } .gradio-container > .main { padding-bottom: 0; }"
    )
    return tab.screenshot(full_page=True)
