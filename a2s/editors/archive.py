"""A zip archive whose bytes depend on nothing but the names and contents of its files."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip archive can hold."""

UNIX, MODE = 3, 0o100644
PACKED = (".csv", ".edl", ".json", ".otio", ".rpp", ".txt", ".xml")
"""Files that are compressed. Sound and picture would not become much smaller."""


def write_zip(path: Path, files: Mapping[str, Path]) -> None:
    """Write an archive of `files` by their names in it, in their order. Files may have more than 4 GB."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, source in files.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system, entry.external_attr = UNIX, MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if source.suffix in PACKED else zipfile.ZIP_STORED
            entry.file_size = source.stat().st_size  # decides about the fields for large files
            with source.open("rb") as bytes_in, archive.open(entry, "w") as bytes_out:
                shutil.copyfileobj(bytes_in, bytes_out, 1 << 20)
