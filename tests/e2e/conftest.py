"""A real server and a real browser, neither of which connects to anything else.

Servers last for the session. A module has one browser context, so that its pages share a warm cache; each test gets
its page back in the initial state.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.panel import Panel
from tests.e2e.timeline import CUES, SECONDS
from tests.fakes import draw_video

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
STEP_SECONDS = "0.02"
"""Of the stand-in model: 12 s for the largest dub of one take, so that a test has time to cancel it."""


def start(command: list[str], folder: Path, more: dict[str, str] | None = None) -> tuple[subprocess.Popen, str]:
    """Start a server on a free port; returns it and its address once it answers. Its log is server.log.

    more: environment variables.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {"GRADIO_SERVER_PORT": str(port), "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
    settings = os.environ | settings | (more or {})
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT)
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).read(1)
            return server, address
        except OSError:
            assert server.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.2)
    server.kill()
    raise AssertionError("the page did not answer:\n" + (folder / "server.log").read_text())


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[str]:
    """The address of a server that runs in the block."""
    server, address = start(command, folder)
    try:
        yield address
    finally:
        stop(server)


@pytest.fixture(scope="session")
def work(tmp_path_factory) -> Path:
    """Temporary folder of the server of `site`."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def site(work):
    """Address of the page over stand-ins for model and bank."""
    examples = work / "examples"
    examples.mkdir()
    for number, name in enumerate(("chopping_board", "garden_gate", "tin_roof")):
        draw_video(examples / f"{name}.mp4", seconds=3.5, size=(320, 180), hits=(0.5 + 0.2 * number, 1.4, 2.6))
    with serving([sys.executable, "-m", "tests.e2e.serve", str(examples), STEP_SECONDS], work) as address:
        yield address


@pytest.fixture(scope="session")
def shipped(tmp_path_factory):
    """Address of the page as it is shipped: `app.py` with the compact model, its bank and its examples."""
    if not (ROOT / "checkpoints" / "compact" / "model_index.json").is_file():
        pytest.skip("needs checkpoints/compact")
    with serving([sys.executable, "app.py"], tmp_path_factory.mktemp("shipped")) as address:
        yield address


@pytest.fixture(scope="session")
def timeline_site(tmp_path_factory):
    """Address of the timeline alone."""
    folder = tmp_path_factory.mktemp("timeline")
    video = draw_video(folder / "clip.mp4", seconds=SECONDS, size=(320, 180), hits=(0.5, 1.5, 3.0))
    command = [sys.executable, "-m", "tests.e2e.timeline_page", str(video), str(SECONDS), str(CUES)]
    with serving(command, folder) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Chromium, or a skip with the reason."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright, see tests/requirements.txt")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs a Chromium on the PATH")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def browsing(browser, script: str = "", **options):
    """A page in a browser context of its own that collects script errors in `page.errors`. script: runs first."""
    context = browser.new_context(**{"viewport": {"width": 1360, "height": 1000}} | options)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.errors, page.requested = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda request: page.requested.append(request.url))
    page.add_init_script(script)
    try:
        yield page
    finally:
        context.close()


@pytest.fixture(scope="module")
def module_page(browser):
    with browsing(browser, accept_downloads=True) as page:
        yield page


def open_page(page, address: str) -> None:
    """Load the page anew: every control has its initial value, and the server begins a new visit."""
    page.requested.clear()
    page.goto(address)
    page.wait_for_selector("#examples button")


@pytest.fixture
def tab(module_page, site):
    """A newly loaded page over stand-ins. The module's pages share their cache."""
    open_page(module_page, site)
    yield module_page
    assert module_page.errors == []


@pytest.fixture
def panel(module_page, shipped, tmp_path):
    """The controls of the shipped page, newly loaded."""
    open_page(module_page, shipped)
    yield Panel(module_page, tmp_path)
    assert module_page.errors == []


@pytest.fixture(scope="module")
def script() -> str:
    """What the timeline's page runs before its own scripts. A module may override it."""
    return ""


@pytest.fixture(scope="module")
def timeline_tab(browser, timeline_site, script):
    with browsing(browser, script, viewport={"width": 1280, "height": 900}) as page:
        page.on("console", lambda line: page.errors.append(line.text) if "Error" in line.text else None)
        open_timeline(page, timeline_site)
        yield page


def open_timeline(page, timeline_site: str) -> None:
    """The timeline before a video was analysed."""
    page.goto(timeline_site)
    page.wait_for_selector("#timeline .timeline")
    page.wait_for_function("document.querySelector('#source video')?.readyState > 0")


@pytest.fixture
def page(timeline_tab, timeline_site):
    """The timeline with the detected cues, unzoomed, at 0 s."""
    if timeline_tab.query_selector("#source video") is None:  # a test removed it
        open_timeline(timeline_tab, timeline_site)
    if timeline_tab.query_selector("#timeline .cue"):
        timeline_tab.click("#other")
        timeline_tab.wait_for_function("document.querySelectorAll('.cue').length === 1")
        timeline_tab.click("[data-do=fit]")
    timeline_tab.evaluate("document.querySelector('#source video').currentTime = 0")
    timeline_tab.click("#fresh")
    timeline_tab.wait_for_function(f"document.querySelectorAll('.cue').length === {CUES}")
    yield timeline_tab
    assert timeline_tab.errors == []


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """2.5 s with two hits, silent."""
    return draw_video(tmp_path_factory.mktemp("clip") / "two hits.mp4", seconds=2.5, size=(320, 180), hits=(0.5, 1.9))
