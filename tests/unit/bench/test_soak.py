"""A load test of the page over stand-in models, and its verdict on pages with faults."""

from __future__ import annotations

import json
import re
import sys
import time

import pytest

from a2s.bench.page import Page
from a2s.bench.soak import MAX_GROWTH, measure_soak, soak, soak_table
from a2s.bench.visitor import Refused, Visitor
from a2s.cli.main import main
from a2s.errors import BadSettings
from a2s.ui.text import QUEUE_FULL
from tests.e2e.conftest import start, stop
from tests.e2e.serve import BROKEN_STEPS
from tests.fakes import draw_video


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("soak")


@pytest.fixture(scope="module")
def page(folder):
    """The page over stand-in models: a queue of three, and half a second until a departed session is removed."""
    (folder / "examples").mkdir()
    command = [sys.executable, "-m", "tests.e2e.serve", str(folder / "examples"), "0.05"]
    limits = {"A2S_MAX_WAITING": "3", "A2S_MAX_AWAY_SECONDS": "0.5"}
    server, address = start(command, folder, limits)
    yield Page(server, address, time.perf_counter(), 0.0)
    stop(server)


@pytest.fixture(scope="module")
def clip(folder):
    return draw_video(folder / "clip.mp4", seconds=1.0)


def test_visitors_are_served_in_order_within_bounds_and_leave_no_files(page, folder, clip):
    found = soak(page, folder, clip, dubs=7, visitors=3)
    assert found["dubs"] == 7 and found["in_order"] and found["files_isolated"] and found["leftover_files"] == 0
    assert found["rejection"] == QUEUE_FULL
    assert found["wait_seconds"]["longest"] >= found["wait_seconds"]["median"] > 0 < found["dub_seconds"]
    if sys.platform.startswith("linux"):
        assert found["memory_growth"] == pytest.approx(
            found["memory_mb"]["late"] / found["memory_mb"]["early"], abs=1e-3
        )
    assert json.loads(json.dumps(found)) == found
    assert QUEUE_FULL in soak_table(found)


def test_a_departed_visitors_dub_stops(page, folder, clip):
    """100 steps of 50 ms take 5 s; the log of the server counts them."""
    log = folder / "server.log"
    before = log.read_text().count("STEP")
    visitor = Visitor(page.address)
    visitor.request("dub", visitor.upload(clip), 0.4, 0, 100, 2.5, "", "")
    next(None for kind, *_ in visitor.events() if kind == "process_starts")
    while log.read_text().count("STEP") == before:
        time.sleep(0.01)
    visitor.leave()
    end = time.monotonic() + 60
    while list(folder.glob("a2s-*/visits/*")) and time.monotonic() < end:
        time.sleep(0.05)
    steps = log.read_text().count("STEP") - before
    time.sleep(0.3)
    assert 0 < steps < 100 and log.read_text().count("STEP") - before == steps
    assert not list(folder.glob("a2s-*/visits/*"))


def test_a_bug_is_shown_by_its_id_and_logged_without_file_names(page, folder):
    log = folder / "server.log"
    before = len(log.read_text())
    visitor = Visitor(page.address)
    film = draw_video(folder / "my secret film.mp4", seconds=0.5)
    visitor.request("dub", visitor.upload(film), 0.4, 0, BROKEN_STEPS, 2.5, "", "")
    with pytest.raises(Refused) as refused:
        list(visitor.events())
    visitor.leave()
    known = re.fullmatch(r"Something went wrong\. .* id ([0-9a-f]{8})\.", str(refused.value))
    lines = [json.loads(line) for line in log.read_text()[before:].splitlines() if line.startswith("{")]
    (fault,) = [line for line in lines if line["request"] == known[1]]
    assert fault["event"] == "dub" and fault["level"] == "error" and "RuntimeError: out of order" in fault["trace"]
    assert fault["seconds"] > 0 and "secret film" not in str(lines)


def test_a_refused_video_is_logged_by_its_kind_only(page, folder):
    log = folder / "server.log"
    before = len(log.read_text())
    film = folder / "my holiday.mp4"
    film.write_text("no film")
    visitor = Visitor(page.address)
    visitor.request("dub", visitor.upload(film), 0.4, 0, 4, 2.5, "", "")
    with pytest.raises(Refused) as refused:
        list(visitor.events())
    visitor.leave()
    assert str(folder) not in str(refused.value) and str(refused.value).count(".") <= 2
    lines = [json.loads(line) for line in log.read_text()[before:].splitlines() if line.startswith("{")]
    assert [(line["outcome"], line["kind"]) for line in lines] == [("refused", "UnreadableVideo")]
    assert "holiday" not in str(lines)


GOOD = {
    "dubs": 200, "visitors": 20, "in_order": True, "rejection": QUEUE_FULL, "files_isolated": True,
    "handover_seconds": 0.1, "leftover_files": 0, "dub_seconds": 1.0, "wait_seconds": {"median": 1.0, "longest": 2.0},
    "memory_mb": {"early": 100.0, "late": 110.0}, "memory_growth": MAX_GROWTH,
}  # fmt: skip
GREW = {"memory_mb": {"early": 100.0, "late": 120.0}, "memory_growth": 1.2}


def test_the_table_marks_memory_growth_and_an_unbounded_queue():
    found = GOOD | GREW | {"rejection": None}
    assert "too much" in soak_table(found) and "was accepted" in soak_table(found)
    assert "too much" not in soak_table(GOOD)
    assert "needs /proc" in soak_table(GOOD | {"memory_growth": None})


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 0),
        ({"memory_growth": None}, 0),
        (GREW, 1),
        ({"leftover_files": 3}, 1),
        ({"in_order": False}, 1),
        ({"rejection": None}, 1),
        ({"files_isolated": False}, 1),
    ],
)
def test_a_failed_soak_exits_with_1(monkeypatch, capsys, changed, code, as_json):
    monkeypatch.setattr("a2s.bench.soak.measure_soak", lambda *_, **__: GOOD | changed)
    assert main(["bench", "--soak", *as_json]) == code
    printed = capsys.readouterr().out
    assert json.loads(printed) == GOOD | changed if as_json else "leftover files" in printed


@pytest.mark.parametrize("asked", [{"visitors": 1}, {"visitors": 500}, {"dubs": 3, "visitors": 4}])
def test_a_soak_needs_visitors_and_a_dub_for_each(asked):
    with pytest.raises(BadSettings, match="visitors"):
        measure_soak(**asked)
