"""`python -m a2s evaluate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from a2s.errors import BadSettings
from a2s.evaluation.suites import SUITES

Folder = Path | None


def evaluate(
    out: Annotated[Path, typer.Option("--out", "-o", help="The report's folder; the same exam goes on in it.")],
    model: Annotated[str, typer.Option(help="compact, official, or a model's folder.")] = "compact",
    data: Annotated[Folder, typer.Option(help="Unseen worlds with pictures, of `world render`.")] = None,
    pool: Annotated[Folder, typer.Option(help="Other worlds, to retrieve ambient conditions from.")] = None,
    suite: Annotated[list[str] | None, typer.Option(help=f"{', '.join(SUITES)}; may be given again.")] = None,
    ablations: Annotated[Folder, typer.Option(help="Models of `python -m a2s.training.ablations`.")] = None,
    judges: Annotated[Folder, typer.Option(help="Judges other than those that come along.")] = None,
    real: Annotated[Folder, typer.Option(help="Folder of real clips with onsets.json.")] = None,
    recordings: Annotated[Folder, typer.Option(help="Real sounds for the vocoder; names in 3- are held out.")] = None,
    bank: Annotated[Folder, typer.Option(help="An ambient bank; the model's own if left out.")] = None,
    clips: Annotated[int, typer.Option(min=1, help="Windows of 3 s.")] = 144,
    seed: Annotated[int, typer.Option(help="Of windows and noise.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if left out.")] = None,
) -> None:
    """Examine a model on unseen worlds and on real clips, and write a report."""
    from a2s.evaluation.plan import EvaluationPlan
    from a2s.evaluation.runner import EvaluationRun, shipped_judges

    for folder in (data, pool, ablations, judges, real, recordings, bank):
        if folder is not None and not folder.is_dir():
            raise BadSettings(f"There is no folder {folder}.")
    given = {"data": data, "pool": pool, "ablations": ablations, "bank": bank}
    plan = EvaluationPlan(model, clips=clips, seed=seed, **{k: str(v) for k, v in given.items() if v is not None})
    EvaluationRun(plan, out, tuple(suite or ()), judges or shipped_judges(), recordings, real, workers, _say).run()
    print(out / "report.md")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
