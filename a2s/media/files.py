"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from a2s.errors import CannotWrite


@contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[Path]:
    """Hand out a temporary name beside `path`; on leaving without an error it replaces `path`, else it is removed.

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
        os.replace(part, path)
    except OSError as fault:
        raise CannotWrite(f"{shown(path)} cannot be written: {fault.strerror or 'the disk refuses'}.") from fault
    finally:
        part.unlink(missing_ok=True)


def shown(name: str | os.PathLike) -> str:
    """A file's name as it may stand in a message: one line, printable, not endless."""
    text = "".join(c if c.isprintable() else "?" for c in os.fspath(name))
    return text if len(text) <= 120 else f"{text[:60]}...{text[-50:]}"
