"""A real server, a real browser. Neither talks to anyone but the other."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.panel import Panel
from tests.e2e.timeline import CUES, SECONDS
from tests.fakes import draw_video

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]


def start(command: list[str], folder: Path, more: dict[str, str] | None = None) -> tuple[subprocess.Popen, str]:
    """A server in the background on a free port; returns when it answers. more: of its environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {"GRADIO_SERVER_PORT": str(port), "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
    settings = os.environ | settings | (more or {})
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT)
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=5).read(1)
            return server, address
        except OSError:
            assert server.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.5)
    server.kill()
    raise AssertionError("the page did not answer:\n" + (folder / "server.log").read_text())


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def work(tmp_path_factory) -> Path:
    """The server's own temporary folder; its log is server.log."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def site(work):
    """Address of the page over stand-ins that take 50 ms a step."""
    shelf = work / "examples"
    shelf.mkdir()
    for number, name in enumerate(("chopping_board", "garden_gate", "tin_roof")):
        draw_video(shelf / f"{name}.mp4", seconds=3.5, size=(320, 180), hits=(0.5 + 0.2 * number, 1.4, 2.6))
    server, address = start([sys.executable, "-m", "tests.e2e.serve", str(shelf), "0.05"], work)
    yield address
    stop(server)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory):
    """Address of the page as it is shipped: `app.py` with the compact model, its bank and its examples."""
    if not (ROOT / "checkpoints" / "compact" / "model_index.json").is_file():
        pytest.skip("needs checkpoints/compact")
    server, address = start([sys.executable, "app.py"], tmp_path_factory.mktemp("shipped"))
    yield address
    stop(server)


@pytest.fixture(scope="session")
def timeline_site(tmp_path_factory):
    """Address of the timeline alone."""
    folder = tmp_path_factory.mktemp("timeline")
    video = draw_video(folder / "clip.mp4", seconds=SECONDS, size=(320, 180), hits=(0.5, 1.5, 3.0))
    server, address = start(
        [sys.executable, "-m", "tests.e2e.timeline_page", str(video), str(SECONDS), str(CUES)], folder
    )
    yield address
    stop(server)


@pytest.fixture(scope="session")
def browser():
    """Chromium, or a reason why not."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright, see tests/requirements.txt")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs a Chromium on the PATH")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def tab(browser, site):
    """A tab on the page that has noted every request and every complaint of the console."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000}, accept_downloads=True)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.asked, tab.complaints = [], []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.goto(site)
    tab.wait_for_selector("#examples button")
    yield tab
    context.close()


@pytest.fixture
def panel(browser, shipped, tmp_path):
    """The controls of the shipped page, in a tab that must not complain."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000}, accept_downloads=True)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(shipped)
    tab.wait_for_selector("#examples button")
    yield Panel(tab, tmp_path)
    context.close()
    assert complaints == []


@pytest.fixture
def script() -> str:
    """What a page runs before its own; a module may have another."""
    return ""


@pytest.fixture
def bare(browser, timeline_site, script):
    """The timeline before a picture came."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda line: page.complaints.append(line.text) if "Error" in line.text else None)
    page.add_init_script(script)
    page.goto(timeline_site)
    page.wait_for_selector("#timeline .timeline")
    page.wait_for_function("document.querySelector('#source video')?.readyState > 0")
    yield page
    context.close()
    assert page.complaints == []


@pytest.fixture
def page(bare):
    """The timeline with the machine's cues."""
    bare.click("#fresh")
    bare.wait_for_selector(".cue")
    return bare


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """2.5 s with two hits, silent."""
    return draw_video(tmp_path_factory.mktemp("clip") / "two hits.mp4", seconds=2.5, size=(320, 180), hits=(0.5, 1.9))
