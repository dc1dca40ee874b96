"""The rows of the table of labels, from folders of recordings. `a2s world label-recordings` writes the table.

A folder of recordings holds `manifest.csv` (columns source, file, licence, author) and the files as SOURCE/FILE. A
folder of ambiences holds clips of ESC-10 and `manifest.json`, a list of objects with the keys file, licence and author.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import soundfile

from a2s.datasets.recordings.attack import attack_seconds, loudest_db
from a2s.datasets.recordings.labels import Recording
from a2s.datasets.recordings.licences import shown_licence
from a2s.datasets.recordings.rules import label_of
from a2s.datasets.recordings.split import object_of, split_of


def recordings_in(recordings: Path, real_sounds: Path | None = None) -> Iterator[Recording]:
    """Every file with a licence that permits its use, labelled and measured. Raises OSError where one is missing."""
    for source, file, path, licence, author in _listed(recordings, real_sounds):
        label = label_of(source, file)
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        mono = sound.mean(1)
        heard = mono[: 10 * rate]
        yield Recording(
            source=source,
            file=file,
            kind=label.kind,
            action=label.action,
            material=label.material,
            group=object_of(source, file),
            split=split_of(source, file, label.kind == "ambience"),
            attack=round(attack_seconds(heard, rate), 4),
            level=round(loudest_db(heard, rate), 1),
            seconds=round(len(mono) / rate, 3),
            licence=licence,
            author=author,
        )


def _listed(recordings: Path, real_sounds: Path | None) -> Iterator[tuple[str, str, Path, str, str]]:
    with open(recordings / "manifest.csv", newline="", encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            source, file = row["source"], row["file"]
            if shown := shown_licence(source, file, row["licence"], row["author"]):
                yield source, file, recordings / source / file, *shown
    if real_sounds is not None:
        for clip in json.loads((real_sounds / "manifest.json").read_text(encoding="utf-8")):
            if shown := shown_licence("esc10", clip["file"], clip["licence"], clip["author"]):
                yield "esc10", clip["file"], real_sounds / clip["file"], *shown
