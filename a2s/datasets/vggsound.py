"""VGGSound-like data: a folder of clips with a list of labels, or with a folder for each class.

Chen et al., "VGGSound: A Large-scale Audio-Visual Dataset", ICASSP 2020. Its list has no header; a line is the id, the
start in s, the label and the split, and the clip of 10 s is the file ID_START.mp4 with the start in six digits.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from a2s.datasets.clips import CLIP_SECONDS, Clip, Skipped, find_videos
from a2s.errors import BadSettings
from a2s.io import display_name

PUBLISHED_SECONDS = 10.0
"""Length of a published clip; the middle of it is read."""


def read_labelled_clips(folder: Path, table: Path | None, skipped: Skipped, split: str | None = None) -> Iterator[Clip]:
    """The clips of a folder.

    table: the published list; without one, the name of a clip's own folder is its label, and a clip is read from its
    start. split: train or test; None reads both. Lines that cannot be read, and missing files, are counted. Raises
    BadSettings.
    """
    videos = find_videos(folder)
    if table is not None:
        by_name = {name.rpartition("__")[2]: path for name, path in videos.items()}
        yield from _listed(table, by_name, skipped, split)
        return
    for name, path in videos.items():
        label = "" if path.parent == folder else path.parent.name
        yield Clip(name, path, 0.0, CLIP_SECONDS, label, name)


def _listed(table: Path, videos: Mapping[str, Path], skipped: Skipped, split: str | None) -> Iterator[Clip]:
    try:
        file = open(table, encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise BadSettings(f"The list {display_name(table)} cannot be read: {error.strerror}.") from None
    with file:
        for line in csv.reader(file):
            if len(line) < 3 or not line[1].strip().isdigit():
                skipped.add("bad row", ",".join(line)[:80], "not id, start, label, split")
                continue
            if split is not None and len(line) > 3 and line[3].strip() != split:
                continue
            name = f"{line[0]}_{int(line[1]):06d}"
            if name not in videos:
                skipped.add("missing file", name, line[2])
                continue
            middle = (PUBLISHED_SECONDS - CLIP_SECONDS) / 2
            yield Clip(name, videos[name], middle, CLIP_SECONDS, line[2], line[0])
