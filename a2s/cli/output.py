"""What commands print: tables of rows, and a progress bar."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from a2s.log import is_json


def print_rows(
    rows: Sequence[Mapping[str, object]], as_json: bool, line: str, **columns: Callable[[Mapping[str, object]], str]
) -> None:
    """Print rows as JSON or one per line.

    line: a format string over the values of a row. columns: further values for the line, each computed from the row.
    """
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(line.format(**row, **{name: compute(row) for name, compute in columns.items()}).rstrip())


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float, str], None]]:
    """A progress bar on stderr if it is a terminal; yields a function of (stage, share done 0..1, detail)."""
    from tqdm import tqdm

    disabled, form = is_json() or None, "{desc:<12}{percentage:3.0f}% |{bar}| {postfix}"
    with tqdm(total=100, disable=disabled, leave=False, bar_format=form) as bar:

        def update(stage: str, done: float, detail: str) -> None:
            bar.set_description_str(stage, refresh=False)
            bar.set_postfix_str(detail, refresh=False)
            bar.n = round(100 * done, 1)
            bar.refresh()

        yield update
