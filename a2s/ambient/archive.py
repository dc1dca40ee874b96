"""Zips that a stranger hands in: only plain files come out, no more than was agreed, never beside their folder."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from a2s.errors import BankError, TooLarge
from a2s.settings import LIMITS, Limits

RATIO_FROM = 2**20
"""Bytes from which the ratio is looked at: a small text may shrink as far as it likes."""

_BLOCK = 1 << 16


def entries(path: Path, limits: Limits = LIMITS) -> list[zipfile.ZipInfo]:
    """The plain files of a zip, in its order. Raises BankError, TooLarge for what is no honest zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as fault:
        raise BankError("The zip is damaged or is none.") from fault
    if len(listed) > limits.max_zip_files:
        raise TooLarge(f"The zip holds {len(listed)} files; at most {limits.max_zip_files} are taken.")
    for entry in listed:
        _check(entry)
    return [entry for entry in listed if not entry.is_dir() and not _hidden(entry)]


def unpack(path: Path, folder: Path, suffixes: Collection[str], limits: Limits = LIMITS) -> list[Path]:
    """Write the zip's files with these suffixes into a new folder; nothing is left where it fails.

    Paths inside are kept, so that a subfolder can say what kind its recordings are. Returns the files in the zip's
    order. Raises BankError, TooLarge.
    """
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
    """Unpack one entry, counting what really comes out; returns the new total."""
    out = 0
    with archive.open(entry) as source, open(target, "xb") as file:
        while block := source.read(_BLOCK):
            out, total = out + len(block), total + len(block)
            if out > limits.max_zip_file_bytes or total > limits.max_zip_bytes:
                most = limits.max_zip_bytes / 2**20
                raise TooLarge(f"The zip unpacks to more than {most:g} MB, or a file in it is too large.")
            if out > RATIO_FROM and out > limits.max_zip_ratio * max(1, entry.compress_size):
                raise BankError("The zip unpacks to far more than it holds; that is no zip of recordings.")
            file.write(block)
    return total


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\0" in name or "\\" in name or len(name) > 240:
        raise BankError("The zip holds a file whose name leads out of it.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BankError("The zip holds a link; only plain files are taken.")
    if entry.flag_bits & 0x1:
        raise BankError("The zip is encrypted; hand in one without a password.")


def _hidden(entry: zipfile.ZipInfo) -> bool:
    """What archivers of their own accord put beside the files."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(entry.filename).parts)
