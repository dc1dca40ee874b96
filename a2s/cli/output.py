"""What a listing command prints: a line for each row, or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_rows(rows: list[dict], as_json: bool, line: str, **more: Callable[[dict], str]) -> None:
    """line: a format of a row's values. more: values that are made of a row, for the line alone."""
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(line.format(**row, **{name: make(row) for name, make in more.items()}).rstrip())
