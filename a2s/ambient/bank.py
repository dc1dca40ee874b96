"""The ambient bank: clips with metadata, and a FAISS index over their AV-Sim embeddings.

`a2s.ambient.bank_files` describes the folder of a bank.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from a2s.ambient import flat_index
from a2s.ambient.bank_files import INDEX, METADATA, VERSION, read_bank_file, read_index, read_metadata
from a2s.ambient.clip import AmbientClip, decode, make_clip
from a2s.ambient.recordings import Describe, find_recordings, read_recording
from a2s.audio.resampling import at_rate
from a2s.errors import BankError, CannotWrite
from a2s.io import atomic_folder, display_name
from a2s.settings import AUDIO, Limits

Embed = Callable[[np.ndarray], np.ndarray]
"""(n,) float32 waveform at 16 kHz -> (E,) embedding, such as `AVLDMPipeline.embed_audio`."""


class About(TypedDict):
    """What is known of a recording besides its sound."""

    name: str
    kind: str
    author: str
    licence: str


@dataclass(frozen=True)
class Match:
    """A clip of a bank and its score: the inner product of the normalised embeddings, -1 to 1."""

    clip: AmbientClip
    score: float


class AmbientBank:
    """Clips to choose a video's ambience from. A bank does not change: `add` and `embedded` return new ones.

    sample_rate: of its files, in Hz. Embeddings are computed at 16 kHz.
    """

    def __init__(
        self,
        clips: tuple[AmbientClip, ...],
        files: Mapping[str, Path | bytes],
        index: flat_index.Index | None = None,
        model_hash: str | None = None,
        sample_rate: int = AUDIO.sample_rate,
    ) -> None:
        self.clips, self.model_hash, self.sample_rate = tuple(clips), model_hash, sample_rate
        self._files, self._index = dict(files), index

    def __repr__(self) -> str:
        embedded = f"embedded by {self.model_hash}" if self.has_embeddings else "without embeddings"
        return f"AmbientBank({len(self)} clips, {embedded})"

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, clip_id: str) -> AmbientClip:
        """Return the clip with this id. Raises BankError."""
        for clip in self.clips:
            if clip.id == clip_id:
                return clip
        raise BankError(f"The ambient bank has no clip {display_name(clip_id)}; `a2s bank info` lists its clips.")

    @property
    def has_embeddings(self) -> bool:
        """Whether the bank can be searched."""
        return self._index is not None

    @property
    def low_ambient(self) -> AmbientClip:
        """The quietest clip of kind "quiet", or of all kinds: the condition of "only the action"."""
        return min([clip for clip in self.clips if clip.kind == "quiet"] or self.clips, key=lambda clip: clip.level_db)

    def waveform(self, clip_id: str, sample_rate: int | None = None) -> np.ndarray:
        """Return (n,) float32 at this rate in Hz; None is the bank's own.

        Raises BankError for an unknown id or a file that has changed.
        """
        clip = self[clip_id]
        wave = decode(self._data(clip), clip, self.sample_rate)
        return at_rate(wave, self.sample_rate, sample_rate or self.sample_rate)

    def retrieve(self, embedding: np.ndarray, k: int, model_hash: str | None = None) -> list[Match]:
        """Return the k clips with the highest scores, best first; all of them if the bank is smaller.

        embedding: (E,) of a video or a sound. model_hash: of the model that made it; it must be the bank's. Raises
        BankError.
        """
        if self._index is None:
            raise BankError("The ambient bank has no embeddings; `a2s bank build` makes them.")
        if model_hash is not None and model_hash != self.model_hash:
            raise BankError(
                "The ambient bank's embeddings were made by another model; `a2s bank build BANK -o MODEL/ambient"
                " --model MODEL` makes a bank for this model, in the folder where it is found automatically."
            )
        query = flat_index.normalised(embedding, "The query")
        if query.shape != (self._index.d,):
            raise BankError(
                f"The embedding must have {self._index.d} numbers as the ambient bank's have, not shape {query.shape}."
            )
        scores, rows = self._index.search(query[None], max(1, min(int(k), len(self))))
        return [Match(self.clips[row], float(score)) for score, row in zip(scores[0], rows[0], strict=True)]

    def add(
        self, waveform: np.ndarray, name: str, embedding: np.ndarray | None = None, kind: str = "own"
    ) -> AmbientBank:
        """Return this bank with one more recording, (n,) float32 at its sample rate, cut or extended to 3 to 10 s.

        A bank with embeddings needs the recording's too. Raises BankError.
        """
        label = display_name(name)[:80].strip() or "Own recording"
        clip, data = make_clip(
            waveform, set(self._files), self.sample_rate, name=label, kind=kind, author="", licence="own recording"
        )
        index = None
        if self._index is not None:
            if embedding is None or np.shape(embedding) != (self._index.d,):
                raise BankError(
                    f"{label} needs an embedding of {self._index.d} numbers to be added to this ambient bank."
                )
            row = flat_index.normalised(embedding, label)[None]
            index = flat_index.index_of(np.concatenate([flat_index.vectors_of(self._index), row]))
        return AmbientBank(
            (*self.clips, clip), {**self._files, clip.id: data}, index, self.model_hash, self.sample_rate
        )

    def embedded(self, embed: Embed, model_hash: str) -> AmbientBank:
        """Return this bank with embeddings by `embed`. model_hash: of the model that makes them."""
        embeddings = np.stack(
            [np.asarray(embed(self.waveform(clip.id, AUDIO.sample_rate)), np.float32) for clip in self.clips]
        )
        vectors = flat_index.normalised(embeddings, "The bank")
        return AmbientBank(self.clips, self._files, flat_index.index_of(vectors), model_hash, self.sample_rate)

    @classmethod
    def build(
        cls,
        recordings: str | os.PathLike,
        folder: str | os.PathLike,
        embed: Embed | None = None,
        model_hash: str | None = None,
        describe: Describe | None = None,
        limits: Limits | None = None,
        sample_rate: int = AUDIO.sample_rate,
    ) -> AmbientBank:
        """Make a bank from a folder of recordings, or new embeddings for an existing bank, and save it.

        recordings: any audio files, also in subfolders. embed: without it the bank cannot be searched. describe: gives
        name, kind, author and licence of a file if they are not its name, its subfolder's name, "unknown" and
        "unknown". sample_rate: of a new bank, in Hz. Raises BankError, UnreadableAudio, TooLarge.
        """
        source = Path(recordings)
        if (source / METADATA).is_file():
            bank = cls.load(source)
        else:
            limits = limits or Limits()
            bank = cls.of(
                (read_recording(path, source, describe, limits, sample_rate) for path in find_recordings(source)),
                sample_rate,
            )
        if embed is not None:
            if not model_hash:
                raise BankError("A bank with embeddings needs the hash of the model that makes them.")
            bank = bank.embedded(embed, model_hash)
        bank.save(folder)
        return cls.load(folder)

    @classmethod
    def of(cls, recordings: Iterable[tuple[np.ndarray, About]], sample_rate: int = AUDIO.sample_rate) -> AmbientBank:
        """Return a bank in memory of (waveform (n,) float32 at `sample_rate` Hz, what is known of it) pairs."""
        clips: list[AmbientClip] = []
        files: dict[str, Path | bytes] = {}
        for waveform, about in recordings:
            clip, data = make_clip(waveform, set(files), sample_rate, **about)
            clips.append(clip)
            files[clip.id] = data
        if not clips:
            raise BankError("An ambient bank needs at least one recording.")
        return cls(tuple(clips), files, sample_rate=sample_rate)

    def save(self, folder: str | os.PathLike) -> None:
        """Write the bank, atomically. It may replace an older bank, but no other folder. Raises BankError."""
        folder = Path(folder).resolve()
        if folder.exists() and not (folder / METADATA).is_file() and (folder.is_file() or any(folder.iterdir())):
            raise BankError(f"{display_name(folder)} exists and is not an ambient bank; give another name.")
        try:
            with atomic_folder(folder) as part:
                self._write(part)
        except (CannotWrite, OSError) as fault:
            raise BankError(f"The ambient bank cannot be written to {display_name(folder)}: {fault}") from fault

    def _write(self, folder: Path) -> None:
        (folder / "clips").mkdir(parents=True)
        for clip in self.clips:
            (folder / clip.file).write_bytes(self._data(clip))
        about: dict[str, Any] = {
            "version": VERSION,
            "sample_rate": self.sample_rate,
            "model_hash": self.model_hash,
        }
        if self._index is not None:
            data = flat_index.to_bytes(flat_index.vectors_of(self._index))
            (folder / INDEX).write_bytes(data)
            about["embeddings"] = {"dimension": self._index.d, "sha256": sha256(data).hexdigest()}
        about["clips"] = [clip.to_dict() for clip in self.clips]
        text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
        (folder / METADATA).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: str | os.PathLike) -> AmbientBank:
        """Read a bank and check all checksums. Raises BankError that names the missing or damaged file."""
        folder = Path(folder)
        about = read_metadata(folder)
        clips = tuple(AmbientClip.from_dict(entry) for entry in about["clips"])
        files = {clip.id: folder / clip.file for clip in clips}
        if len(files) < len(clips):
            raise BankError("The ambient bank's metadata.json has two clips with the same id.")
        bank = cls(clips, files, None, about["model_hash"], about["sample_rate"])
        for clip in clips:
            if sha256(bank._data(clip)).hexdigest() != clip.sha256:
                raise BankError(f"{clip.file} of the ambient bank is damaged: its checksum differs from metadata.json.")
        bank._index = read_index(folder, about["embeddings"], len(clips))
        return bank

    def _data(self, clip: AmbientClip) -> bytes:
        """The bytes of a clip's file, in memory or in the bank's folder."""
        file = self._files[clip.id]
        return file if isinstance(file, bytes) else read_bank_file(file, clip.file)
