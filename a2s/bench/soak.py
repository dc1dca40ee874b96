"""The page under many visitors at once: who waits how long, who is turned away, what is left, whether memory grows."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from a2s.bench.page import Page, resident_mb, serve
from a2s.bench.visitor import Refused, Visitor
from a2s.errors import BadSettings
from a2s.settings import LIMITS

EARLY = 20
"""Dubs after which memory is looked at first: by then everything is loaded."""

GROWTH = 1.1
"""Memory after all dubs, as a multiple of that after EARLY, above which it grows."""

LONG_STEPS, SHORT_STEPS = LIMITS.max_steps, 4
MORE = 3
"""Visitors beyond the crowd; one of the crowd is in work when they come, so the line has room for one or two."""

GOODBYE = 60.0
"""Seconds after which files of a visitor who left count as left behind."""


def measure_soak(model="compact", *, dubs: int = 200, visitors: int = 20, seconds: float = 3.0) -> dict:
    """Start the page for so many visitors, have them all dub a drawn clip until so many dubs are made, stop the page.

    Returns what `soak` does. Raises BadSettings, WeightsMissing.
    """
    from a2s.bench import draw_clip

    if not 2 <= visitors <= 200 or dubs < visitors:
        raise BadSettings(f"A soak needs 2 to 200 visitors and a dub for each, not {visitors} and {dubs}.")
    limits = [f"max_waiting={visitors}", "max_away_seconds=1"]
    with TemporaryDirectory() as folder:
        clip = draw_clip(Path(folder) / "clip.mp4", seconds)
        with serve(model, Path(folder), limits) as page:
            return soak(page, Path(folder), clip, dubs, visitors)


@dataclass
class Tally:
    """What the visitors saw, in the order in which it was over. memory: MB by the number of dubs."""

    process: int
    waits: list[float] = field(default_factory=list)
    works: list[float] = field(default_factory=list)
    memory: dict[int, float | None] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def dubbed(self, wait: float, work: float) -> None:
        with self.lock:
            self.waits.append(wait)
            self.works.append(work)
            self.memory[len(self.works)] = resident_mb(self.process)


def soak(page: Page, folder: Path, clip: Path, dubs: int, visitors: int) -> dict:
    """Visit a page that lets `visitors` wait and forgets who is away for a second; `folder` is where it keeps files.

    Returns a dict. in_order: the first of each visitor were served as they came. turned_away: what one visitor too many
    was told. files_apart: each visitor's files are in a folder of its own, which nobody can list. released_seconds:
    from a visitor's leaving in the middle of a long dub to the beginning of the next one's. left_behind: files of
    visitors who left. dub_seconds: median of the model's time. wait_seconds: in the line. memory_mb: after EARLY and
    after all dubs; growth: their ratio.
    """
    tally = Tally(page.server.pid)
    with ExitStack() as stack:
        crowd = [stack.enter_context(_visitor(page)) for _ in range(visitors)]
        videos = [visitor.upload(clip) for visitor in crowd]
        first, turned_away = _crowd_in(crowd, videos, page, clip, tally)
        starts, files = zip(*first)
        _go_on(crowd, videos, dubs - visitors, tally)
        apart = _apart(crowd, files)
        released = _leave_in_the_middle(crowd[-1], page, clip)
    early, late = (tally.memory.get(min(number, len(tally.works))) for number in (EARLY, dubs))
    return {
        "dubs": len(tally.works),
        "visitors": visitors,
        "in_order": list(starts) == sorted(starts),
        "turned_away": turned_away,
        "files_apart": apart,
        "released_seconds": round(released, 3),
        "left_behind": _left_behind(folder),
        "dub_seconds": round(median(tally.works), 3),
        "wait_seconds": {"median": round(median(tally.waits), 3), "longest": round(max(tally.waits), 3)},
        "memory_mb": {"early": early, "late": late},
        "growth": round(late / early, 3) if early and late else None,
    }


class _visitor:
    """A Visitor that leaves at the end of the block."""

    def __init__(self, page: Page) -> None:
        self.visitor = Visitor(page.address)

    def __enter__(self) -> Visitor:
        return self.visitor

    def __exit__(self, *_) -> None:
        self.visitor.leave()


def _ask(visitor: Visitor, video: dict, seed: int, steps: int = 12) -> float:
    """Ask for a dub; returns the moment."""
    visitor.ask("dub", video, 0.4, seed, steps, 2.5, "", "")
    return time.perf_counter()


def _wait(visitor: Visitor, asked: float, tally: Tally | None = None) -> tuple[float, list[str]]:
    """Wait for the dub; returns when it began, and its files."""
    begun, files = asked, []
    for kind, moment, message in visitor.answers():
        if kind == "process_starts":
            begun = moment
        if kind == "process_completed":
            files = [part["path"] for part in message["output"]["data"][:2]]
            if tally is not None:
                tally.dubbed(begun - asked, moment - begun)
    return begun, files


def _crowd_in(crowd, videos, page, clip, tally) -> tuple[list[tuple[float, list[str]]], str | None]:
    """All ask one after the other, and then some until one finds no room; that one comes again when there is.

    Returns what `_wait` does for each of the crowd, and the refusal.
    """
    with ExitStack() as stack, ThreadPoolExecutor(len(crowd) + MORE) as threads:
        asked = [_ask(visitor, video, seed) for seed, (visitor, video) in enumerate(zip(crowd, videos))]
        first = [threads.submit(_wait, visitor, at, tally) for visitor, at in zip(crowd, asked)]
        told, more = None, []
        while told is None and len(more) < MORE:
            visitor = stack.enter_context(_visitor(page))
            video = visitor.upload(clip)
            try:
                more.append(threads.submit(_wait, visitor, _ask(visitor, video, 0, SHORT_STEPS)))
            except Refused as refusal:
                told = str(refusal)
        served = [waiting.result() for waiting in [*first, *more]]
        if told is not None:
            _wait(visitor, _ask(visitor, video, 0, SHORT_STEPS))
    return served[: len(crowd)], told


def _go_on(crowd: list[Visitor], videos: list[dict], more: int, tally: Tally) -> None:
    """Each asks again as soon as it was served, until `more` were asked for together."""
    seeds, lock = count(), threading.Lock()

    def stay(visitor: Visitor, video: dict) -> None:
        while True:
            with lock:
                seed = next(seeds)
            if seed >= more:
                return
            _wait(visitor, _ask(visitor, video, seed), tally)

    with ThreadPoolExecutor(len(crowd)) as threads:
        list(threads.map(stay, crowd, videos))


def _apart(crowd: list[Visitor], files: tuple[list[str], ...]) -> bool:
    """Whether no two visitors' files share a folder, and nobody is shown what is in another's."""
    own = [{Path(file).parents[1] for file in theirs} for theirs in files]
    others = [folder for folders in own[1:] for folder in folders]
    shut = {crowd[0].status(str(place)) for folder in others for place in (folder, folder.parent)}
    return len(set.union(*own)) == len(crowd) == sum(map(len, own)) and shut <= {403, 404}


def _leave_in_the_middle(next_one: Visitor, page: Page, clip: Path) -> float:
    """One goes away while a long dub is made, and the next one waits; returns seconds until that one's turn."""
    with _visitor(page) as leaving:
        _ask(leaving, leaving.upload(clip), 0, LONG_STEPS)
        next(None for kind, *_ in leaving.answers() if kind == "process_starts")
        asked = _ask(next_one, next_one.upload(clip), 0, SHORT_STEPS)
        time.sleep(0.5)  # into its steps
        left = time.perf_counter()
    begun, _ = _wait(next_one, asked)
    return begun - left


