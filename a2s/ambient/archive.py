"""Unpack an uploaded zip: only plain files, within the limits, never outside their folder.

`zipfile` extracts safely since Python 3.11, but it has no limits; those are what this module adds.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from a2s.errors import BankError, TooLarge
from a2s.settings import Limits

RATIO_FROM = 2**20
"""Bytes of a file below which its compression ratio is not limited."""

_BLOCK = 1 << 16


def entries(path: Path, limits: Limits | None = None) -> list[zipfile.ZipInfo]:
    """Return the plain files of a zip, in its order. Raises BankError, TooLarge for a damaged or hostile zip."""
    limits = limits or Limits()
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as fault:
        raise BankError("The file is damaged or is not a zip.") from fault
    if len(listed) > limits.max_zip_files:
        most, raised = limits.max_zip_files, limits.raised_by("max_zip_files")
        raise TooLarge(f"The zip has {len(listed)} files; at most {most} are allowed ({raised}).")
    for entry in listed:
        _check(entry)
    return [entry for entry in listed if not entry.is_dir() and not _hidden(entry)]


def unpack(path: Path, folder: Path, suffixes: Collection[str], limits: Limits | None = None) -> list[Path]:
    """Extract the files with these suffixes into a new folder, which is removed again on an error.

    Paths in the zip are kept, because a subfolder's name is the kind of its recordings. Returns the files in the zip's
    order. Raises BankError, TooLarge.
    """
    limits = limits or Limits()
    chosen = [entry for entry in entries(path, limits) if PurePosixPath(entry.filename).suffix.lower() in suffixes]
    folder.mkdir(parents=True)
    written, total = [], 0
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in chosen:
                target = folder.joinpath(*PurePosixPath(entry.filename).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                total = _write(archive, entry, target, total, limits)
                written.append(target)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, zlib.error) as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise BankError("The zip is damaged.") from fault
    except (BankError, TooLarge):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return written


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, total: int, limits: Limits) -> int:
    """Extract one entry, counting its real size. Returns the new total."""
    out = 0
    with archive.open(entry) as source, open(target, "xb") as file:
        while block := source.read(_BLOCK):
            out, total = out + len(block), total + len(block)
            if out > limits.max_zip_file_bytes or total > limits.max_zip_bytes:
                name = "max_zip_bytes" if total > limits.max_zip_bytes else "max_zip_file_bytes"
                most = f"{getattr(limits, name) / 2**20:g} MB ({limits.raised_by(name)})"
                raise TooLarge(f"The zip unpacks to more than {most}, or one of its files is too large.")
            if out > RATIO_FROM and out > limits.max_zip_ratio * max(1, entry.compress_size):
                raised = limits.raised_by("max_zip_ratio")
                raise BankError(f"The zip's compression ratio is too high for recordings ({raised}).")
            file.write(block)
    return total


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\0" in name or "\\" in name or len(name) > 240:
        raise BankError("The zip has a file whose path leaves its folder.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BankError("The zip has a link; only plain files are allowed.")
    if entry.flag_bits & 0x1:
        raise BankError("The zip is encrypted; give one without a password.")


def _hidden(entry: zipfile.ZipInfo) -> bool:
    """Whether an archiver has added the file by itself."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(entry.filename).parts)
