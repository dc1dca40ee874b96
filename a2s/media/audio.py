"""Write audio files, read their comment tag, and mix two sounds."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import soundfile

from a2s.audio.levels import db_to_amplitude
from a2s.errors import CannotWrite
from a2s.io import atomic_file, display_name
from a2s.media.source import open_media
from a2s.settings import Limits

FORMATS = {".wav": "WAV", ".flac": "FLAC"}


def write_audio(path: str | os.PathLike, waveform: np.ndarray, sample_rate: int, comment: str | None = None) -> None:
    """Write (n,) or (n, channels) float in [-1, 1] as 24-bit .wav or .flac, atomically. Raises CannotWrite.

    comment: text for the file's comment tag.
    """
    kind = FORMATS.get(Path(path).suffix.lower())
    if kind is None:
        raise CannotWrite(f"{display_name(Path(path).name)} must end in .wav or .flac.")
    waveform = np.clip(np.nan_to_num(np.asarray(waveform, np.float32)), -1, 1)
    with atomic_file(path) as part:
        try:
            channels = 1 if waveform.ndim == 1 else waveform.shape[1]
            with soundfile.SoundFile(part, "w", sample_rate, channels, "PCM_24", format=kind) as file:
                if comment and kind == "FLAC":
                    file.comment = comment
                file.write(waveform)
            if comment and kind == "WAV":
                _append_comment(part, comment)
        except soundfile.LibsndfileError as fault:
            reason = fault.error_string.rstrip(".").replace("System error", "the disk is full or refuses")
            raise CannotWrite(f"{display_name(path)} cannot be written: {reason}.") from fault


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


def mix_under(waveform: np.ndarray, original: np.ndarray, gain_db: float) -> np.ndarray:
    """Add `original` (m,) at `gain_db` to `waveform` (n,), aligned at their first samples. Returns (n,) float32."""
    mixed = np.array(waveform, np.float32)
    n = min(len(mixed), len(original))
    mixed[:n] += np.asarray(original[:n], np.float32) * np.float32(db_to_amplitude(gain_db))
    return mixed
