"""An evaluation through the command line, with a tiny model, tiny judges and four short worlds."""

from __future__ import annotations

import json
import sys

import pytest

from a2s.cli.main import main
from a2s.evaluation import runner
from a2s.evaluation.experiments import ABLATION_EXPERIMENTS, EXPERIMENTS, STEPS
from a2s.evaluation.metrics import METRICS, onsets
from a2s.evaluation.suites import tables

MAIN = tuple(EXPERIMENTS[name] for name in ("truth", "retrieval", "av-ldm", "av-ldm-random"))
TRUE_CUES = (EXPERIMENTS["av-ldm+cues"],)


@pytest.fixture
def evaluate(model_folder, judges_folder, worlds_folder, tmp_path, monkeypatch):
    """Run `a2s evaluate` on few experiments into tmp_path / out."""
    monkeypatch.setattr(tables, "MAIN_EXPERIMENTS", MAIN)
    monkeypatch.setattr(tables, "TRUE_CUE_EXPERIMENTS", TRUE_CUES)

    def run(out: str, *more: str, clips: str = "2") -> int:
        given = ["--model", str(model_folder), "--data", str(worlds_folder), "--judges", str(judges_folder)]
        return main(["evaluate", *given, "--clips", clips, "--workers", "1", "-o", str(tmp_path / out), *more])

    return run


def test_a_report_is_written_and_cached_and_reproducible(evaluate, worlds_folder, tmp_path, capsys, monkeypatch):
    more = ("--pool", str(worlds_folder), "--suite", "tables", "--suite", "retrieval")
    assert evaluate("one", *more) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "one" / "report.md")
    report = json.loads((tmp_path / "one" / "report.json").read_text())
    names = {each.name for each in (*MAIN, *TRUE_CUES)} | {tables.CUES_ALONE, tables.RETRIEVAL}
    assert set(report["tables"]) == names and not names & {each.name for each in ABLATION_EXPERIMENTS}
    assert set(METRICS) | {"title"} == set(report["tables"]["truth"])
    errors = [report["tables"][name]["ambience"]["error_db"]["value"] for name in ("truth", "av-ldm")]
    assert errors[0] == 0 < errors[1]
    text = (tmp_path / "one" / "report.md").read_text()
    for part in ("reproduces the place more often", "ground truth", "![panels](plots/panels.png)", "| recall at 5 |"):
        assert part in text
    assert (tmp_path / "one" / "plots" / "panels.png").stat().st_size > 10_000
    assert len(list((tmp_path / "one" / "sounds").glob("*-truth.flac"))) == 2

    def cached() -> dict:
        return {file: file.stat().st_mtime_ns for file in (tmp_path / "one" / "cache").rglob("*.*")}

    before = cached()
    assert evaluate("one", *more) == 0 and cached() == before
    assert evaluate("two", *more) == 0
    for name in ("report.md", "report.json", "plots/panels.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name

    monkeypatch.setattr(onsets, "VERSION", onsets.VERSION + 1)
    assert evaluate("one", *more) == 0
    new = {file.name.rpartition("-")[0] for file in cached().keys() - before.keys()}
    assert new == {"onsets"}, "only the changed metric is computed again"


def test_a_stopped_evaluation_resumes(evaluate, tmp_path):
    more = ("--suite", "retrieval", "--suite", "coding")
    assert evaluate("out", *more, clips="1") == 0
    (unchanged,) = (tmp_path / "out" / "cache").glob("retrieval-*.json")
    (lost,) = (tmp_path / "out" / "cache").glob("coding-*.json")
    before, content = unchanged.stat().st_mtime_ns, lost.read_bytes()
    lost.unlink()
    assert evaluate("out", *more, clips="1") == 0
    assert unchanged.stat().st_mtime_ns == before and lost.read_bytes() == content


def test_sweeps_report_quality_and_processor_time(evaluate, worlds_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "SWEEPS", {"steps": STEPS[:2]})
    assert evaluate("out", "--suite", "sweeps", "--pool", str(worlds_folder), clips="1") == 0
    steps = json.loads((tmp_path / "out" / "report.json").read_text())["sweeps"]["steps"]
    assert list(steps) == ["steps-4", "steps-8"] and all(row["seconds"] > 0 for row in steps.values())
    assert "Processor time per clip: 4 steps" in (tmp_path / "out" / "report.md").read_text()
    assert (tmp_path / "out" / "plots" / "sweeps.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--suite", "smell"], "There is no suite smell"),
        (["--suite", "real"], "--real FOLDER"),
        (["--suite", "sweeps"], "--pool DIR"),
        (["--data", "/nowhere"], "/nowhere"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_writes_nothing(evaluate, tmp_path, capsys, arguments, message):
    assert evaluate("wrong", *arguments) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error and not (tmp_path / "wrong").exists()


def test_a_missing_package_of_the_eval_extra_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "a2s.evaluation.runner")
    monkeypatch.setitem(sys.modules, "a2s.evaluation.scoring", None)
    assert main(["evaluate", "-o", str(tmp_path / "nothing")]) == 2
    assert "pip install 'a2s[eval]'" in capsys.readouterr().err


def test_an_evaluation_without_data_is_refused(tmp_path, capsys):
    assert main(["evaluate", "-o", str(tmp_path / "nothing")]) == 2
    assert "--data" in capsys.readouterr().err
