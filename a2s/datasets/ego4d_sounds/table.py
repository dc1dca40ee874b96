"""The table of Ego4D-Sounds: tab-separated, 1.2 million rows. It is streamed, and parts of it are read by offset."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from a2s.datasets.clips import CLIP_SECONDS, Skipped, number
from a2s.errors import BadSettings
from a2s.io import atomic_file, display_name

MAX_LINES = 8
"""Lines of one record at most. A stray quotation mark then spoils a few rows, not the rest of the table."""

MAX_LINE_BYTES = 1 << 16

BAD_ROW = "bad row"


@dataclass(frozen=True)
class Row:
    """One clip. Times in s of the long video; the last four are probabilities of an audio tagger, None where unknown.

    clip_file: `UID/UID_SOURCE_IND.mp4`, relative to the folder of clips. clip_text: the narration; "#C" stands for the
    camera wearer and "#O" for another person.
    """

    video_uid: str
    video_dur: float
    narration_source: str
    narration_ind: int
    narration_time: float
    clip_start: float
    clip_end: float
    clip_text: str = ""
    tag_verb: str = ""
    tag_noun: str = ""
    positive: str = ""
    clip_file: str = ""
    speech: float | None = None
    background_music: float | None = None
    traffic_noise: float | None = None
    wind_noise: float | None = None

    @property
    def key(self) -> str:
        """Unique in the table: the clip's file without its suffix."""
        return self.clip_file.rpartition(".")[0] or f"{self.video_uid}_{self.narration_source}_{self.narration_ind}"

    @classmethod
    def from_texts(cls, texts: dict[str, str]) -> Row:
        """A row from the texts of its columns. Raises ValueError, which names the column."""
        for name in ("video_uid", "clip_file"):
            if not texts.get(name):
                raise ValueError(f"{name} is empty")
        start, end = number(texts, "clip_start"), number(texts, "clip_end")
        if not 0 <= start < end:
            raise ValueError(f"clip_start is {start:g} and clip_end is {end:g}")
        return cls(
            video_uid=texts["video_uid"],
            video_dur=number(texts, "video_dur", end),
            narration_source=texts.get("narration_source", ""),
            narration_ind=int(number(texts, "narration_ind", -1)),
            narration_time=number(texts, "narration_time", (start + end) / 2),
            clip_start=start,
            clip_end=end,
            clip_text=texts.get("clip_text", ""),
            tag_verb=texts.get("tag_verb", ""),
            tag_noun=texts.get("tag_noun", ""),
            positive=texts.get("positive", ""),
            clip_file=texts["clip_file"],
            speech=_tag(texts, "speech"),
            background_music=_tag(texts, "background_music"),
            traffic_noise=_tag(texts, "traffic_noise"),
            wind_noise=_tag(texts, "wind_noise"),
        )

    def texts(self) -> list[str]:
        """The texts of the columns, as `from_texts` reads them."""
        return [_text(getattr(self, name)) for name in COLUMNS]


COLUMNS = tuple(field.name for field in fields(Row))
REQUIRED = ("video_uid", "clip_start", "clip_end", "clip_file")


@dataclass(frozen=True)
class TablePart:
    """Consecutive records of a table.

    offset: bytes to the first one. rows: their number. columns: of the table. digest: SHA-256 of the records.
    """

    table: Path
    offset: int
    rows: int
    columns: tuple[str, ...]
    digest: str


def read_rows(table: Path, skipped: Skipped) -> Iterator[Row]:
    """Stream the rows of a table; rows that cannot be read are counted. Raises BadSettings for another kind of file."""
    with open_table(table) as file:
        columns = _header(file, table)
        for offset, record in _records(file):
            row = _row(record, columns, table, offset, skipped)
            if row is not None:
                yield row


def plan_parts(table: Path, rows: int) -> Iterator[TablePart]:
    """Split a table into parts of `rows` records, in one pass that keeps one record in memory. Raises BadSettings."""
    with open_table(table) as file:
        columns = _header(file, table)
        first = count = 0
        digest = sha256()
        for offset, record in _records(file):
            if count == rows:
                yield TablePart(table, first, count, columns, digest.hexdigest())
                count, digest = 0, sha256()
            first = first if count else offset
            digest.update(record)
            count += 1
        if count:
            yield TablePart(table, first, count, columns, digest.hexdigest())


def read_part(part: TablePart, skipped: Skipped) -> Iterator[Row]:
    """The rows of one part; rows that cannot be read are counted."""
    with open_table(part.table) as file:
        file.seek(part.offset)
        for _, (offset, record) in zip(range(part.rows), _records(file)):
            row = _row(record, part.columns, part.table, offset, skipped)
            if row is not None:
                yield row


def write_rows(table: Path, rows: Iterable[Row]) -> int:
    """Write a table, atomically and row by row. Returns the number of rows. Raises CannotWrite."""
    count = 0
    with atomic_file(table) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(row.texts())
            count += 1
    return count


def own_row(video: str, duration: float, source: str, index: int, moment: float, start: float) -> Row:
    """The row of a clip of one's own videos, without a narration. moment: of the action, s. start: of the clip, s."""
    moment, start = round(moment, 4), round(start, 4)
    end = round(min(start + CLIP_SECONDS, max(duration, start + 0.001)), 4)
    file = f"{video}/{video}_{source}_{index}.mp4"
    return Row(video, round(duration, 4), source, index, moment, start, end, clip_file=file)


def open_table(table: Path) -> BinaryIO:
    """Open a table. Raises BadSettings."""
    try:
        return open(table, "rb")
    except OSError as error:
        raise BadSettings(f"The table {display_name(table)} cannot be read: {error.strerror}.") from None


def _header(file: BinaryIO, table: Path) -> tuple[str, ...]:
    columns = tuple(_split(file.readline(MAX_LINE_BYTES).decode("utf-8-sig", "replace")) or [])
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise BadSettings(
            f"{display_name(table.name)} is not a tab-separated table of Ego4D-Sounds: it has no column {missing[0]}."
        )
    return columns


def _records(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of each record. A record ends with the line in which its quotation marks are even."""
    while True:
        offset = file.tell()
        record = file.readline(MAX_LINE_BYTES)
        if not record:
            return
        if record.count(b'"') % 2:
            after = file.tell()
            for _ in range(MAX_LINES - 1):
                record += file.readline(MAX_LINE_BYTES)
                if record.count(b'"') % 2 == 0:
                    break
            else:  # a stray quotation mark: this line alone is the record
                file.seek(after)
                record = record[: after - offset]
        if record.strip():
            yield offset, record


def _row(record: bytes, columns: tuple[str, ...], table: Path, offset: int, skipped: Skipped) -> Row | None:
    try:
        cells = _split(record.decode("utf-8"))
        if len(cells) != len(columns):
            raise ValueError(f"it has {len(cells)} cells, the table has {len(columns)} columns")
        return Row.from_texts(dict(zip(columns, cells, strict=True)))
    except (ValueError, OverflowError, csv.Error) as error:
        skipped.add(BAD_ROW, f"{display_name(table.name)}, byte {offset}", str(error))
        return None


def _split(record: str) -> list[str]:
    return next(csv.reader(io.StringIO(record, newline=""), delimiter="\t"), [])


def _tag(texts: dict[str, str], name: str) -> float | None:
    return number(texts, name) if texts.get(name) else None


def _text(value: object) -> str:
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
