"""`a2s train`: train one of the models."""

from __future__ import annotations

import inspect
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from a2s.errors import BadSettings, CannotWrite


class Objective(StrEnum):
    """The models that can be trained."""

    vae = "vae"
    vocoder = "vocoder"
    av_sim = "av-sim"
    place = "place"
    av_ldm = "av-ldm"


def train_command(
    objective: Annotated[Objective, typer.Argument(help="The model to train.")],
    data: Annotated[Path, typer.Option(help="A data set of `a2s world render`.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.", show_default=False)],
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in that folder.")] = False,
    steps: Annotated[int | None, typer.Option(help="Total number of optimiser steps.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the weights and batches.")] = None,
    batch: Annotated[int | None, typer.Option(help="Clips per step.")] = None,
    recordings: Annotated[Path | None, typer.Option(help="Folder of real recordings to mix in (vae, vocoder).")] = None,
    vae: Annotated[Path | None, typer.Option(help="A trained VAE (vocoder, av-ldm).")] = None,
    av_sim: Annotated[Path | None, typer.Option(help="A trained AV-Sim (av-ldm).")] = None,
    sound_only: Annotated[Path | None, typer.Option(help="A further data set without pictures (av-ldm).")] = None,
    init: Annotated[Path | None, typer.Option(help="Trained weights to start from (vocoder, place, av-ldm).")] = None,
) -> None:
    """Train one of the models."""
    given = {"steps": steps, "seed": seed, "batch": batch, "recordings": recordings, "vae": vae, "av_sim": av_sim}
    given |= {"sound_only": sound_only, "init": init}
    given = {name: value for name, value in given.items() if value is not None}
    if not data.is_dir():
        raise BadSettings(f"The data set {data} does not exist; `a2s world render` makes one.")
    if not out.parent.is_dir():
        raise CannotWrite(f"The folder {out.parent} for the run {out.name} does not exist.")
    train = import_module(f"a2s.training.objectives.{objective.value.replace('-', '_')}").train
    for name in given:
        if name not in inspect.signature(train).parameters:
            raise BadSettings(f"`a2s train {objective.value}` has no option --{name.replace('_', '-')}.")
    print(train(data, out, resume, **given))
