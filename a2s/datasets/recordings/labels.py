"""The table of labels: what each recording is, when it begins, who made it, and whether training may use it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from a2s.errors import BadSettings
from a2s.io import atomic_file, display_name

TABLE = Path(__file__).with_name("labels.csv")
"""The shipped table."""


@dataclass(frozen=True)
class Recording:
    """One file. action, material: of `a2s.cues.vocabulary` or ''; group: the object that it is a take of.

    kind: of `rules.KINDS`; split: of `split.SPLITS`; attack, seconds: s; level: dBFS of the loudest 50 ms.
    """

    source: str
    file: str
    kind: str
    action: str
    material: str
    group: str
    split: str
    attack: float
    level: float
    seconds: float
    licence: str
    author: str

    def path(self, recordings: Path, real_sounds: Path | None = None) -> Path:
        """The path of the file. Raises BadSettings for a clip of ESC-10 without the folder `real_sounds`."""
        if self.source == "esc10":
            if real_sounds is None:
                raise BadSettings("The clips of ESC-10 need the folder of real sounds.")
            return real_sounds / self.file
        return recordings / self.source / self.file


def read_labels(table: Path = TABLE) -> list[Recording]:
    """Every labelled recording. Raises BadSettings where the table cannot be read."""
    try:
        with open(table, newline="", encoding="utf-8") as opened:
            return [_row(row) for row in csv.DictReader(opened)]
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadSettings(f"{display_name(table)} is not a table of labels.") from error


def write_labels(rows: Iterable[Recording], table: Path) -> None:
    """Write the table, sorted by source and file. Raises CannotWrite."""
    ordered = sorted(rows, key=lambda r: (r.source, r.file))
    with atomic_file(table) as part, open(part, "w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, [f.name for f in fields(Recording)], lineterminator="\n")
        writer.writeheader()
        for row in ordered:
            writer.writerow(asdict(row))


def _row(row: dict[str, str]) -> Recording:
    values: dict[str, Any] = {f.name: row[f.name] for f in fields(Recording)}
    return Recording(**values | {name: float(row[name]) for name in ("attack", "level", "seconds")})
