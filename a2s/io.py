"""Files: atomic writes, JSON, checksums and names for messages."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from a2s.errors import CannotWrite


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`. Without an error it replaces `path` at the end; else it is removed.

    The bytes are flushed to the disk before the replacement, so a crash leaves the old file or the new one.
    Raises CannotWrite where the folder is missing, `path` is a folder, or the disk refuses.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise CannotWrite(f"There is no folder {display_name(path.parent)} to write {display_name(path.name)} into.")
    if path.is_dir():
        raise CannotWrite(f"{display_name(path)} is a folder; give the name of a file.")
    part = path.parent / f".{secrets.token_hex(8)}.part"  # short, because `path` may be as long as a name can be
    try:
        yield part
        _flush(part)
        os.replace(part, path)
        _flush(path.parent)
    except OSError as error:
        raise CannotWrite(f"{display_name(path)} cannot be written: {_reason(error)}.") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def atomic_files(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """`atomic_file` for several files: each gets a temporary path with its own suffix, and all are replaced at the end.

    The replacements follow one another; none begins before every file is written. Raises CannotWrite.
    """
    parts = [path.parent / f".{secrets.token_hex(8)}{path.suffix}" for path in paths]
    try:
        yield parts
        for part, path in zip(parts, paths, strict=True):
            os.replace(part, path)
        for folder in {path.parent for path in paths}:
            _flush(folder)
    except CannotWrite as error:  # its message names the temporary path
        message = str(error)
        for part, path in zip(parts, paths, strict=True):
            message = message.replace(display_name(part), display_name(path)).replace(part.name, path.name)
        raise CannotWrite(message) from error
    except OSError as error:
        raise CannotWrite(f"The files cannot be written: {_reason(error)}.") from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a new folder beside `path`. Without an error it replaces `path`, also a full one; else it is removed.

    The parent folders are made. Raises CannotWrite where the disk refuses; the old folder stays then.
    """
    path = Path(path)
    part, old = (path.parent / f".{secrets.token_hex(8)}.part" for _ in range(2))
    try:
        part.mkdir(parents=True)
        yield part
        if path.exists():
            os.replace(path, old)
        os.replace(part, path)
    except OSError as error:
        raise CannotWrite(f"{display_name(path)} cannot be written: {_reason(error)}.") from error
    finally:
        if old.exists() and not path.exists():
            os.replace(old, path)
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_json(
    path: str | os.PathLike[str], data: object, indent: int | None = 1, default: Callable[[Any], Any] | None = None
) -> None:
    """Write `data` as a UTF-8 JSON file, atomically. default: as of `json.dumps`. Raises CannotWrite."""
    write_text(path, json.dumps(data, indent=indent, default=default) + "\n")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a UTF-8 text file, atomically. Raises CannotWrite."""
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")


def sha256_of(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, in hex. The file is read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def display_name(path: str | os.PathLike[str]) -> str:
    """A path as it may stand in a message: one line of printable characters, at most 120 of them."""
    text = "".join(c if c.isprintable() else "?" for c in os.fspath(path))
    return text if len(text) <= 120 else f"{text[:60]}...{text[-50:]}"


def _reason(error: OSError) -> str:
    return error.strerror or "the disk refuses"


def _flush(path: Path) -> None:
    """Flush a file's bytes, or a folder's names, to the disk. Not every system supports this for folders."""
    folder = path.is_dir()
    with suppress(OSError) if folder else nullcontext():
        handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
