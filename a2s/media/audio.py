"""Write sound files, and read their comment tag."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile

from a2s.errors import BadSettings, CannotWrite
from a2s.io import atomic_file, display_name
from a2s.media.broadcast import Broadcast, BroadcastFile
from a2s.media.soundtrack import Block, Soundtrack, soundtrack_blocks
from a2s.media.source import open_media
from a2s.settings import DELIVERY, Limits

T = TypeVar("T")

MAX_DIFFERENCE = 1 << 12
"""How far, in 24-bit steps (-66 dBFS), a sample of a take that is made again may be from the first time: a batch and a
single take differ in the last bits. It is far below what is audible."""

FORMATS = {".wav": "WAV", ".flac": "FLAC"}


def write_audio(path: str | os.PathLike, waveform: np.ndarray, sample_rate: int, comment: str | None = None) -> None:
    """Write (n,) or (n, channels) float in [-1, 1] as 24-bit .wav or .flac, atomically. Raises CannotWrite.

    comment: text for the file's comment tag.
    """
    waveform = np.asarray(waveform, np.float32)
    channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    with atomic_file(path) as part, SoundWriter(part, Path(path), sample_rate, channels, comment) as file:
        file.write(whole_steps(waveform))


def write_sounds(
    files: Mapping[str, Path],
    soundtrack: Soundtrack,
    seconds: float,
    comment: str | None = None,
    limits: Limits | None = None,
    broadcasts: Mapping[str, Broadcast] | None = None,
) -> None:
    """Write the soundtrack of a picture of `seconds` as 24-bit .wav or .flac files at 48 kHz, in one pass.

    files: by "mix", "action", "ambience" or "original"; the stems add up to the mix sample for sample. Each appears
    complete or not at all. comment: text for the comment tag of each file. broadcasts: makes a .wav a Broadcast Wave
    file, by the names of `files`.
    Raises CannotWrite, UnreadableAudio, TooLarge.
    """
    with ExitStack() as stack:
        open_files = {}
        for name, path in files.items():
            part = stack.enter_context(atomic_file(path))
            open_files[name] = stack.enter_context(
                SoundWriter(part, path, comment=comment, broadcast=(broadcasts or {}).get(name))
            )
        for steps in sound_steps(soundtrack, seconds, limits):
            for name, file in open_files.items():
                file.write(steps[name])


def sound_steps(
    soundtrack: Soundtrack, seconds: float, limits: Limits | None = None, mix: Path | None = None
) -> Iterator[dict[str, np.ndarray]]:
    """Yield blocks of (k, 2) whole 24-bit steps by name: "mix", and what is known of "action", "original", "ambience".

    The stems add up to the mix exactly. The ambience is the rest, so it is known where the action is.
    mix: a file that `write_sounds` wrote of the same soundtrack; the stems then add up to that file, also where the two
    differ in their last bits. Raises BadSettings where they differ by more.
    """
    with ExitStack() as stack:
        file = stack.enter_context(soundfile.SoundFile(mix)) if mix else None
        for block in soundtrack_blocks(soundtrack, seconds, limits):
            whole = whole_steps(block.mix)
            if file and mix:
                there = np.right_shift(file.read(len(whole), dtype="int32", always_2d=True), 8)
                if there.shape != whole.shape or np.abs(there - whole).max(initial=0) > MAX_DIFFERENCE:
                    raise BadSettings(f"{display_name(mix.name)} is not the mix of this take.")
                whole = there
            yield _steps(whole, block)


def _steps(whole: np.ndarray, block: Block) -> dict[str, np.ndarray]:
    """The stems that add up to `whole`, the mix in steps."""
    found, rest = {"mix": whole}, whole
    if block.original is not None:
        found["original"] = whole_steps(block.original)
        rest = rest - found["original"]
    if block.action is not None:
        # All stems stay within full scale; only samples where two of them have opposite extremes are changed.
        most = DELIVERY.full_scale - 1
        action = np.clip(whole_steps(block.action), rest - most, rest + most)
        found |= {"action": action, "ambience": rest - action}
    return found


def whole_steps(waveform: np.ndarray) -> np.ndarray:
    """The 24-bit samples of a float array, as int32 of the same shape; what is beyond full scale is clipped."""
    steps = np.rint(np.nan_to_num(waveform).astype(np.float64) * DELIVERY.full_scale)
    return np.clip(steps, -DELIVERY.full_scale, DELIVERY.full_scale - 1).astype(np.int32)


class SoundWriter:
    """A sound file that is written in blocks of 24-bit steps.

    path: as written. shown: its name in messages. broadcast: makes a .wav a Broadcast Wave file.
    """

    def __init__(
        self,
        path: Path,
        shown: Path,
        sample_rate: int = DELIVERY.sample_rate,
        channels: int = DELIVERY.channels,
        comment: str | None = None,
        broadcast: Broadcast | None = None,
    ) -> None:
        kind = FORMATS.get(shown.suffix.lower())
        if kind is None:
            raise CannotWrite(f"{display_name(shown.name)} must end in .wav or .flac.")
        self.path, self.shown, self.kind, self.comment = path, shown, kind, comment
        self.file: BroadcastFile | soundfile.SoundFile
        if broadcast and kind == "WAV":
            self.file, self.comment = BroadcastFile(path, sample_rate, channels, broadcast, comment), None
            return
        self.file = self._try(lambda: soundfile.SoundFile(path, "w", sample_rate, channels, "PCM_24", format=kind))
        if comment and kind == "FLAC":
            self.file.comment = comment

    def write(self, steps: np.ndarray) -> None:
        """steps: (k,) or (k, channels) int32."""
        self._try(lambda: self.file.write(np.left_shift(steps, 8)))

    def __enter__(self) -> SoundWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._try(self.file.close)
        if self.comment and self.kind == "WAV":
            _append_comment(self.path, self.comment)

    def _try(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except soundfile.LibsndfileError as fault:
            reason = fault.error_string.rstrip(".").replace("System error", "the disk is full or refuses")
            raise CannotWrite(f"{display_name(self.shown)} cannot be written: {reason}.") from fault


def _append_comment(path: Path, comment: str) -> None:
    """Append the comment as a LIST INFO chunk to a WAV. libsndfile drops a long comment without an error."""
    text = comment.encode() + b"\0"
    text += b"\0" * (len(text) % 2)
    info = b"INFOICMT" + struct.pack("<I", len(text)) + text
    with open(path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(b"\0" * (file.tell() % 2) + b"LIST" + struct.pack("<I", len(info)) + info)
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))


def read_comment(path: str | os.PathLike, *, limits: Limits | None = None) -> str:
    """The comment tag of a sound or video file, "" where it has none. Raises UnreadableAudio, TooLarge."""
    with open_media(path, limits or Limits(), sound=True) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
        return tags.get("comment") or tags.get("description") or ""
