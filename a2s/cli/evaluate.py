"""`a2s evaluate`: evaluate a model and write a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from a2s.errors import BadSettings
from a2s.evaluation.suites import SUITES

Folder = Path | None


def evaluate_command(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the report. A stopped evaluation resumes in it.")],
    model: Annotated[str, typer.Option(help="compact, official, or the folder of a model.")] = "compact",
    data: Annotated[Folder, typer.Option(help="Test set: a data set of `a2s world render`, with pictures.")] = None,
    pool: Annotated[Folder, typer.Option(help="Another data set, the pool for ambient retrieval.")] = None,
    suite: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(SUITES)}. Repeat the option for several suites. Default: all.")
    ] = None,
    ablations: Annotated[Folder, typer.Option(help="Folder of ablation models.")] = None,
    judges: Annotated[Folder, typer.Option(help="Folder of judges. Default: the shipped judges.")] = None,
    real: Annotated[
        list[Path] | None,
        typer.Option(help="Real clips with onsets.json. Repeat the option for more folders (suite cues)."),
    ] = None,
    recordings: Annotated[
        Folder, typer.Option(help="Real recordings for the vocoder; files named 3-* are held out.")
    ] = None,
    bank: Annotated[Folder, typer.Option(help="Folder of an ambient bank. Default: the bank of the model.")] = None,
    clips: Annotated[int, typer.Option(min=1, help="Number of test windows of 3 s.")] = 144,
    seed: Annotated[int, typer.Option(help="Seed of the windows and the noise.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Number of processes. Default: one per core.")] = None,
) -> None:
    """Evaluate a model on an unseen test set and on real clips, and write a report."""
    try:
        from a2s.evaluation.plan import EvaluationPlan
        from a2s.evaluation.runner import EvaluationRun, shipped_judges
    except ModuleNotFoundError as error:
        raise BadSettings(f"`a2s evaluate` needs the package {error.name}: pip install 'a2s[eval]'.") from error

    for folder in (data, pool, ablations, judges, *(real or ()), recordings, bank):
        if folder is not None and not folder.is_dir():
            raise BadSettings(f"The folder {folder} does not exist.")
    given = {"data": data, "pool": pool, "ablations": ablations, "bank": bank}
    plan = EvaluationPlan(model, clips=clips, seed=seed, **{k: str(v) for k, v in given.items() if v is not None})
    suites, judges = tuple(suite or ()), judges or shipped_judges()
    EvaluationRun(plan, out, suites, judges, recordings, tuple(real or ()), workers, _say).run()
    print(out / "report.md")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
