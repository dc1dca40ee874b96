"""The page as a visitor meets it: how soon it answers, what it holds in memory, how soon a clip is heard."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from a2s.errors import A2SError
from a2s.media import probe_video
from a2s.weights import resolve_model

ROOT = Path(__file__).resolve().parents[2]

MOST_START = 180.0
"""Seconds after which a page that does not answer never will."""

RESTED_SECONDS, RESTED_SHARE = 1.5, 0.1
"""A page that has worked for less than this share of the last seconds has done loading."""

SECONDS = {
    "answers": "answers",
    "has loaded the model": "rested",
    "dubs, from call to files": "first_sound",
    "dubs once more": "second_sound",
}
MEMORY = {"holds when idle": "idle_rss_mb", "holds after two dubs": "used_rss_mb"}


@dataclass(frozen=True)
class Page:
    """A page that is being served. answered: seconds from the command until it did."""

    server: subprocess.Popen
    address: str
    began: float
    answered: float


def measure_page(clip: Path, model: str | Path = "compact") -> dict:
    """Start `app.py`, dub `clip` twice through its endpoint `/dub`, stop it, and leave nothing behind.

    Returns a dict. answers, rested: seconds from the command until the page answers, and until it has stopped loading
    the model. idle_rss_mb, used_rss_mb: MB in memory after that, and after the dubs. first_sound, second_sound: seconds
    from the call until the caller has the finished files. Where there is no /proc, rested and the memory are None.
    Raises WeightsMissing, and A2SError with what the page said where it cannot start.
    """
    with TemporaryDirectory() as folder, serve(model, Path(folder)) as page:
        rested = _until_rested(page)
        idle = resident_mb(page.server.pid)
        first, second = _time_dubs(page, clip)
        return {
            "answers": round(page.answered, 3),
            "rested": rested,
            "idle_rss_mb": idle,
            "first_sound": first,
            "second_sound": second,
            "used_rss_mb": resident_mb(page.server.pid),
        }


@contextmanager
def serve(model: str | Path, folder: Path, limits: Sequence[str] = ()) -> Iterator[Page]:
    """The page on a free port while the block runs; all that it writes is in `folder`. limits: as for `--limit`."""
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
    """Ask it to end, as a system does; what does not listen is ended."""
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
        said = log.read_text("utf-8", "replace").strip()
        if server.poll() == 2:
            raise A2SError(said.splitlines()[-1] if said else "The page could not start.")
        if server.poll() is not None:
            raise RuntimeError(f"the page ended before it answered: {said}")
        if time.perf_counter() - began > MOST_START:
            raise RuntimeError(f"the page did not answer within {MOST_START:g} s: {said}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    """Whether the page itself comes; asked straight, not through a proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _until_rested(page: Page) -> float | None:
    """Seconds from the command to the moment since when the page has hardly used the processor: the model is loaded.

    It is told from outside, for a page that is not asked anything does nothing else.
    """
    worked = cpu_seconds(page.server.pid)
    if worked is None:
        return None
    since = time.perf_counter()
    while time.perf_counter() - page.began < MOST_START:
        time.sleep(0.1)
        now, total = time.perf_counter(), cpu_seconds(page.server.pid)
        if total is None or total - worked > RESTED_SHARE * RESTED_SECONDS:
            since, worked = now, total or worked
        elif now - since >= RESTED_SECONDS:
            return round(since - page.began, 3)
    raise RuntimeError(f"the page was still busy after {MOST_START:g} s")


def _time_dubs(page: Page, clip: Path) -> tuple[float, float]:
    from gradio_client import Client, handle_file

    # Not fetched, for the client forgets folders of its own when it fetches; the page writes on this same machine.
    client = Client(
        page.address, download_files=False, verbose=False, analytics_enabled=False, httpx_kwargs={"trust_env": False}
    )
    try:
        times = []
        for _ in range(2):
            began = time.perf_counter()
            given = client.predict(handle_file(clip), api_name="/dub")
            times.append(round(time.perf_counter() - began, 3))
            video, sound = (Path(part["path"]) for part in given[:2])
            if not (probe_video(video).has_audio and sound.stat().st_size):
                raise RuntimeError("the page's /dub gave no sound back")
        return tuple(times)
    finally:
        client.close()


def resident_mb(process: int) -> float | None:
    """What a process holds in memory now; None where there is no /proc."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    return round(int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 2**10, 1)


def cpu_seconds(process: int) -> float | None:
    """How long a process has worked, all its threads together; None where there is no /proc."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def page_rows(found: dict) -> list[tuple[str, str]]:
    """The figures of `measure_page` for a person, as (name, value)."""
    rows = [(f"page {name}", found[key], "{:.3f} s") for name, key in SECONDS.items()]
    rows += [(f"page {name}", found[key], "{:.0f} MB") for name, key in MEMORY.items()]
    return [(name, "needs /proc" if value is None else form.format(value)) for name, value, form in rows]
