"""`a2s train judge`: train a judge of `a2s evaluate`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from a2s.errors import BadSettings, CannotWrite


class JudgeName(StrEnum):
    """The judges that can be trained."""

    events = "events"
    sync = "sync"
    place = "place"


def train_judge_command(
    judge: Annotated[JudgeName, typer.Argument(help="The judge to train.")],
    data: Annotated[
        Path,
        typer.Option(
            help="Data set of `a2s world render`, not used by a generator; pictures for sync.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the judge.", show_default=False)],
    held_out: Annotated[Path | None, typer.Option(help="Another data set, to evaluate the judge.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the training in that folder.")] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps. Default: as the shipped judge.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Samples per step. Default: as the shipped judge.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the weights and batches.")] = 0,
) -> None:
    """Train a judge, and print its report as JSON."""
    import torch  # heavy imports keep out of `a2s --help`

    from a2s.evaluation.judges import train_judge
    from a2s.evaluation.judges.train import JudgeTraining

    for folder in (data, held_out):
        if folder is not None and not folder.is_dir():
            raise BadSettings(f"The data set {folder} does not exist; `a2s world render` makes one.")
    if not out.parent.is_dir():
        raise CannotWrite(f"The folder {out.parent} for the judge {out.name} does not exist.")
    torch.set_num_threads(1)  # the networks are small: more threads are slower
    report = train_judge(judge.value, JudgeTraining(data, out, held_out, resume, steps, batch, seed))
    print(json.dumps(report, indent=1))
