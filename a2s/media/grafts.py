"""Carry parts of an mp4 or mov file that ffmpeg cannot write into the mp4 or mov file of a dub.

These are data tracks (telemetry of cameras and phones) with their samples, tags, and boxes that describe a 360-degree
or stereoscopic picture. All of them are copied bit for bit; only times and offsets are new.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np

from a2s.media.boxes import Box, Node, children, content, found, parsed, whole
from a2s.media.sample_tables import chunk_offsets, chunks, edited, set_chunk_offsets

MAX_TRACK = 64 * 2**20
"""Bytes of the description of one track."""

MAX_USER_DATA = 2**20
"""Bytes of one box of user data."""

PIECE = 8 * 2**20
"""Bytes that are moved at a time."""

SPHERICAL = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
"""The uuid box of a 360-degree picture (Spherical Video V1)."""

ALWAYS = frozenset({b"st3d", b"sv3d"})
COPIED_PICTURE = ALWAYS | {b"clap", b"vexu", b"hfov", b"lhvC", b"amve"}
"""Boxes of a sample entry that describe the picture: projection, stereo, clean aperture, spatial video, surround."""

SAMPLE_ENTRY = 78
"""Bytes of a picture's sample entry before the boxes in it."""

PLACE = b"\xa9xyz"
REWRITTEN = frozenset({b"meta", b"chpl", b"name", b"loci", b"tags", b"cprt"})
"""Boxes of user data that the writer makes from the tags; text tags, whose kinds begin with a copyright sign, too."""


@dataclass
class Grafts:
    """What is carried over from one file.

    path: of the film. begin, length: of its picture in the film, s. from_mov: whether the film is an mp4 or mov file;
    without, only tags are carried over. tags: those that the writer would drop. tracks: each with its chunks, by their
    offsets and sizes in `path`. user_data: boxes. of_track, of_entry: boxes of the picture's track and sample entry.
    """

    path: Path
    begin: Fraction
    length: Fraction
    from_mov: bool
    tags: dict[str, str] = field(default_factory=dict)
    tracks: list[tuple[Node, np.ndarray, np.ndarray]] = field(default_factory=list)
    user_data: list[Node] = field(default_factory=list)
    of_track: list[Node] = field(default_factory=list)
    of_entry: list[Node] = field(default_factory=list)

    @property
    def needed(self) -> bool:
        """Whether there is anything to carry over."""
        return bool(self.tags or self.tracks or self.user_data or self.of_track or self.of_entry)

    def take_track(self, track_id: int) -> str:
        """Carry a track over. Returns "", or the reason why it stays behind, as a clause."""
        try:
            with self.path.open("rb") as file:
                moov = _moov(file)
                track = _track(file, moov, track_id)
                table = track.first(b"mdia", b"minf", b"stbl")
                if table is None or not _in_this_file(track):
                    return "its samples are not in the file"
                offsets, sizes = chunks(table)
                if not len(offsets) or sizes.sum() > file.seek(0, 2) or (offsets + sizes).max() > file.tell():
                    return "it has no samples" if not len(offsets) else "it is damaged"
                edited(track, _scale(file, moov), self.begin, self.length, 1000)
        except ValueError as fault:
            return str(fault)
        self.tracks.append((track, offsets, sizes))
        return ""

    def take_picture_boxes(self, track_id: int, copied: bool) -> None:
        """Carry over what describes the picture. copied: whether its packets are copied, and its crop still holds."""
        if not self.from_mov:
            return
        with self.path.open("rb") as file:
            try:
                track = _track(file, _moov(file), track_id)
            except ValueError:
                return
        self.of_track = [node for node in track.all(b"uuid") if node.data[:16] == SPHERICAL]
        entry = _entry(track)
        wanted = COPIED_PICTURE if copied else ALWAYS
        self.of_entry = [node for node in parsed(entry.data[SAMPLE_ENTRY:]) if node.kind in wanted] if entry else []

    def take_user_data(self, place: bool) -> None:
        """Carry over the user data of cameras. Text tags are left to the writer; the place is too, without `place`.

        Phones and cameras write the place as a text tag, and programs look for it there.
        """
        if not self.from_mov:
            return
        with self.path.open("rb") as file:
            try:
                boxes = list(found(file, _moov(file), b"udta"))
            except ValueError:
                return
            for udta in boxes:
                for box in children(file, udta.start, udta.end):
                    text = box.kind[:1] == b"\xa9" and not (place and box.kind == PLACE)
                    if box.kind not in REWRITTEN and not text and 0 < box.size <= MAX_USER_DATA:
                        self.user_data.append(Node(box.kind, content(file, box, MAX_USER_DATA)))


