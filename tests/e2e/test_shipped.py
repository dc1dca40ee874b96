"""The page as it is shipped, with screenshots.

`A2S_PICTURES=assets python -m pytest tests/e2e/test_shipped.py` keeps the screenshots.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from a2s.media import probe_video
from tests.e2e.actions import click_tab, download, dub, load_example
from tests.e2e.conftest import browsing

LOOKS = {"light": (1360, 1000), "dark": (1360, 1000), "phone": (390, 844)}
"""Name to size of the window; a phone is dark."""

WIDEST = 1000
"""Pixels across a kept screenshot, which then has less than 150 kB."""

TABS = {"Compare": "#player .ready", "Bank": "#bank-clips .card"}


def keep(shot: bytes, name: str, folder: Path) -> Image.Image:
    """The picture, kept small in the folder that A2S_PICTURES names, else where tests write."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    target = Path(os.environ.get("A2S_PICTURES", folder)) / f"{name}.png"
    small = picture.copy()
    small.thumbnail((WIDEST, picture.height), Image.Resampling.LANCZOS)
    small.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    return picture


def test_an_example_is_dubbed_in_light_and_dark_and_on_a_phone(browser, shipped, tmp_path):
    with browsing(browser, accept_downloads=True, color_scheme="light") as tab:
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
        for look, (width, height) in LOOKS.items():
            tab.set_viewport_size({"width": width, "height": height})
            tab.evaluate("dark => document.body.classList.toggle('dark', dark)", look != "light")
            click_tab(tab, "Dub")
            tab.locator("#spectrogram-comparison").scroll_into_view_if_needed()
            tab.wait_for_timeout(700)
            studio = keep(whole_page(tab), f"studio-{look}", tmp_path)
            assert np.asarray(studio).std() > 20, "something is drawn"
            bright = np.median(np.asarray(studio.convert("L")))
            assert bright > 150 if look == "light" else bright < 80
            for name, ready in TABS.items():
                click_tab(tab, name)
                tab.wait_for_selector(ready)
                if look == "dark":
                    tab.wait_for_timeout(500)
                    keep(tab.screenshot(), name.lower(), tmp_path)
        assert tab.errors == []


def whole_page(tab) -> bytes:
    """The page from top to bottom; the bar that floats above it stands at its end."""
    tab.add_style_tag(
        content="#action-bar { position: static !important; } .gradio-container > .main { padding-bottom: 0; }"
    )
    return tab.screenshot(full_page=True)
