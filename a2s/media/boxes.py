"""The boxes of mp4 and mov files (ISO 14496-12), read from the file one header at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_CHILDREN = 100_000
"""Boxes that are looked at on one level; a film in fragments of one second has 7 200 in an hour."""


@dataclass(frozen=True)
class Box:
    """One box. kind: its four characters. at: offset of its header. start, end: offsets of its content."""

    kind: bytes
    at: int
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return self.end - self.start


def children(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes from offset `start` to `end`, up to the first one that is malformed."""
    at = start
    for _ in range(MAX_CHILDREN):
        file.seek(at)
        header = file.read(16)
        if at + 8 > end or len(header) < 8:
            return
        size, kind, first = int.from_bytes(header[:4]), header[4:8], at + 8
        if size == 1:
            size, first = int.from_bytes(header[8:16]), at + 16
        elif size == 0:
            size = end - at
        if at + size > end or first > at + size:
            return
        yield Box(kind, at, first, at + size)
        at += size


def found(file: BinaryIO, box: Box, *path: bytes) -> Iterator[Box]:
    """Yield the boxes inside `box` that lie under this path of kinds, such as b"mdia", b"minf"."""
    kind, *rest = path
    for child in children(file, box.start, box.end):
        if child.kind == kind:
            yield from found(file, child, *rest) if rest else (child,)


def whole(file: BinaryIO) -> Box:
    """The file as a box."""
    return Box(b"", 0, 0, file.seek(0, 2))


def content(file: BinaryIO, box: Box, most: int) -> bytes:
    """The content of a box. Raises ValueError for more than `most` bytes."""
    if box.size > most:
        raise ValueError(f"a {box.kind!r} box of {box.size} bytes")
    file.seek(box.start)
    return file.read(box.size)
