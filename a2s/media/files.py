"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from a2s.errors import CannotWrite


@contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[Path]:
    """Hand out a temporary name beside `path`; on leaving without an error it replaces `path`, else it is removed.

    What replaces `path` is on the disk by then, so that a machine that stops leaves the old file or the new one.
    Raises CannotWrite where the folder is missing, `path` is a folder, or the disk refuses.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise CannotWrite(f"There is no folder {shown(path.parent)} to write {shown(path.name)} into.")
    if path.is_dir():
        raise CannotWrite(f"{shown(path)} is a folder; give the name of a file.")
    part = path.parent / f".{secrets.token_hex(8)}.part"  # a short name: `path` itself may be as long as names can be
    try:
        yield part
        _flush(part)
        os.replace(part, path)
        _flush(path.parent)
    except OSError as fault:
        raise CannotWrite(f"{shown(path)} cannot be written: {fault.strerror or 'the disk refuses'}.") from fault
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_files(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """`whole_file` for several: each has its temporary name, with its suffix, and only when all are written do they
    replace what was there, one rename after the other. Raises CannotWrite.
    """
    parts = [path.parent / f".{secrets.token_hex(8)}{path.suffix}" for path in paths]
    try:
        yield parts
        for part, path in zip(parts, paths, strict=True):
            os.replace(part, path)
        for folder in {path.parent for path in paths}:
            _flush(folder)
    except CannotWrite as fault:  # it names what it was given
        message = str(fault)
        for part, path in zip(parts, paths, strict=True):
            message = message.replace(shown(part), shown(path)).replace(part.name, path.name)
        raise CannotWrite(message) from fault
    except OSError as fault:
        raise CannotWrite(f"The files cannot be written: {fault.strerror or 'the disk refuses'}.") from fault
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have the disk take a file's bytes, or a folder's names; not every system can do that for folders."""
    folder = path.is_dir()
    with suppress(OSError) if folder else nullcontext():
        handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def shown(name: str | os.PathLike) -> str:
    """A file's name as it may stand in a message: one line, printable, not endless."""
    text = "".join(c if c.isprintable() else "?" for c in os.fspath(name))
    return text if len(text) <= 120 else f"{text[:60]}...{text[-50:]}"
