"""One clip of a bank: its metadata, how a recording becomes a clip, and how its file is read without trust."""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256

import numpy as np
import soundfile

from a2s.ambient.extension import seamlessly_extended
from a2s.audio.levels import SILENCE_DB, level_db, quietest_db
from a2s.errors import BankError
from a2s.io import display_name

MIN_SECONDS, MAX_SECONDS = 3.0, 10.0
LEAST_NUMBER, LARGEST_NUMBER = -200, 600
"""Range of the numbers in metadata.json: levels in dB and lengths in s."""
MAX_TEXT = 300
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True)
class AmbientClip:
    """A recording in a bank.

    level_db: RMS in dBFS. floor_db: RMS of its quietest half second in dBFS. file: path in the bank's folder. sha256:
    of that file.
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

    def to_dict(self) -> dict[str, str | float]:
        """Return the entry of metadata.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> AmbientClip:
        """Read one entry of metadata.json. Raises BankError that names the clip and what is wrong with it."""
        if not isinstance(values, Mapping) or not isinstance(values.get("id"), str):
            raise BankError("The ambient bank's metadata.json has a clip without an id.")
        name = display_name(values["id"])
        for field in fields(cls):
            fault = _fault(values.get(field.name), field.type == "float")
            if fault:
                raise BankError(f"In the ambient bank's metadata.json, {field.name} of clip {name} {fault}.")
        clip = cls(**{field.name: values[field.name] for field in fields(cls)})
        if not _SLUG.fullmatch(clip.id) or clip.file != f"clips/{clip.id}.flac":
            raise BankError(f"In the ambient bank's metadata.json, clip {name} must be the file clips/{name}.flac.")
        return clip


def _fault(value: object, numeric: bool) -> str | None:
    """What is wrong with a value of metadata.json, or None."""
    if numeric:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return "must be a number"
        in_range = math.isfinite(value) and LEAST_NUMBER <= value <= LARGEST_NUMBER
    else:
        if not isinstance(value, str):
            return "must be a text"
        in_range = len(value) <= MAX_TEXT
    return None if in_range else "is out of range"


def make_clip(
    waveform: np.ndarray, taken: Collection[str], sample_rate: int, *, name: str, kind: str, author: str, licence: str
) -> tuple[AmbientClip, bytes]:
    """Return a recording, (n,) float32 at `sample_rate` Hz, as a clip with an id not in `taken`, and its file.

    Levels are measured on the decoded file. Raises BankError.
    """
    fit = fitted(checked_waveform(waveform, name, sample_rate), sample_rate)
    data = encode(fit, sample_rate)
    digest, clip_id = sha256(data).hexdigest(), slug(name, taken)
    seconds = len(fit) / sample_rate
    clip = AmbientClip(clip_id, name, kind, f"clips/{clip_id}.flac", seconds, 0.0, author, licence, sha256=digest)
    decoded = decode(data, clip, sample_rate)
    floor = quietest_db(decoded, sample_rate, hop=sample_rate // 2)
    return replace(clip, level_db=round(level_db(decoded), 2), floor_db=round(floor, 2)), data


def slug(name: str, taken: Collection[str]) -> str:
    """Return an id made of `name`, of lower-case letters, digits and hyphens, that is not in `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "clip"
    numbered = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)


def fitted(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return (n,) float32 of 3 to 10 s: the middle of a longer recording, a shorter one repeated with crossfades."""
    y = np.asarray(waveform, np.float32)
    least, most = round(MIN_SECONDS * sample_rate), round(MAX_SECONDS * sample_rate)
    if len(y) > most:
        start = (len(y) - most) // 2
        return y[start : start + most].copy()
    if len(y) >= least:
        return y.copy()
    return seamlessly_extended(y, least, sample_rate)


def checked_waveform(waveform: np.ndarray, name: str, sample_rate: int) -> np.ndarray:
    """Return (n,) float32 in [-1, 1]. Raises BankError for less than 0.1 s or for samples that are not finite."""
    y = np.asarray(waveform, np.float32)
    if y.ndim != 1 or len(y) < sample_rate // 10:
        raise BankError(f"{display_name(name)} is shorter than 0.1 s, the shortest ambience.")
    if not np.isfinite(y).all():
        raise BankError(f"{display_name(name)} has samples that are not finite numbers.")
    return np.clip(y, -1, 1)


def encode(waveform: np.ndarray, sample_rate: int) -> bytes:
    """Return (n,) as a mono 16-bit FLAC file."""
    file = io.BytesIO()
    soundfile.write(file, waveform, sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def decode(data: bytes, clip: AmbientClip, sample_rate: int) -> np.ndarray:
    """Return (n,) float32 at `sample_rate` Hz of a clip's file.

    Raises BankError if the file does not match its metadata.
    """
    if sha256(data).hexdigest() != clip.sha256:
        raise BankError(f"{clip.file} of the ambient bank is damaged: it does not match its checksum.")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            form = (file.format, file.samplerate, file.channels, file.frames)
            if form != ("FLAC", sample_rate, 1, round(clip.seconds * sample_rate)):
                raise BankError(
                    f"{clip.file} of the ambient bank must be mono {sample_rate} Hz FLAC of {clip.seconds:g} s."
                )
            return file.read(dtype="float32")
    except soundfile.LibsndfileError as fault:
        raise BankError(f"{clip.file} of the ambient bank cannot be read: {fault.error_string}") from fault
