"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

VideoFile = Annotated[Path, typer.Argument(metavar="VIDEO", help="A video file.", show_default=False)]
ModelName = Annotated[str, typer.Option("--model", help="compact, official, or the folder of a model.")]
BankFolder = Annotated[
    Path | None,
    typer.Option("--bank", help="Folder of an ambient bank. Default: the bank of the model, or the shipped one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
