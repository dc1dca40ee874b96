"""One clip of a bank: what is known about it, how that is measured, and how it is read back without trust."""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256

import numpy as np
import soundfile

from a2s.audio.levels import SILENCE_DB
from a2s.errors import BankError
from a2s.media.files import shown
from a2s.settings import AUDIO

MIN_SECONDS, MAX_SECONDS = 3.0, 10.0
MAX_BYTES = 8 * 1024 * 1024
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True)
class AmbientClip:
    """A recording in a bank.

    level_db: RMS in dBFS. floor_db: RMS of its quietest half second in dBFS. file: below the bank's folder. sha256: of
    that file.
    """

    id: str
    name: str
    kind: str
    file: str
    seconds: float
    level_db: float
    author: str
    licence: str
    floor_db: float = SILENCE_DB
    sha256: str = ""

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> AmbientClip:
        """Read one entry of metadata.json. Raises BankError that names the clip and what is wrong with it."""
        if not isinstance(values, Mapping) or not isinstance(values.get("id"), str):
            raise BankError("The ambient bank's metadata.json has a clip without an id.")
        name = shown(values["id"])
        for field in fields(cls):
            value, numeric = values.get(field.name), field.type == "float"
            if not isinstance(value, (int, float) if numeric else str) or isinstance(value, bool):
                kind = "a number" if numeric else "a text"
                raise BankError(f"In the ambient bank's metadata.json, {field.name} of clip {name} must be {kind}.")
            if (numeric and not (math.isfinite(value) and -200 <= value <= 600)) or (not numeric and len(value) > 300):
                raise BankError(f"In the ambient bank's metadata.json, {field.name} of clip {name} is out of range.")
        clip = cls(**{field.name: values[field.name] for field in fields(cls)})
        if not _SLUG.fullmatch(clip.id) or clip.file != f"clips/{clip.id}.flac":
            raise BankError(f"In the ambient bank's metadata.json, clip {name} must be the file clips/{name}.flac.")
        return clip


def slug(name: str, taken: set[str]) -> str:
    """An id made of `name`: small letters, digits and hyphens, and unlike any in `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "clip"
    numbered = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)


def looped(waveform: np.ndarray, samples: int, fade: int) -> np.ndarray:
    """(samples,) of a longer (n,) recording whose end runs into its start: the rest fades out under the beginning.

    n must be at least samples + fade. The fade keeps the power of noise.
    """
    y = np.array(waveform[:samples], np.float32)
    angle = np.linspace(0, np.pi / 2, fade, endpoint=False, dtype=np.float32)
    y[:fade] = np.sin(angle) * y[:fade] + np.cos(angle) * waveform[samples : samples + fade]
    return y


def fitted(waveform: np.ndarray, sample_rate: int = AUDIO.sample_rate) -> np.ndarray:
    """(n,) float32 of 3 to 10 s: the middle of a longer recording, a shorter one repeated without a seam."""
    y = np.asarray(waveform, np.float32)
    least, most = round(MIN_SECONDS * sample_rate), round(MAX_SECONDS * sample_rate)
    if len(y) > most:
        start = (len(y) - most) // 2
        return y[start : start + most].copy()
    if len(y) >= least:
        return y.copy()
    fade = min(len(y) // 4, sample_rate // 10)
    cycle = looped(y, len(y) - fade, fade)
    return np.resize(cycle, least)


def checked_waveform(waveform: np.ndarray, name: str) -> np.ndarray:
    """(n,) float32 that can become a clip. Raises BankError where it is no sound of at least a tenth of a second."""
    y = np.asarray(waveform, np.float32)
    if y.ndim != 1 or len(y) < AUDIO.sample_rate // 10:
        raise BankError(f"{shown(name)} is shorter than a tenth of a second; an ambience needs more.")
    if not np.isfinite(y).all():
        raise BankError(f"{shown(name)} holds samples that are not numbers.")
    return np.clip(y, -1, 1)


def encode(waveform: np.ndarray, sample_rate: int = AUDIO.sample_rate) -> bytes:
    """(n,) as a mono 16-bit FLAC file."""
    file = io.BytesIO()
    soundfile.write(file, waveform, sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def decode(data: bytes, clip: AmbientClip) -> np.ndarray:
    """(n,) float32 at 16 kHz of a clip's file. Raises BankError naming a file that isn't what the metadata says."""
    if sha256(data).hexdigest() != clip.sha256:
        raise BankError(f"{clip.file} of the ambient bank is damaged: its checksum differs from metadata.json.")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            form = (file.format, file.samplerate, file.channels, file.frames)
            if form != ("FLAC", AUDIO.sample_rate, 1, round(clip.seconds * AUDIO.sample_rate)):
                raise BankError(f"{clip.file} of the ambient bank must be mono 16 kHz FLAC of {clip.seconds:g} s.")
            return file.read(dtype="float32")
    except soundfile.LibsndfileError as fault:
        raise BankError(f"{clip.file} of the ambient bank cannot be read: {fault.error_string}") from fault
