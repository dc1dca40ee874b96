"""An exam from end to end through the command line, on tiny models, tiny judges and four short worlds."""

from __future__ import annotations

import json

import pytest

from a2s.cli.main import main
from a2s.evaluation.experiments import MAIN_EXPERIMENTS, TRUE_CUES
from a2s.evaluation.judges.events import Judge
from a2s.evaluation.judges.place import PlaceJudge
from tests.tiny import tiny_pipeline


@pytest.fixture(scope="module")
def folders(worlds_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exam")
    pipe = tiny_pipeline()
    pipe.register_to_config(steps=2)
    pipe.save_pretrained(folder / "model")
    Judge(channels=(1, 8, 8, 8), hidden=8).save_pretrained(folder / "judges" / "classes")
    PlaceJudge(embedding=8).save_pretrained(folder / "judges" / "place")
    return folder, worlds_folder


def examine(folder, worlds, out, *more: str) -> int:
    given = ["--model", str(folder / "model"), "--data", str(worlds), "--judges", str(folder / "judges")]
    return main(["evaluate", *given, "--clips", "4", "--workers", "1", "-o", str(folder / out), *more])


def test_a_report_is_written_kept_and_the_same_again(folders, capsys):
    folder, worlds = folders
    more = ("--pool", str(worlds), "--suite", "tables", "--suite", "retrieval")
    assert examine(folder, worlds, "one", *more) == 0
    assert capsys.readouterr().out.strip() == str(folder / "one" / "report.md")
    report = json.loads((folder / "one" / "report.json").read_text())
    names = set(report["tables"])
    assert {row.name for row in MAIN_EXPERIMENTS} | {"cues-alone"} <= names and "short-full" not in names
    assert {row.name for row in TRUE_CUES if not row.model} <= names
    figures = {"title", "sync", "place", "onsets_100ms", "classes", "similarity", "ambient", "focus"}
    assert figures <= set(report["tables"]["truth"])
    text = (folder / "one" / "report.md").read_text()
    assert (
        report["tables"]["truth"]["ambient"]["off"]["value"]
        == 0
        < report["tables"]["av-ldm"]["ambient"]["off"]["value"]
    )
    assert (
        "brings the place oftener" in text
        and "ground truth" in text
        and "![panels](plots/panels.png)" in text
        and "| recall at 5 |" in text
    )
    assert (folder / "one" / "plots" / "panels.png").stat().st_size > 10_000
    assert len(list((folder / "one" / "sounds").glob("*-truth.flac"))) == 4

    kept = {f: f.stat().st_mtime_ns for f in (folder / "one" / "kept").rglob("*.*")}
    assert examine(folder, worlds, "one", *more) == 0
    assert {f: f.stat().st_mtime_ns for f in (folder / "one" / "kept").rglob("*.*")} == kept
    assert examine(folder, worlds, "two", *more) == 0
    for name in ("report.md", "report.json", "plots/panels.png"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes(), name


def test_an_exam_that_was_stopped_goes_on(folders):
    folder, worlds = folders
    more = ("--suite", "retrieval", "--suite", "coding")
    assert examine(folder, worlds, "whole", *more) == 0
    (kept,) = (folder / "whole" / "kept").glob("retrieval-*.json")
    (gone,) = (folder / "whole" / "kept").glob("coding-*.json")
    before, told = kept.stat().st_mtime_ns, gone.read_bytes()
    gone.unlink()
    assert examine(folder, worlds, "whole", *more) == 0
    assert kept.stat().st_mtime_ns == before and gone.read_bytes() == told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--suite", "smell"], "There is no suite smell"),
        (["--suite", "real"], "--real FOLDER"),
        (["--data", "/nowhere"], "There is no folder"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_writes_nothing(folders, capsys, arguments, words):
    folder, worlds = folders
    assert examine(folder, worlds, "wrong", *arguments) == 2
    told = capsys.readouterr().err.strip()
    assert words in told and "\n" not in told and not (folder / "wrong").exists()


def test_nothing_to_examine_on_is_said(folders, capsys):
    assert main(["evaluate", "-o", str(folders[0] / "nothing")]) == 2
    assert "--data" in capsys.readouterr().err
