"""The page under load: many visitors dub at once. Measures order, waiting times, bounds, clean-up and memory growth."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from a2s.bench.clip import draw_clip
from a2s.bench.page import Page, serve
from a2s.bench.process import resident_mb
from a2s.bench.visitor import Refused, Visitor
from a2s.errors import BadSettings
from a2s.settings import Limits

EARLY = 20
"""Number of dubs before memory is measured first: everything is loaded by then."""

MAX_GROWTH = 1.1
"""Largest allowed ratio of memory after all dubs to memory after EARLY dubs."""

MAX_VISITORS = 200
SHORT_STEPS, USUAL_STEPS = 4, 12
EXTRA_VISITORS = 3
"""Visitors beyond the queue's length. The queue is one request shorter while a dub runs, so the first may still fit."""

CLEAN_UP_SECONDS = 60.0
"""Seconds after which remaining files of departed visitors count as leftovers."""

Started = tuple[float, list[str]]
"""The time at which a dub began, and the paths of its files."""


def measure_soak(
    model: str | Path = "compact", *, dubs: int = 200, visitors: int = 20, seconds: float = 3.0
) -> dict[str, Any]:
    """Start the page, let `visitors` dub a drawn clip until `dubs` are done, and stop the page.

    Returns the result of `soak`. Raises BadSettings, WeightsMissing.
    """
    if not 2 <= visitors <= MAX_VISITORS or dubs < visitors:
        raise BadSettings(
            f"A soak needs 2 to {MAX_VISITORS} visitors and a dub for each, not {visitors} visitors and {dubs} dubs."
        )
    limits = [f"max_waiting={visitors}", "max_away_seconds=1"]
    with TemporaryDirectory() as folder:
        clip = draw_clip(Path(folder) / "clip.mp4", seconds)
        with serve(model, Path(folder), limits) as page:
            return soak(page, Path(folder), clip, dubs, visitors)


@dataclass
class Tally:
    """Measurements of all visitors, in the order of the finished dubs.

    process: id of the page's process. waits: seconds in the queue. works: seconds of work. memory: MB after each dub.
    """

    process: int
    waits: list[float] = field(default_factory=list)
    works: list[float] = field(default_factory=list)
    memory: list[float | None] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, wait: float, work: float) -> None:
        with self.lock:
            self.waits.append(wait)
            self.works.append(work)
            self.memory.append(resident_mb(self.process))


def soak(page: Page, folder: Path, clip: Path, dubs: int, visitors: int) -> dict[str, Any]:
    """Load a page whose queue holds `visitors` requests and which removes a departed visitor's files after a second.

    folder: where the page stores its files. Returns a dict:
    in_order: whether the first dub of each visitor began in the order of the requests. rejection: the message for one
    request too many, None if it was accepted. files_isolated: whether each visitor's files have folders of their own
    that nobody can list. handover_seconds: from the departure of a visitor during a long dub to the begin of the next
    dub. leftover_files: files of departed visitors. dub_seconds: median of the working time. wait_seconds: in the
    queue. memory_mb: after EARLY and after all dubs. memory_growth: their ratio, None without /proc.
    """
    tally = Tally(page.server.pid)
    with ExitStack() as stack:
        crowd = [stack.enter_context(Visitor(page.address)) for _ in range(visitors)]
        videos = [visitor.upload(clip) for visitor in crowd]
        first, rejection = _fill_queue(crowd, videos, page, clip, tally)
        starts = [start for start, _ in first]
        _repeat(crowd, videos, dubs - visitors, tally)
        isolated = _files_isolated(crowd, [files for _, files in first])
        handover = _leave_during_dub(crowd[-1], page, clip)
    done = len(tally.works)
    early, late = tally.memory[min(EARLY, done) - 1], tally.memory[-1]
    return {
        "dubs": done,
        "visitors": visitors,
        "in_order": starts == sorted(starts),
        "rejection": rejection,
        "files_isolated": isolated,
        "handover_seconds": round(handover, 3),
        "leftover_files": _leftover_files(folder),
        "dub_seconds": round(median(tally.works), 3),
        "wait_seconds": {"median": round(median(tally.waits), 3), "longest": round(max(tally.waits), 3)},
        "memory_mb": {"early": early, "late": late},
        "memory_growth": round(late / early, 3) if early and late else None,
    }


def _request(visitor: Visitor, video: dict[str, Any], seed: int, steps: int = USUAL_STEPS) -> float:
    """Request a dub. Returns the time of the request."""
    visitor.request("dub", video, 0.4, seed, steps, 2.5, "", "")
    return time.perf_counter()


def _wait(visitor: Visitor, requested: float, tally: Tally | None = None) -> Started:
    """Wait for the end of a dub."""
    began, files = requested, []
    for kind, moment, message in visitor.events():
        if kind == "process_starts":
            began = moment
        if kind == "process_completed":
            files = [part["path"] for part in message["output"]["data"][:2]]
            if tally is not None:
                tally.add(began - requested, moment - began)
    return began, files


