"""`a2s bench`: measure speed, memory and start-up time."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from a2s.cli.options import AsJson, BankFolder


def bench_command(
    model: Annotated[str, typer.Option(help="A model, or official-random: full size, random weights.")] = "compact",
    bank: BankFolder = None,
    seconds: Annotated[float, typer.Option(help="Length of the drawn test clip in seconds.")] = 3.0,
    threads: Annotated[str, typer.Option(help="Thread counts to compare, separated by commas.")] = "1,2",
    cold: Annotated[bool, typer.Option(help="Also time a dub in a fresh process.")] = True,
    page: Annotated[bool, typer.Option("--page", help="Also start the page and dub through it.")] = False,
    soak: Annotated[bool, typer.Option("--soak", help="Only load-test the page with many visitors.")] = False,
    dubs: Annotated[int, typer.Option(help="Total number of dubs of the load test.")] = 200,
    visitors: Annotated[int, typer.Option(help="Concurrent visitors of the load test.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Measure seconds per stage, speed, memory and start-up time on this machine."""
    from a2s.bench.runner import measure, table, thread_counts
    from a2s.bench.soak import measure_soak, soak_passed, soak_table

    if soak:
        found = measure_soak(model, dubs=dubs, visitors=visitors, seconds=seconds)
        print(json.dumps(found, indent=1) if as_json else soak_table(found))
        raise typer.Exit(0 if soak_passed(found) else 1)
    found = measure(model, bank, seconds=seconds, threads=thread_counts(threads), cold=cold, page=page)
    print(json.dumps(found, indent=1) if as_json else table(found))
