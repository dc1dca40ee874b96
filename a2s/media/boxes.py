"""The boxes of mp4 and mov files (ISO 14496-12), read from a file one header at a time, or as a tree."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
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


PARENTS = frozenset({b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"udta"})
"""Boxes that consist of other boxes and nothing else."""


@dataclass
class Node:
    """A box in memory. data: its content; for one of `PARENTS` the boxes in `nodes` are its content instead."""

    kind: bytes
    data: bytes = b""
    nodes: list[Node] = field(default_factory=list)

    def packed(self) -> bytes:
        """The box as bytes."""
        body = b"".join(node.packed() for node in self.nodes) if self.kind in PARENTS else self.data
        if len(body) + 8 < 2**32:
            return (len(body) + 8).to_bytes(4) + self.kind + body
        return (1).to_bytes(4) + self.kind + (len(body) + 16).to_bytes(8) + body

    def first(self, *path: bytes) -> Node | None:
        """The first box under this path of kinds; None where there is none."""
        node: Node | None = self
        for kind in path:
            node = next((child for child in node.nodes if child.kind == kind), None) if node else None
        return node

    def all(self, kind: bytes) -> list[Node]:
        """The boxes of a kind directly inside."""
        return [node for node in self.nodes if node.kind == kind]


def parsed(data: bytes, parents: frozenset[bytes] = PARENTS) -> list[Node]:
    """The boxes in `data`. What follows the last whole box is left out."""
    nodes = []
    for box in children(io.BytesIO(data), 0, len(data)):
        body = data[box.start : box.end]
        # a parent is inside parents only once, so a file cannot nest boxes without end
        inside = parsed(body, parents - {box.kind}) if box.kind in parents else []
        nodes.append(Node(box.kind, b"" if box.kind in parents else body, inside))
    return nodes
