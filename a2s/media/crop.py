"""The crop that a file states beside its picture: PixelCrop in Matroska, `clap` in mp4 and mov.

ffmpeg keeps it when packets are copied, but PyAV gives no access to it, and decoded frames are whole.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from a2s.media.picture_plan import Crop

MOST_ELEMENTS = 10_000
"""Elements that are looked at before the search is given up."""

EBML = b"\x1aE\xdf\xa3"
SEGMENT, TRACKS, TRACK, VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0xE0
CROPS = (0x54CC, 0x54BB, 0x54DD, 0x54AA)
"""PixelCropLeft, PixelCropTop, PixelCropRight, PixelCropBottom (RFC 9559)."""

BOXES = ("moov", "trak", "mdia", "minf", "stbl", "stsd")
SAMPLE_ENTRY = 78
"""Bytes of a visual sample entry before its boxes (ISO 14496-12)."""


def read_crop(path: Path) -> Crop | None:
    """Pixels that the file cuts from the left, top, right and bottom of its picture; None where it states none.

    The first picture track counts. A damaged statement counts as none.
    """
    with suppress(OSError, struct.error, ValueError, IndexError, ZeroDivisionError), path.open("rb") as file:
        head = file.read(12)
        size = os.fstat(file.fileno()).st_size
        crop = _matroska(file, size) if head.startswith(EBML) else _mp4(file, size) if head[4:8] == b"ftyp" else None
        return crop if crop and any(crop) and min(crop) >= 0 else None
    return None


def _matroska(file: BinaryIO, size: int) -> Crop | None:
    for _, begin, end in _elements(file, 0, size, (SEGMENT,)):
        for _, first, last in _elements(file, begin, end, (TRACKS,)):
            for _, track, rest in _elements(file, first, last, (TRACK,)):
                for _, video, until in _elements(file, track, rest, (VIDEO,)):
                    found = {kind: _number(file, a, b) for kind, a, b in _elements(file, video, until, CROPS)}
                    left, top, right, bottom = (found.get(kind, 0) for kind in CROPS)
                    return left, top, right, bottom
            return None
    return None


def _elements(file: BinaryIO, begin: int, end: int, kinds: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Yield (id, begin, end) of the content of the elements of these kinds."""
    for _ in range(MOST_ELEMENTS):
        if begin >= end:
            return
        file.seek(begin)
        kind, size = _vint(file, keep_marker=True), _vint(file, keep_marker=False)
        content = file.tell()
        begin = end if size is None else min(end, content + size)  # unknown in a live recording
        if kind in kinds:
            yield kind or 0, content, begin


def _vint(file: BinaryIO, keep_marker: bool) -> int | None:
    """A number of variable length; None for an unknown size."""
    first = file.read(1)[0]
    length = 9 - first.bit_length()
    value = first if keep_marker else first & ((1 << (8 - length)) - 1)
    for byte in file.read(length - 1):
        value = value << 8 | byte
    return None if not keep_marker and value == (1 << (7 * length)) - 1 else value


def _number(file: BinaryIO, begin: int, end: int) -> int:
    file.seek(begin)
    return int.from_bytes(file.read(min(8, end - begin)), "big")


def _mp4(file: BinaryIO, size: int) -> Crop | None:
    return _in_boxes(file, 0, size, BOXES)


def _in_boxes(file: BinaryIO, begin: int, end: int, path: tuple[str, ...]) -> Crop | None:
    """The crop of the first picture track below a path of boxes."""
    for kind, first, last in _boxes(file, begin, end):
        if kind == path[0] and len(path) > 1:
            if crop := _in_boxes(file, first, last, path[1:]):
                return crop
        elif kind == path[0]:
            for _, entry, until in _boxes(file, first + 8, last):
                file.seek(entry + 24)
                width, height = struct.unpack(">HH", file.read(4))
                for inner, at, _ in _boxes(file, entry + SAMPLE_ENTRY, until):
                    if inner == "clap":
                        file.seek(at)
                        return _clean_aperture(struct.unpack(">8i", file.read(32)), width, height)
    return None


def _boxes(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield (name, begin, end) of the content of each box."""
    for _ in range(MOST_ELEMENTS):
        if begin + 8 > end:
            return
        file.seek(begin)
        size, name = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", file.read(8)), 16
        until = end if size == 0 else begin + size
        if size and size < head or until > end:
            return
        yield name.decode("latin-1"), begin + head, until
        begin = until


def _clean_aperture(values: tuple[int, ...], width: int, height: int) -> Crop:
    """From width, height, and offset of the centre, each as numerator and denominator."""
    wide, high, across, down = (a / b for a, b in zip(values[::2], values[1::2], strict=True))
    left, top = round((width - wide) / 2 + across), round((height - high) / 2 + down)
    return left, top, round(width - wide) - left, round(height - high) - top
