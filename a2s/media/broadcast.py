"""Broadcast Wave files: 24-bit PCM with a `bext` chunk (EBU Tech 3285, version 2), RF64 above 4 GB (EBU Tech 3306)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BITS = 24
LARGEST_RIFF = 2**32 - 1
"""Largest size that the header of a RIFF file can state, in bytes."""

BEXT = struct.Struct("<256s32s32s10s8sQH64s5h180s")
VERSION, UNKNOWN = 2, 0x7FFF
"""Version of the chunk, and a loudness field that is not used."""

SIZES = struct.Struct("<QQQI")
"""Sizes of an RF64 file, of its data and its samples per channel, and the length of a table of further sizes."""


@dataclass(frozen=True)
class Broadcast:
    """What a `bext` chunk says. Texts are ASCII; other characters become "?".

    time_reference: samples from midnight to the first sample. description: up to 256 characters. date: YYYY-MM-DD,
    time: HH:MM:SS; "" where unknown. lufs: integrated loudness, range_lu: loudness range, true_peak_db: dBTP,
    momentary, short_term: maxima in LUFS; None where unknown.
    """

    time_reference: int = 0
    description: str = ""
    originator: str = "a2s"
    date: str = ""
    time: str = ""
    lufs: float | None = None
    range_lu: float | None = None
    true_peak_db: float | None = None
    momentary: float | None = None
    short_term: float | None = None

    def chunk(self) -> bytes:
        """The content of the chunk."""
        texts = (self.description, self.originator, "", self.date, self.time)
        encoded = [text.encode("ascii", "replace") for text in texts]
        loudness = (self.lufs, self.range_lu, self.true_peak_db, self.momentary, self.short_term)
        return BEXT.pack(*encoded, self.time_reference, VERSION, b"", *map(_hundredths, loudness), b"")


class BroadcastFile:
    """A new file that is written in blocks. comment: text for its comment tag."""

    def __init__(
        self, path: Path, sample_rate: int, channels: int, broadcast: Broadcast, comment: str | None = None
    ) -> None:
        self.frame_bytes, self.comment, self.data_bytes = channels * BITS // 8, comment, 0
        rate = sample_rate * self.frame_bytes
        form = struct.pack("<HHIIHH", 1, channels, sample_rate, rate, self.frame_bytes, BITS)
        self.file = open(path, "wb")
        self.file.write(b"RIFF\0\0\0\0WAVE")
        for name, content in ((b"JUNK", bytes(SIZES.size)), (b"bext", broadcast.chunk()), (b"fmt ", form)):
            self._chunk(name, content)
        self.file.write(b"data\0\0\0\0")
        self.data_at = self.file.tell()

    def write(self, samples: np.ndarray) -> None:
        """samples: (k,) or (k, channels) int32 that use the upper 24 bits."""
        raw = np.ascontiguousarray(samples, "<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
        self.file.write(raw)
        self.data_bytes += len(raw)

    def close(self) -> None:
        """Complete the file: the comment, and the sizes in its header."""
        if self.file.closed:
            return
        with self.file:
            self.file.write(b"\0" * (self.data_bytes % 2))
            if self.comment:
                text = self.comment.encode() + b"\0"
                text += b"\0" * (len(text) % 2)
                self._chunk(b"LIST", b"INFOICMT" + struct.pack("<I", len(text)) + text)
            self._state_sizes(self.file.tell() - 8)

    def _chunk(self, name: bytes, content: bytes) -> None:
        self.file.write(name + struct.pack("<I", len(content)) + content)

    def _state_sizes(self, riff_bytes: int) -> None:
        large = riff_bytes > LARGEST_RIFF
        if large:
            self.file.seek(0)
            self.file.write(b"RF64")
            self.file.seek(12)
            self._chunk(b"ds64", SIZES.pack(riff_bytes, self.data_bytes, self.data_bytes // self.frame_bytes, 0))
        for at, size in ((4, riff_bytes), (self.data_at - 4, self.data_bytes)):
            self.file.seek(at)
            self.file.write(struct.pack("<I", LARGEST_RIFF if large else size))


def _hundredths(value: float | None) -> int:
    """A loudness field: hundredths, within the range of the field."""
    return UNKNOWN if value is None else max(-9999, min(round(100 * value), 9999))
