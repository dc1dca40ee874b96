"""EPIC-KITCHENS-100 and EPIC-SOUNDS: clips of 3 s around the annotated segments of long kitchen videos.

Damen et al., "Rescaling Egocentric Vision", IJCV 2022; Huh et al., "EPIC-SOUNDS", ICASSP 2023. Both publish
comma-separated tables with `video_id`, `start_timestamp` and `stop_timestamp`; the text is the `narration` of the first
and the `class` of the second.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from a2s.datasets.clips import CLIP_SECONDS, Clip, Skipped, around, existing
from a2s.errors import BadSettings
from a2s.io import display_name

KEYS, TEXTS = ("narration_id", "annotation_id"), ("narration", "class", "description")


def read_epic_clips(table: Path, videos: Mapping[str, Path], skipped: Skipped) -> Iterator[Clip]:
    """Stream the clips of a table; segments that cannot be read, or whose video is missing, are counted.

    videos: by id (`find_videos`); the last part of an id is the published `video_id`, such as P01_01. Raises
    BadSettings for another kind of table.
    """
    by_name = {name.rpartition("__")[2]: path for name, path in videos.items()}
    return existing(_clips(table, by_name, skipped), skipped)


def _clips(table: Path, videos: Mapping[str, Path], skipped: Skipped) -> Iterator[Clip]:
    try:
        file = open(table, encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise BadSettings(f"The table {display_name(table)} cannot be read: {error.strerror}.") from None
    with file:
        rows = csv.DictReader(file)
        for name in ("video_id", "start_timestamp", "stop_timestamp"):
            if name not in (rows.fieldnames or ()):
                raise BadSettings(f"{display_name(table.name)} is no table of EPIC-KITCHENS: it has no column {name}.")
        for index, row in enumerate(rows):
            key = next((row[name] for name in KEYS if row.get(name)), f"{row['video_id']}_{index}")
            try:
                middle = (seconds_of(row["start_timestamp"]) + seconds_of(row["stop_timestamp"])) / 2
            except ValueError as error:
                skipped.add("bad row", key, str(error))
                continue
            video = row["video_id"]
            if video not in videos:
                skipped.add("missing file", video, key)
                continue
            text = next((row[name] for name in TEXTS if row.get(name)), "")
            yield Clip(key, videos[video], around(middle, None), CLIP_SECONDS, text, video)


def seconds_of(stamp: str | None) -> float:
    """Seconds of a time stamp HH:MM:SS.ss. Raises ValueError."""
    parts = (stamp or "").split(":")
    try:
        hours, minutes, seconds = int(parts[-3]), int(parts[-2]), float(parts[-1])
    except (IndexError, ValueError):
        raise ValueError(f"{(stamp or '')[:40]!r} is not a time stamp HH:MM:SS") from None
    if len(parts) != 3 or hours < 0 or not 0 <= minutes < 60 or not 0 <= seconds < 60:
        raise ValueError(f"{(stamp or '')[:40]!r} is not a time stamp HH:MM:SS")
    return 3600 * hours + 60 * minutes + seconds
