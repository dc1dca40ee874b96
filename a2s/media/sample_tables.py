"""The tables of one track of an mp4 or mov file (ISO 14496-12): where its samples lie, and when it is shown."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from a2s.media.boxes import Node

MAX_SAMPLES = 5_000_000
"""Samples of one track: two hours at 600 in a second."""


def chunks(table: Node) -> tuple[np.ndarray, np.ndarray]:
    """Offsets and sizes in bytes (C,) int64 of the chunks of a sample table (stbl). Raises ValueError."""
    offsets = chunk_offsets(table)
    sizes = _sample_sizes(_needed(table, b"stsz").data)
    counts = _samples_of_chunks(_needed(table, b"stsc").data, len(offsets))
    if counts.sum() != len(sizes):
        raise ValueError("its chunks and samples do not match")
    edges = np.concatenate([[0], np.cumsum(sizes)])
    ends = np.cumsum(counts)
    return offsets, edges[ends] - edges[ends - counts]


def chunk_offsets(table: Node) -> np.ndarray:
    """Offsets (C,) int64 of the chunks of a sample table. Raises ValueError."""
    wide = table.first(b"co64")
    data = wide.data if wide else _needed(table, b"stco").data
    return _numbers(data[4:], ">u8" if wide else ">u4", 1)[:, 0].astype(np.int64)


def set_chunk_offsets(table: Node, offsets: np.ndarray, wide: bool) -> None:
    """Replace the offsets of a sample table; wide: of 64 bits each."""
    kept = [node for node in table.nodes if node.kind not in (b"stco", b"co64")]
    body = bytes(4) + len(offsets).to_bytes(4) + offsets.astype(">u8" if wide else ">u4").tobytes()
    table.nodes = [*kept, Node(b"co64" if wide else b"stco", body)]


def _sample_sizes(data: bytes) -> np.ndarray:
    size, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    if count > MAX_SAMPLES:
        raise ValueError("it has too many samples")
    if size:
        return np.full(count, size, np.int64)
    return _numbers(data[8:], ">u4", 1)[:, 0].astype(np.int64)


def _samples_of_chunks(data: bytes, chunk_count: int) -> np.ndarray:
    """(C,) int64: how many samples each chunk has."""
    first, samples, _ = _numbers(data[4:], ">u4", 3).T.astype(np.int64)
    lengths = np.diff(first, append=chunk_count + 1)
    if not len(first) or first[0] != 1 or (lengths < 0).any() or samples.max() > MAX_SAMPLES:
        raise ValueError("its chunks are not in order")
    return np.repeat(samples, lengths)


def _numbers(data: bytes, kind: str, columns: int) -> np.ndarray:
    """A counted table: (N, columns). Raises ValueError where the data are shorter than the count says."""
    count, width = int.from_bytes(data[:4]), np.dtype(kind).itemsize * columns
    if count > MAX_SAMPLES or len(data) < 4 + count * width:
        raise ValueError("a table of it is cut")
    return np.frombuffer(data, kind, count * columns, 4).reshape(count, columns)


def _needed(parent: Node, kind: bytes) -> Node:
    node = parent.first(kind)
    if node is None:
        raise ValueError(f"it has no {kind.decode()} box")
    return node


def media_scale(track: Node) -> tuple[int, int]:
    """Ticks per second of a track, and its duration in ticks. Raises ValueError."""
    header = track.first(b"mdia", b"mdhd")
    if header is None or len(header.data) < 24:
        raise ValueError("it has no media header")
    data = header.data
    if data[0]:
        scale, duration = int.from_bytes(data[20:24]), int.from_bytes(data[24:32])
    else:
        scale, duration = int.from_bytes(data[12:16]), int.from_bytes(data[16:20])
    if not scale:
        raise ValueError("its clock stands still")
    return scale, duration


def edited(track: Node, movie_scale: int, begin: Fraction, length: Fraction, new_scale: int) -> Node:
    """The edit list (edts) that shows a track as before, seen from `begin` (s) on, for at most `length` (s).

    movie_scale, new_scale: ticks per second of the old and the new movie. Raises ValueError for a track that is shown
    in several pieces, and for one that ends before `begin` or starts after `begin` + `length`.
    """
    scale, duration = media_scale(track)
    late = Fraction(0)
    edits = track.first(b"edts", b"elst")
    shown: list[int] = []
    for ticks, time in _edits(edits.data) if edits else ():
        if time == -1 and not shown:
            late += Fraction(ticks, movie_scale)
        else:
            shown.append(time)
    if len(shown) > 1:
        raise ValueError("its edit list has several pieces")
    start = max(shown[0], 0) if shown else 0
    start += round(max(begin - late, Fraction(0)) * scale)
    empty: Fraction = max(late - begin, Fraction(0))
    left, room = Fraction(duration - start, scale), length - empty
    rest = left if left < room else room
    if rest <= 0:
        raise ValueError("it lies outside of the picture")
    entries = [(round(empty * new_scale), -1)] if empty else []
    entries.append((max(round(rest * new_scale), 1), start))
    body = b"".join(t.to_bytes(8) + m.to_bytes(8, signed=True) + b"\0\1\0\0" for t, m in entries)
    return Node(b"edts", nodes=[Node(b"elst", b"\1\0\0\0" + len(entries).to_bytes(4) + body)])


def _edits(data: bytes) -> list[tuple[int, int]]:
    """(duration in ticks of the movie, start in ticks of the track or -1) of each entry of an edit list."""
    kind = np.dtype([("t", ">u8"), ("m", ">i8"), ("r", ">u4")] if data[:1] == b"\1" else
                    [("t", ">u4"), ("m", ">i4"), ("r", ">u4")])  # fmt: skip
    count = int.from_bytes(data[4:8])
    if count > 1000 or len(data) < 8 + count * kind.itemsize:
        raise ValueError("its edit list is cut")
    return [(int(t), int(m)) for t, m, _ in np.frombuffer(data, kind, count, 8)]
