"""Tables: csv and tsv of a spreadsheet, a marker list of an editor, a label file; also without headings."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from a2s.cues.cue import CueTrack
from a2s.cues.formats.clock import FrameClock, is_timecode, read_time
from a2s.cues.formats.columns import Column, Columns, find_columns
from a2s.cues.formats.rows import Row, decode_text, track_of
from a2s.errors import BadCues
from a2s.settings import Limits

HEADINGS = ("time", "duration", "strength", "action", "material", "confidence")
HEADER_ROWS = 20
"""Rows at the top among which the headings are searched; programs write a title above them."""

MAX_COLUMNS = 200

Cells = list[str]


def read(data: bytes, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read a table. Raises BadCues."""
    return read_table(decode_text(data), clock, limits)


def read_table(text: str, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read the text of a table. Raises BadCues for one without a column of times, and for a cell that is no time."""
    table = _cells(text, limits)
    for number, header in enumerate(table[:HEADER_ROWS]):
        if columns := find_columns(header):
            return _track(columns, table[number + 1 :], clock, limits)
    if not table:
        raise BadCues("The cue file is empty.")
    columns = _without_headings(table, clock)
    if columns is None:
        raise BadCues("The cue table has no column of times; name one of its columns time, start, onset or timecode.")
    return _track(columns, table, clock, limits)


def write(track: CueTrack, clock: FrameClock | None) -> bytes:
    """A csv of all values of the cues, times in seconds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows([[_plain(getattr(cue, name)) for name in HEADINGS] for cue in track])
    return out.getvalue().encode()


def _plain(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else repr(value)


def _cells(text: str, limits: Limits) -> list[Cells]:
    """The rows that are not empty. Raises BadCues for a broken quotation, and for far too many rows."""
    lines = text.splitlines()
    named = lines[0].strip().lower().startswith("sep=") if lines else False
    separator = lines[0].strip()[4:5] or "," if named else _separator(lines)
    body = "\n".join(lines[1:] if named else lines)
    rows: list[Cells] = []
    try:
        for row in csv.reader(io.StringIO(body), delimiter=separator, skipinitialspace=True):
            cells = [cell.strip() for cell in row[:MAX_COLUMNS]]
            if any(cells):
                rows.append(cells)
            if len(rows) > limits.max_cues + HEADER_ROWS:
                raise BadCues(
                    f"The cue table has more than {limits.max_cues} rows, which is the limit"
                    f" ({limits.raised_by('max_cues')})."
                )
    except csv.Error as error:
        raise BadCues("The cue file is not a table that a2s can read.") from error
    return rows


def _separator(lines: Sequence[str]) -> str:
    """Tab, semicolon or comma: the first of them in most of the first lines. A decimal comma is no separator then."""
    sample = [line for line in lines[:HEADER_ROWS] if line.strip()]
    for separator in "\t;":
        if sum(separator in line for line in sample) > len(sample) / 2:
            return separator
    return ","


def _track(columns: Columns, table: Sequence[Cells], clock: FrameClock | None, limits: Limits) -> CueTrack:
    table = [cells for cells in table if _cell(cells, columns.time)]
    times = _times(table, columns.time, clock)
    ends = _spans(table, columns.end, clock)
    spans = _spans(table, columns.duration, clock)
    strengths = _strengths(table, columns.strength)
    confidences = _strengths(table, columns.confidence)
    rows = []
    for number, (cells, time) in enumerate(zip(table, times, strict=True)):
        span, end = spans[number], ends[number]
        if span is None and end is not None:
            span = end - (times[number] if columns.end else 0)
        if span is not None and span < 0:
            raise BadCues(f"Cue {number + 1} of the file ends before it begins.")
        words = " ".join(_cell(cells, column) for column in columns.text)
        confidence = confidences[number]
        rows.append(Row(time, words, strengths[number], span, 1.0 if confidence is None else confidence))
    return track_of(rows, limits)


def _times(table: Sequence[Cells], column: Column, clock: FrameClock | None) -> list[float]:
    """The times of a column. Raises BadCues for a cell that is none."""
    texts = [_cell(cells, column) for cells in table]
    if texts and all(is_timecode(text) for text in texts):  # they count from one start
        if clock is None:
            raise BadCues("The cue file holds timecodes, which need the film's frame rate.")
        return clock.times(texts)
    found = []
    for number, text in enumerate(texts, 1):
        time = _scaled(text, column, clock)
        if time is None:
            raise BadCues(f"Cue {number} of the file: {text[:40]!r} is no time.")
        found.append(time)
    return found


def _spans(table: Sequence[Cells], column: Column | None, clock: FrameClock | None) -> list[float | None]:
    """Ends or durations; None where a cell is empty or no time."""
    if column is None:
        return [None] * len(table)
    texts = [_cell(cells, column) for cells in table]
    if column.name.startswith(("dur", "len", "sus")):  # a duration counts from zero, not from the film's start
        clock = None if clock is None else FrameClock(clock.rate)
    elif clock is not None and texts and all(is_timecode(text) for text in texts):
        return list(clock.times(texts))
    return [_scaled(text, column, clock) for text in texts]


def _scaled(text: str, column: Column, clock: FrameClock | None) -> float | None:
    time = read_time(text, clock)
    if time is None or ":" in text:
        return time
    if column.unit == "frames":
        if clock is None:
            raise BadCues("The cue file counts frames, which needs the film's frame rate.")
        return float(time / clock.rate)
    return time / 1000 if column.unit == "ms" and not text.endswith("s") else time


def _strengths(table: Sequence[Cells], column: Column | None) -> list[float | None]:
    """Strengths from 0 to 1. A column may hold shares, percent, MIDI velocities or dB; a cell may name its unit."""
    if column is None:
        return [None] * len(table)
    cells = [_cell(row, column).lower().replace(",", ".") for row in table]
    numbers = [_number(cell.removesuffix("dbfs").removesuffix("db").removesuffix("%")) for cell in cells]
    known = [number for number in numbers if number is not None]
    decibels = column.unit == "db" or any("db" in cell for cell in cells) or min(known, default=0) < 0
    percent = column.unit == "%" or any("%" in cell for cell in cells)
    most = max(known, default=1)
    whole = 1.0 if most <= 1 else 127.0 if column.name.startswith("vel") or 100 < most <= 127 else max(100.0, most)
    found: list[float | None] = []
    for number in numbers:
        if number is None:
            found.append(None)
        elif decibels:
            found.append(10 ** (min(number, 0.0) / 20))
        else:
            found.append(number / (100.0 if percent else whole))
    return found


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None


def _cell(cells: Cells, column: Column) -> str:
    return cells[column.index] if column.index < len(cells) else ""


def _without_headings(table: Sequence[Cells], clock: FrameClock | None) -> Columns | None:
    """The columns of a table of bare values: times, then perhaps ends, labels and strengths. None without times."""
    width = min(len(cells) for cells in table)
    values = [[_time_or_none(cells[index], clock) for cells in table] for index in range(width)]
    timed = [index for index in range(width) if None not in values[index]]
    if not timed:
        return None
    first = timed[0]
    end = strength = None
    for index in timed[1:]:
        later = all(a >= b for a, b in zip(values[index], values[first], strict=True))  # type: ignore[operator]
        if end is None and later:
            end = Column(index, "end")
        elif strength is None:
            strength = Column(index, "strength")
    taken = {first, *(column.index for column in (end, strength) if column)}
    most = max(len(cells) for cells in table)
    text = tuple(Column(index, "label") for index in range(most) if index not in taken)
    return Columns(Column(first, "time"), end, None, strength, None, text)


def _time_or_none(text: str, clock: FrameClock | None) -> float | None:
    """As `read_time`; a timecode counts as a time here, also without a clock."""
    return 0.0 if is_timecode(text) else read_time(text, clock)