def _fill_queue(
    crowd: Sequence[Visitor], videos: Sequence[dict[str, Any]], page: Page, clip: Path, tally: Tally
) -> tuple[list[Started], str | None]:
    """Let the whole crowd request a dub, then further visitors until one is rejected.

    Returns the dubs of the crowd, and the rejection. The rejected visitor dubs once the queue has room again.
    """
    with ExitStack() as stack, ThreadPoolExecutor(len(crowd) + EXTRA_VISITORS) as threads:
        requested = [_request(visitor, video, seed) for seed, (visitor, video) in enumerate(zip(crowd, videos))]
        first = [threads.submit(_wait, visitor, at, tally) for visitor, at in zip(crowd, requested)]
        rejection: str | None = None
        extra: list[Future[Started]] = []
        while rejection is None and len(extra) < EXTRA_VISITORS:
            visitor = stack.enter_context(Visitor(page.address))
            video = visitor.upload(clip)
            try:
                extra.append(threads.submit(_wait, visitor, _request(visitor, video, 0, SHORT_STEPS)))
            except Refused as refusal:
                rejection = str(refusal)
        served = [waiting.result() for waiting in [*first, *extra]]
        if rejection is not None:
            _wait(visitor, _request(visitor, video, 0, SHORT_STEPS))
    return served[: len(crowd)], rejection


def _repeat(crowd: Sequence[Visitor], videos: Sequence[dict[str, Any]], total: int, tally: Tally) -> None:
    """Let each visitor request the next dub after the last one, until `total` were requested together."""
    seeds, lock = count(), threading.Lock()

    def stay(visitor: Visitor, video: dict[str, Any]) -> None:
        while True:
            with lock:
                seed = next(seeds)
            if seed >= total:
                return
            _wait(visitor, _request(visitor, video, seed), tally)

    with ThreadPoolExecutor(len(crowd)) as threads:
        list(threads.map(stay, crowd, videos))


def _files_isolated(crowd: Sequence[Visitor], files: Sequence[list[str]]) -> bool:
    """Whether no two visitors' files share a folder, and no visitor can list another one's folder."""
    own = [{Path(file).parents[1] for file in theirs} for theirs in files]
    others = [folder for folders in own[1:] for folder in folders]
    answers = {crowd[0].status(str(path)) for folder in others for path in (folder, folder.parent)}
    return len(set.union(*own)) == len(crowd) == sum(map(len, own)) and answers <= {403, 404}


def _leave_during_dub(next_one: Visitor, page: Page, clip: Path) -> float:
    """Let a visitor leave during a long dub while the next one waits. Returns seconds until the next dub begins."""
    with Visitor(page.address) as leaving:
        _request(leaving, leaving.upload(clip), 0, Limits().max_steps)
        next(None for kind, *_ in leaving.events() if kind == "process_starts")
        requested = _request(next_one, next_one.upload(clip), 0, SHORT_STEPS)
        time.sleep(0.5)  # into the sampler's steps
        left = time.perf_counter()
    began, _ = _wait(next_one, requested)
    return began - left


def _leftover_files(folder: Path) -> int:
    """Number of files of departed visitors, after time for the clean-up."""
    end = time.perf_counter() + CLEAN_UP_SECONDS
    while (left := _count_files(folder)) and time.perf_counter() < end:
        time.sleep(0.1)
    return left


def _count_files(folder: Path) -> int:
    """Files of sessions and uploads. The bank's sounds and gradio's empty files do not count."""
    found = 0
    for root in folder.glob("a2s-*"):
        for parent, _, names in os.walk(root):  # unlike glob, os.walk accepts that a folder is removed meanwhile
            if Path(parent).name != "ambiences":
                found += sum(not name.startswith("tmp") for name in names)
    return found


def soak_passed(found: dict[str, Any]) -> bool:
    """Whether a result of `soak` is good: order, bounds, isolation, clean-up, and memory growth where it is known."""
    served = found["in_order"] and found["rejection"] is not None and found["files_isolated"]
    return served and not found["leftover_files"] and (found["memory_growth"] or 0.0) <= MAX_GROWTH


def soak_table(found: dict[str, Any]) -> str:
    """The result of `soak` as text."""
    memory, wait, growth = found["memory_mb"], found["wait_seconds"], found["memory_growth"]
    unknown = "needs /proc"
    ratio = f"{growth:.3f}{'' if growth <= MAX_GROWTH else ', too much'}" if growth is not None else unknown
    rows = [
        ("dubs, visitors", f"{found['dubs']}, {found['visitors']}"),
        ("working time of a dub", f"{found['dub_seconds']:.2f} s"),
        ("time in the queue", f"{wait['median']:.1f} s, longest {wait['longest']:.1f} s"),
        ("served in order", "yes" if found["in_order"] else "no"),
        ("one request too many", found["rejection"] or "was accepted"),
        ("files isolated", "yes" if found["files_isolated"] else "no"),
        ("next dub after a departure", f"{found['handover_seconds']:.2f} s"),
        ("leftover files", str(found["leftover_files"])),
        (f"memory after {min(EARLY, found['dubs'])} dubs", f"{memory['early']:.0f} MB" if growth else unknown),
        ("memory after all dubs", f"{memory['late']:.0f} MB" if growth else unknown),
        ("ratio", ratio),
    ]
    return "\n".join(f"{name:<34}{value}" for name, value in rows)
