from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings
from datetime import datetime
from pathlib import Path

import pytest

from a2s.cli.main import main
from a2s.errors import Cancelled, TooLarge
from a2s.log import Request, to_stderr

ROOT = Path(__file__).resolve().parents[2]


def test_every_line_is_an_object_with_time_event_and_request(json_log):
    request = Request("dub")
    with request.current():
        logging.getLogger("a2s.somewhere").info("two\nlines of %s", "text")
    request.finish(takes=2)
    logging.getLogger("a2s.elsewhere").warning("alone")
    within, over, alone = json_log()
    assert within["event"] == "two\nlines of text" and within["level"] == "info"
    assert within["request"] == over["request"] == request.id and alone["request"] is None
    assert over["event"] == "dub" and over["outcome"] == "done" and over["takes"] == 2 and over["seconds"] >= 0
    assert datetime.fromisoformat(over["time"]).tzinfo is not None


@pytest.mark.parametrize(
    ("error", "outcome", "level"),
    [
        (None, "done", "info"),
        (Cancelled("Stopped."), "stopped", "info"),
        (TooLarge("my film.mp4 is large."), "refused", "info"),
        (ValueError("/secret"), "fault", "error"),
    ],
)
def test_the_outcome_of_a_request_is_logged(json_log, error, outcome, level):
    Request("dub").finish(error)
    (over,) = json_log()
    assert (over["outcome"], over["level"]) == (outcome, level)
    assert ("trace" in over) == (outcome == "fault") and "my film" not in str(over)


def test_a_text_line_has_time_level_request_and_seconds(restored_logging, capsys):
    to_stderr()
    request = Request("dub")
    request.finish(kept=3)
    request.finish(ValueError("broke"))
    line, fault, *trace = capsys.readouterr().err.splitlines()
    clock, level, id, told = line.split(" ", 3)
    assert datetime.strptime(clock, "%H:%M:%S") and (level, id) == ("INFO", request.id)
    assert told == "dub: done, 3, 0.00 s"
    assert f"ERROR {request.id} dub: fault" in fault and trace[-1] == "ValueError: broke"


def test_debug_lines_and_information_of_libraries_are_not_logged(json_log):
    Request("search").finish(level=logging.DEBUG)
    logging.getLogger("httpx").info("GET")
    warnings.warn("old", stacklevel=1)
    (warned,) = json_log()
    assert warned["logger"] == "py.warnings" and "old" in warned["event"]


@pytest.mark.parametrize("arguments", [["--log-json", "cues", "missing.mp4"], ["cues", "missing.mp4", "--log-json"]])
def test_the_command_line_logs_its_outcome_as_json(arguments):
    run = subprocess.run(
        [sys.executable, "-m", "a2s", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    (over,) = map(json.loads, run.stderr.splitlines())
    assert run.returncode == 2 == over["code"] and (over["event"], over["outcome"]) == ("cues", "refused")
    assert over["message"] == "There is no file missing.mp4."


def test_a_bug_of_the_command_line_is_one_object_with_its_traceback(restored_logging, capsys, monkeypatch):
    monkeypatch.setattr("a2s.cli.bank.print_rows", lambda *_: 1 / 0)
    monkeypatch.setattr("a2s.ambient.AmbientBank.load", lambda _: type("Bank", (), {"clips": ()}))
    assert main(["--log-json", "bank", "info", "x"]) == 1
    (over,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert over["outcome"] == "fault" and "ZeroDivisionError" in over["trace"]
