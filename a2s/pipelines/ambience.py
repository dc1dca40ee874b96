"""The ambient condition of a video: chosen from a bank or a recording, at the level of an amount."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings
from a2s.io import sha256_of
from a2s.resources import asset_folder
from a2s.settings import Limits

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.ambient.retrieval import Embedder
    from a2s.pipelines.avldm import AVLDMPipeline
    from a2s.vision import Motion


@dataclass(frozen=True)
class AmbienceSource:
    """The origin and the level of an ambient condition.

    time: seconds from the first frame; the ambience begins there. clip: id of a bank clip, None for a recording.
    score: inner product of the embeddings of video and clip, -1 to 1; None unless the clip was retrieved.
    sha256: of a bank clip's samples, or of a recording's file. amount: 0 to 1. level_in_db: RMS of the condition, dBFS.
    """

    clip: str | None = None
    name: str = ""
    author: str | None = None
    licence: str | None = None
    score: float | None = None
    sha256: str = ""
    amount: float = 0.0
    level_in_db: float = 0.0
    time: float = 0.0


@dataclass(frozen=True, eq=False)
class Ambience:
    """The ambient condition of one place.

    waveform: (n,) float32 at `pipe.sample_rate`, at its amount. low: (m,) float32, the bank's low-ambient clip; with it
    as the condition only the action sounds.
    """

    waveform: np.ndarray
    low: np.ndarray
    source: AmbienceSource


def load_bank(bank: AmbientBank | str | os.PathLike | None = None, pipe: Embedder | None = None) -> AmbientBank:
    """An AmbientBank, loaded once per folder. A bank object is returned as it is.

    None: the folder `ambient` of the pipeline's model, else the bank that is shipped with a2s. Raises BankError.
    """
    if bank is None:
        own = pipe.folder if pipe is not None else None
        bank = own / "ambient" if own and (own / "ambient").is_dir() else asset_folder("ambient")
    return _load_bank(Path(bank).resolve()) if isinstance(bank, str | os.PathLike) else bank


@lru_cache(maxsize=4)
def _load_bank(folder: Path) -> AmbientBank:
    from a2s.ambient import AmbientBank  # keeps imports of this module fast: a bank needs faiss

    return AmbientBank.load(folder)


def choose_ambience(
    motion: Motion,
    pipe: AVLDMPipeline,
    bank: AmbientBank,
    amount: float,
    clip: str | None = None,
    within: tuple[float, float] | None = None,
    limits: Limits | None = None,
) -> Ambience:
    """The ambient condition of a video, or of the part of it between two times.

    amount: 0 (action only) to 1 (the full ambience). clip: id of a bank clip or path of a recording; None takes the
    bank's best match. within: (begin, end) in seconds of the part. Raises BadSettings, BankError, UnreadableAudio.
    """
    from a2s.ambient.retrieval import retrieve_ambiences  # keeps `import a2s` fast: torch and PyAV
    from a2s.audio.levels import level_db

    clips, score = {known.id: known for known in bank.clips}, None
    if clip is None:
        match = retrieve_ambiences(motion, pipe, bank, 1, within)[0]
        clip, score = match.clip.id, match.score
    time = within[0] if within else 0.0
    if clip in clips:
        known, waveform = clips[clip], bank.waveform(clip, pipe.sample_rate)
        scaled = ambience_at(waveform, amount, known.kind, pipe, bank)
        digest = sha256(bank.waveform(clip).tobytes()).hexdigest()
        named = (known.id, known.name, known.author, known.licence)
        source = AmbienceSource(*named, score, digest, amount, round(level_db(scaled), 2), time)
    elif Path(clip).is_file():
        from a2s.media import read_audio

        limits = limits or Limits()
        waveform = read_audio(clip, pipe.sample_rate, max_seconds=limits.max_ambient_seconds, limits=limits)
        scaled = ambience_at(waveform, amount, None, pipe, bank)
        source = AmbienceSource(
            name=Path(clip).name,
            sha256=sha256_of(clip),
            amount=amount,
            level_in_db=round(level_db(scaled), 2),
            time=time,
        )
    else:
        raise BadSettings(f"There is no ambience {clip[:80]!r}: it is neither a clip of the bank nor a file.")
    return Ambience(scaled, bank.waveform(bank.low_ambient.id, pipe.sample_rate), source)


def ambience_at(
    waveform: np.ndarray, amount: float, kind: str | None, pipe: AVLDMPipeline, bank: AmbientBank
) -> np.ndarray:
    """(n,) float32: the condition of a dub for an ambience at an amount, 0 to 1. Raises BadSettings.

    waveform: (n,) float32 at `pipe.sample_rate`. kind: of a bank clip; None for a recording.
    """
    from a2s.ambient import Calibration, full_level, scale_ambience  # keeps imports fast: a bank needs faiss
    from a2s.audio.levels import level_db

    low = bank.low_ambient
    if amount == 0:
        return bank.waveform(low.id, pipe.sample_rate)
    calibration = Calibration.load(pipe.folder) if pipe.folder else None
    return scale_ambience(waveform, amount, low.level_db, full_level(level_db(waveform), kind), calibration)
