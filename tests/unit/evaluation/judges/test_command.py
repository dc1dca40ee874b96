"""`a2s train judge`."""

from __future__ import annotations

import json

import pytest

from a2s.cli.main import main
from a2s.evaluation.judges.events import EventJudge
from a2s.evaluation.judges.train import load_judge


def test_a_judge_is_trained_and_its_report_printed(worlds_folder, tmp_path, capsys):
    arguments = ["--data", str(worlds_folder), "-o", str(tmp_path / "judge"), "--steps", "1", "--batch", "2"]
    assert main(["train", "judge", "events", *arguments]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed[printed.index("{\n") :]) == json.loads((tmp_path / "judge/report.json").read_text())
    load_judge(EventJudge, tmp_path / "judge")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["events", "--data", "/nowhere", "-o", "judge"], "data set /nowhere"),
        (["events", "--data", ".", "-o", "/nowhere/judge"], "folder /nowhere"),
        (["taste", "--data", ".", "-o", "judge"], "taste"),
    ],
)
def test_a_wrong_request_is_one_sentence(arguments, message, capsys):
    assert main(["train", "judge", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error
