"""From rows of the table to stretches of video files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from a2s.datasets.clips import Clip, Skipped, existing, inside
from a2s.datasets.ego4d_sounds.table import BAD_ROW, Row


def clips_of(
    rows: Iterable[Row], skipped: Skipped, *, clips: Path | None = None, videos: Mapping[str, Path] | None = None
) -> Iterator[Clip]:
    """The clips of rows; rows without a file are counted.

    clips: folder of short files, named by `clip_file`. videos: long videos by their uid (`find_videos`); one of the two
    is given.
    """
    return existing(_clips(rows, skipped, clips, videos or {}), skipped)


def _clips(rows: Iterable[Row], skipped: Skipped, clips: Path | None, videos: Mapping[str, Path]) -> Iterator[Clip]:
    for row in rows:
        start = 0.0 if clips else row.clip_start
        file = inside(clips, row.clip_file) if clips else videos.get(row.video_uid)
        if file is None and clips:
            skipped.add(BAD_ROW, row.clip_file[:200], "clip_file leads out of the folder of clips")
        elif file is None:
            skipped.add("missing file", row.video_uid, row.key)
        else:
            yield Clip(row.key, file, start, row.clip_end - row.clip_start, row.clip_text, row.video_uid)
