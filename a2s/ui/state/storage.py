"""How much the files of all visits take, and names that a file may have."""

from __future__ import annotations

import re
import stat
from pathlib import Path


def stored_bytes(folder: Path) -> int:
    """Size on disk of all files below a folder. A file with two hard links counts once."""
    total = 0
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except OSError:  # removed meanwhile by another visit
            continue
        if stat.S_ISREG(status.st_mode):
            total += status.st_size // status.st_nlink
    return total


def has_room(root: Path, incoming: int, max_stored_bytes: int) -> bool:
    """Whether the files below `root` and `incoming` more bytes stay within the limit."""
    return stored_bytes(root) + incoming <= max_stored_bytes


def plain_name(name: str) -> str:
    """A visitor's file name reduced to letters, digits, - and _, at most 40 of them; for the names of downloads."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem).strip("-")[:40] or "clip"
