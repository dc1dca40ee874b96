"""The page from outside: seconds until it answers, its memory, and seconds of a dub through it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from a2s.bench.process import cpu_seconds, resident_mb
from a2s.errors import A2SError, BadSettings
from a2s.media import probe_video
from a2s.weights import resolve_model

ROOT = Path(__file__).resolve().parents[2]

MAX_START = 180.0
"""Seconds after which a page that does not answer counts as failed."""

IDLE_SECONDS, IDLE_SHARE = 1.5, 0.1
"""A page is idle after this time in which it used less than this share of a processor."""

SECONDS = {
    "answers after": "answers",
    "has loaded the model after": "loaded",
    "first dub": "first_dub",
    "second dub": "second_dub",
}
MEMORY = {"memory when idle": "idle_rss_mb", "memory after two dubs": "used_rss_mb"}


@dataclass(frozen=True)
class Page:
    """A running page. began: `perf_counter` at its start. answered: seconds from there to its first answer."""

    server: subprocess.Popen
    address: str
    began: float
    answered: float


def measure_page(clip: Path, model: str | Path = "compact") -> dict[str, Any]:
    """Start `app.py`, dub `clip` twice through its endpoint `/dub`, and stop it. No file remains.

    Returns a dict. answers, loaded: seconds from the command to the first answer, and to the end of loading the model.
    idle_rss_mb, used_rss_mb: MB of memory then, and after the dubs. first_dub, second_dub: seconds from the call to the
    finished files. Where there is no /proc, loaded and the memory are None.
    Raises WeightsMissing, and A2SError with the page's message if it does not start.
    """
    with TemporaryDirectory() as folder, serve(model, Path(folder)) as page:
        loaded = _until_idle(page)
        idle = resident_mb(page.server.pid)
        first, second = _time_dubs(page, clip)
        return {
            "answers": round(page.answered, 3),
            "loaded": loaded,
            "idle_rss_mb": idle,
            "first_dub": first,
            "second_dub": second,
            "used_rss_mb": resident_mb(page.server.pid),
        }


@contextmanager
def serve(model: str | Path, folder: Path, limits: Sequence[str] = ()) -> Iterator[Page]:
    """Run the page on a free port during the block. It writes into `folder` only. limits: values of `--limit`."""
    if not (ROOT / "app.py").is_file():
        raise BadSettings("Measuring the page needs the source tree with app.py; an installed package has none.")
    port, log, folder_of_model = _free_port(), folder / "server.log", resolve_model(model).resolve()
    command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(port), "--model", str(folder_of_model)]
    command += [part for limit in limits for part in ("--limit", limit)]
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    began = time.perf_counter()
    with open(log, "w") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | temporary, stdout=out, stderr=subprocess.STDOUT)
    try:
        _until_it_answers(server, port, began, log)
        yield Page(server, f"http://127.0.0.1:{port}", began, time.perf_counter() - began)
    finally:
        stop(server)


def stop(server: subprocess.Popen) -> None:
    """Terminate a process; kill it if it does not end within 20 s."""
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _until_it_answers(server: subprocess.Popen, port: int, began: float, log: Path) -> None:
    while not _answers(port):
        output = log.read_text("utf-8", "replace").strip()
        if server.poll() == 2:
            raise A2SError(output.splitlines()[-1] if output else "The page could not start.")
        if server.poll() is not None:
            raise RuntimeError(f"the page ended before it answered: {output}")
        if time.perf_counter() - began > MAX_START:
            raise RuntimeError(f"the page did not answer within {MAX_START:g} s: {output}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    """Whether the page answers a direct request, without a proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _until_idle(page: Page) -> float | None:
    """Seconds from the command to the begin of the page's idle time, when the model is loaded. None without /proc.

    An idle processor is visible from outside; a page without requests does nothing but load the model.
    """
    worked = cpu_seconds(page.server.pid)
    if worked is None:
        return None
    since = time.perf_counter()
    while time.perf_counter() - page.began < MAX_START:
        time.sleep(0.1)
        now, total = time.perf_counter(), cpu_seconds(page.server.pid)
        if total is None or total - worked > IDLE_SHARE * IDLE_SECONDS:
            since, worked = now, total or worked
        elif now - since >= IDLE_SECONDS:
            return round(since - page.began, 3)
    raise RuntimeError(f"the page was still busy after {MAX_START:g} s")


def _time_dubs(page: Page, clip: Path) -> tuple[float, float]:
    from gradio_client import Client, handle_file

    # Without downloads: the client would leave its own folders behind, and the files are on this machine anyway.
    client = Client(
        page.address, download_files=False, verbose=False, analytics_enabled=False, httpx_kwargs={"trust_env": False}
    )
    try:
        times = []
        for _ in range(2):
            began = time.perf_counter()
            result = client.predict(handle_file(clip), api_name="/dub")
            times.append(round(time.perf_counter() - began, 3))
            video, sound = (Path(part["path"]) for part in result[:2])
            if not (probe_video(video).has_audio and sound.stat().st_size):
                raise RuntimeError("the page returned no sound")
        return times[0], times[1]
    finally:
        client.close()


def page_rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The result of `measure_page` as (name, value) texts."""
    rows = [(f"page {name}", found[key], "{:.3f} s") for name, key in SECONDS.items()]
    rows += [(f"page {name}", found[key], "{:.0f} MB") for name, key in MEMORY.items()]
    return [(name, "needs /proc" if value is None else form.format(value)) for name, value, form in rows]
