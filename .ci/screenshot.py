"""The picture for the README, from an open page: `python .ci/screenshot.py http://127.0.0.1:7860 assets/studio.png`."""

import io
import shutil
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

address, target = sys.argv[1:]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
    )
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page.goto(address)
    page.click("#examples button >> nth=0")
    page.wait_for_selector("#ambiences .card", timeout=60_000)
    page.click("#dub")
    page.wait_for_selector("#spectrogram img", timeout=120_000)
    page.mouse.move(0, 0)
    page.wait_for_timeout(2_000)
    shot = page.screenshot(full_page=True)
    browser.close()
Image.open(io.BytesIO(shot)).convert("RGB").quantize(192, dither=Image.Dither.NONE).save(target, optimize=True)