def _left_behind(folder: Path) -> int:
    """Files of visitors, once they had time to be removed."""
    end = time.perf_counter() + GOODBYE
    while (left := _count_files(folder)) and time.perf_counter() < end:
        time.sleep(0.1)
    return left


def _count_files(folder: Path) -> int:
    """What visits hold, and uploads; not the bank's sounds, which are everybody's, nor gradio's empty files."""
    found = 0
    for root in folder.glob("a2s-*"):
        for where, _, names in os.walk(root):  # unlike glob, it bears that a folder goes meanwhile
            if Path(where).name != "ambiences":
                found += sum(not name.startswith("tmp") for name in names)
    return found


def holds(found: dict) -> bool:
    """Whether what `soak` returns is as it should be: order, bound, privacy, clean-up, and memory where it is known."""
    kept_apart = found["in_order"] and found["turned_away"] is not None and found["files_apart"]
    return kept_apart and not found["left_behind"] and (found["growth"] or 0.0) <= GROWTH


def table(found: dict) -> str:
    """The figures for a person."""
    memory, wait = found["memory_mb"], found["wait_seconds"]
    known = found["growth"] is not None
    grown = f"{found['growth']:.3f}" + ("" if found["growth"] <= GROWTH else ", it grows") if known else "needs /proc"
    rows = [
        ("dubs, visitors", f"{found['dubs']}, {found['visitors']}"),
        ("a dub", f"{found['dub_seconds']:.2f} s"),
        ("in the line", f"{wait['median']:.1f} s, longest {wait['longest']:.1f} s"),
        ("served in order", "yes" if found["in_order"] else "no"),
        ("one too many", found["turned_away"] or "was let in"),
        ("files apart", "yes" if found["files_apart"] else "no"),
        ("next one's turn after one left", f"{found['released_seconds']:.2f} s"),
        ("files left behind", str(found["left_behind"])),
        (f"memory after {min(EARLY, found['dubs'])} dubs", f"{memory['early']:.0f} MB" if known else "needs /proc"),
        ("memory after all", f"{memory['late']:.0f} MB" if known else "needs /proc"),
        ("ratio", grown),
    ]
    return "\n".join(f"{name:<34}{value}" for name, value in rows)
