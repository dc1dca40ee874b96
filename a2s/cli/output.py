"""What commands print: tables of rows, and a progress bar."""

from __future__ import annotations

import json
import logging
import sys
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


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of texts as columns; the first one is aligned to the left."""
    widths = [max(len(row[index]) for row in (headings, *rows)) for index in range(len(headings))]
    for row in (headings, *rows):
        first, *rest = (f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
        print("  ".join([row[0].ljust(len(first)), *rest]).rstrip())


def note(text: str, level: int = logging.WARNING) -> None:
    """A message on stderr while a command continues; in the JSON log it is an object of its own."""
    if is_json():
        logging.getLogger("a2s").log(level, text)
    else:
        print(f"a2s: {text}", file=sys.stderr, flush=True)


@contextmanager
def progress_bar(prefix: str = "") -> Iterator[Callable[[str, float, str], None]]:
    """A progress bar on stderr if it is a terminal; yields a function of (stage, share done 0..1, detail).

    prefix: a text before the stage, such as the number of the film.
    """
    from tqdm import tqdm

    disabled, form = is_json() or None, "{desc:<17}{percentage:3.0f}% |{bar}| {postfix}"
    with tqdm(total=100, disable=disabled, leave=False, bar_format=form) as bar:

        def update(stage: str, done: float, detail: str) -> None:
            bar.set_description_str(f"{prefix} {stage}".strip(), refresh=False)
            bar.set_postfix_str(detail, refresh=False)
            bar.n = round(100 * done, 1)
            bar.refresh()

        yield update