def fourcc(path: Path, track_id: int) -> tuple[str, bool]:
    """The four-character code of a track of an mp4 or mov file, and whether it holds the chapters of another track."""
    with path.open("rb") as file:
        try:
            moov = _moov(file)
            track = _track(file, moov, track_id)
            entry = _entry(track)
            chapters = any(
                track_id in struct.unpack(f">{box.size // 4}I", content(file, box, 4000)[: box.size // 4 * 4])
                for box in found(file, moov, b"trak", b"tref", b"chap")
            )
        except ValueError:
            return "unknown", False
    return (entry.kind.decode("latin-1").strip() if entry else "unknown"), chapters


def _moov(file: BinaryIO) -> Box:
    moov = next(found(file, whole(file), b"moov"), None)
    if moov is None:
        raise ValueError("the file has no index")
    if next(found(file, moov, b"mvex"), None):
        raise ValueError("the film is in fragments")
    return moov


def _track(file: BinaryIO, moov: Box, track_id: int) -> Node:
    for box in found(file, moov, b"trak"):
        header = next(found(file, box, b"tkhd"), None)
        if header and _track_id(content(file, header, 200)) == track_id:
            return Node(b"trak", nodes=parsed(content(file, box, MAX_TRACK)))
    raise ValueError("it is not in the index")


def _track_id(header: bytes) -> int:
    at = 20 if header[:1] == b"\1" else 12
    return int.from_bytes(header[at : at + 4])


def _scale(file: BinaryIO, moov: Box) -> int:
    """Ticks per second of a movie."""
    header = content(file, next(found(file, moov, b"mvhd")), 200)
    return movie_scale(header)


def movie_scale(header: bytes) -> int:
    """Ticks per second of a movie, from its header (mvhd). Raises ValueError."""
    at = 20 if header[:1] == b"\1" else 12
    scale = int.from_bytes(header[at : at + 4])
    if not scale:
        raise ValueError("the clock of the film stands still")
    return scale


def _entry(track: Node) -> Node | None:
    """The first sample entry of a track."""
    table = track.first(b"mdia", b"minf", b"stbl", b"stsd")
    return next(iter(parsed(table.data[8:])), None) if table else None


def _in_this_file(track: Node) -> bool:
    """Whether all data references of a track say that its samples are in the same file."""
    dinf = track.first(b"mdia", b"minf", b"dinf")
    dref = next(iter(parsed(dinf.data)), None) if dinf else None
    entries = parsed(dref.data[8:]) if dref else []
    return bool(entries) and all(entry.data[:4] == b"\0\0\0\1" for entry in entries)


def finish(part: Path, grafts: Grafts) -> Iterator[None]:
    """Put what is carried over into a finished mp4 or mov file with its index last, and move the index to the front.

    Yields regularly. Raises ValueError for a file of another layout.
    """
    with part.open("r+b") as file:
        top = list(children(file, 0, file.seek(0, 2)))
        ftyp, index = top[0], top[-1]
        if ftyp.kind != b"ftyp" or index.kind != b"moov":
            raise ValueError("the index is not the last box")
        moov = Node(b"moov", nodes=parsed(content(file, index, index.size)))
        file.truncate(index.at)
        yield from _append_tracks(file, moov, grafts)
        _describe_picture(moov, grafts)
        _add_tags(moov, grafts, is_mov=content(file, ftyp, 1000)[:4] == b"qt  ")
        end = file.seek(0, 2)
        tables = [table for track in moov.all(b"trak") if (table := track.first(b"mdia", b"minf", b"stbl"))]
        wide = end + len(moov.packed()) + sum(8 * len(chunk_offsets(table)) for table in tables) >= 2**32
        for table in tables:
            set_chunk_offsets(table, chunk_offsets(table), wide)
        step = len(moov.packed())
        for table in tables:
            set_chunk_offsets(table, chunk_offsets(table) + step, wide)
        yield from _moved(file, ftyp.end, end, step)
        file.seek(ftyp.end)
        file.write(moov.packed())


def _append_tracks(file: BinaryIO, moov: Node, grafts: Grafts) -> Iterator[None]:
    """Append the samples of the tracks to the file, and their descriptions to the index."""
    header = moov.first(b"mvhd")
    assert header is not None, "the writer made it"
    scale, next_id = movie_scale(header.data), 1 + max(_track_id_of(track) for track in moov.all(b"trak"))
    with grafts.path.open("rb") as source:
        old_scale = _scale(source, _moov(source)) if grafts.tracks else 1
        for track, offsets, sizes in grafts.tracks:
            at = file.seek(0, 2)
            file.write((1).to_bytes(4) + b"mdat" + (16 + int(sizes.sum())).to_bytes(8))
            for number, (offset, size) in enumerate(zip(offsets.tolist(), sizes.tolist(), strict=True)):
                source.seek(offset)
                for first in range(0, size, PIECE):
                    file.write(source.read(min(PIECE, size - first)))
                if number % 64 == 0:
                    yield
            table = track.first(b"mdia", b"minf", b"stbl")
            assert table is not None, "it was there when the track was taken"
            places = at + 16 + np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
            set_chunk_offsets(table, places, wide=True)
            edits = edited(track, old_scale, grafts.begin, grafts.length, scale)
            _renumber(track, next_id, edits)
            moov.nodes.insert(1 + max(k for k, node in enumerate(moov.nodes) if node.kind == b"trak"), track)
            next_id += 1
    header.data = header.data[:-4] + next_id.to_bytes(4)


def _renumber(track: Node, track_id: int, edits: Node) -> None:
    """Give a track a new number and edit list; references to other tracks have no meaning any more."""
    header = track.first(b"tkhd")
    assert header is not None, "the track was found by it"
    data, wide = bytearray(header.data), header.data[:1] == b"\1"
    place, size = (20, 8) if wide else (12, 4)
    data[place : place + 4] = track_id.to_bytes(4)
    table = edits.nodes[0].data
    length = sum(int.from_bytes(table[at : at + 8]) for at in range(8, len(table), 20))
    data[place + 8 : place + 8 + size] = min(length, 2 ** (8 * size) - 1).to_bytes(size)
    header.data = bytes(data)
    kept = [node for node in track.nodes if node.kind not in (b"edts", b"tref", b"load")]
    kept.insert(1 + kept.index(header), edits)
    track.nodes = kept


def _track_id_of(track: Node) -> int:
    header = track.first(b"tkhd")
    return _track_id(header.data) if header else 0


def _describe_picture(moov: Node, grafts: Grafts) -> None:
    """Add the boxes that describe the picture to its track, unless the writer made them."""
    picture = next(track for track in moov.all(b"trak") if track.first(b"mdia", b"minf", b"vmhd"))
    present = {node.data[:16] for node in picture.all(b"uuid")}
    picture.nodes += [node for node in grafts.of_track if node.data[:16] not in present]
    table, entry = picture.first(b"mdia", b"minf", b"stbl", b"stsd"), _entry(picture)
    if table and entry:
        there = {node.kind for node in parsed(entry.data[SAMPLE_ENTRY:])}
        entry.data += b"".join(node.packed() for node in grafts.of_entry if node.kind not in there)
        table.data = table.data[:8] + entry.packed()


def _add_tags(moov: Node, grafts: Grafts, is_mov: bool) -> None:
    """Add user data, and the other tags as QuickTime metadata with keys (moov/meta), in place of any."""
    if grafts.user_data:
        udta = moov.first(b"udta")
        if udta is None:
            moov.nodes.append(udta := Node(b"udta"))
        udta.nodes += grafts.user_data
    if grafts.tags:
        meta = metadata(grafts.tags)
        moov.nodes.append(Node(b"meta", meta if is_mov else bytes(4) + meta))  # a full box in ISO files only


def metadata(tags: Mapping[str, str]) -> bytes:
    """Boxes of metadata with keys (QuickTime File Format, "Metadata")."""
    handler = Node(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    names = [Node(b"mdta", key.encode()).packed() for key in tags]
    keys = Node(b"keys", bytes(4) + len(tags).to_bytes(4) + b"".join(names))
    text = (1).to_bytes(4) + bytes(4)  # UTF-8, of no particular place
    values = [Node(number.to_bytes(4), Node(b"data", text + value.encode()).packed()) for number, value in
              enumerate(tags.values(), 1)]  # fmt: skip
    return b"".join(node.packed() for node in (handler, keys, Node(b"ilst", b"".join(v.packed() for v in values))))


def _moved(file: BinaryIO, start: int, end: int, step: int) -> Iterator[None]:
    """Move the bytes from `start` to `end` by `step` towards the end, the last ones first."""
    for last in range(end, start, -PIECE):
        first = max(start, last - PIECE)
        file.seek(first)
        data = file.read(last - first)
        file.seek(first + step)
        file.write(data)
        yield
