"""Zips that a stranger hands in: only plain files come out, no more than was agreed, never beside their folder."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from a2s.errors import BankError, TooLarge

MAX_ENTRIES = 1_000
MAX_FILE = 256 * 2**20
MAX_TOTAL = 1024 * 2**20
"""Bytes that may come out of one entry, and of all."""

MAX_RATIO = 200
"""Bytes out for a byte in. Recordings shrink to a half at best, silence to a hundredth; a bomb to a thousandth."""

RATIO_FROM = 2**20
"""Bytes from which the ratio is looked at: a small text may shrink as far as it likes."""

_BLOCK = 1 << 16


def entries(path: Path) -> list[zipfile.ZipInfo]:
    """The plain files of a zip, in its order. Raises BankError, TooLarge for what is no honest zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as fault:
        raise BankError("The zip is damaged or is none.") from fault
    if len(listed) > MAX_ENTRIES:
        raise TooLarge(f"The zip holds {len(listed)} files; at most {MAX_ENTRIES} are taken.")
    for entry in listed:
        _check(entry)
    return [entry for entry in listed if not entry.is_dir() and not _hidden(entry)]


def unpack(path: Path, folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Write the zip's files with these suffixes into a new folder; nothing is left where it fails.

    Paths inside are kept, so that a subfolder can say what kind its recordings are. Returns the files in the zip's
    order. Raises BankError, TooLarge.
    """
    chosen = [entry for entry in entries(path) if PurePosixPath(entry.filename).suffix.lower() in suffixes]
    folder.mkdir(parents=True)
    written, total = [], 0
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in chosen:
                target = folder.joinpath(*PurePosixPath(entry.filename).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                total = _write(archive, entry, target, total)
                written.append(target)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, zlib.error) as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise BankError("The zip is damaged.") from fault
    except (BankError, TooLarge):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return written


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, total: int) -> int:
    """Unpack one entry, counting what really comes out; returns the new total."""
    out = 0
    with archive.open(entry) as source, open(target, "xb") as file:
        while block := source.read(_BLOCK):
            out, total = out + len(block), total + len(block)
            if out > MAX_FILE or total > MAX_TOTAL:
                raise TooLarge(f"The zip unpacks to more than {MAX_TOTAL // 2**20} MB, or a file in it is too large.")
            if out > RATIO_FROM and out > MAX_RATIO * max(1, entry.compress_size):
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
