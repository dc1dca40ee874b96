"""The ambient bank: a folder of clips with metadata, and a FAISS index over their AV-Sim embeddings.

metadata.json     what every clip is, with its level and checksum; which model made the embeddings
clips/ID.flac     mono, 16 kHz, 16 bit, 3 to 10 s
index.faiss       exact inner product over normalised vectors, one a clip, in their order; may be missing
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from a2s.ambient import index as flat
from a2s.ambient.clip import (
    MAX_BYTES,
    AmbientClip,
    checked_waveform,
    decode,
    encode,
    fitted,
    slug,
)
from a2s.audio.levels import level_db, quietest_db
from a2s.errors import BankError
from a2s.media.files import shown
from a2s.settings import AUDIO, LIMITS

VERSION = 1
RECORDINGS = set(".wav .flac .mp3 .ogg .oga .opus .m4a .aac .aif .aiff .mp4 .mov .mkv .webm".split())
Embed = Callable[[np.ndarray], np.ndarray]
"""(n,) float32 waveform at 16 kHz to an (E,) embedding, as `AVLDMPipeline.embed_audio`."""


@dataclass(frozen=True)
class Match:
    """A clip of a bank and how well it fits: the inner product of normalised embeddings, -1..1."""

    clip: AmbientClip
    score: float


class AmbientBank:
    """Clips that a video's ambience can be chosen from. Never changes; `add` and `embedded` return new banks."""

    def __init__(
        self,
        clips: tuple[AmbientClip, ...],
        files: Mapping[str, Path | bytes],
        index: object | None = None,
        model_hash: str | None = None,
    ):
        self.clips, self.model_hash = tuple(clips), model_hash
        self._files, self._index = dict(files), index

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, clip_id: str) -> AmbientClip:
        """The clip of that id. Raises BankError."""
        for clip in self.clips:
            if clip.id == clip_id:
                return clip
        raise BankError(f"The ambient bank has no clip {shown(clip_id)}; `python -m a2s bank info` lists what it has.")

    @property
    def has_embeddings(self) -> bool:
        return self._index is not None

    @property
    def low_ambient(self) -> AmbientClip:
        """The quietest clip of kind "quiet", of all where there is none: what "only the action" is conditioned on."""
        return min([clip for clip in self.clips if clip.kind == "quiet"] or self.clips, key=lambda clip: clip.level_db)

    def waveform(self, clip_id: str) -> np.ndarray:
        """(n,) float32 at 16 kHz. Raises BankError for an unknown id, or a file that changed since it was loaded."""
        clip = self[clip_id]
        return decode(self._data(clip), clip)

    def retrieve(self, embedding: np.ndarray, k: int, model_hash: str | None = None) -> list[Match]:
        """The k clips whose sound fits best, best first; all of them where the bank is smaller.

        embedding: (E,) of a video or a sound. model_hash: of the model that made it; any but the bank's is
        refused. Raises BankError.
        """
        if self._index is None:
            raise BankError("The ambient bank has no embeddings; run `python -m a2s bank build` to make them.")
        if model_hash is not None and model_hash != self.model_hash:
            raise BankError(
                "The ambient bank's embeddings were made by another model; `python -m a2s bank build BANK -o NEW"
                " --model MODEL` makes them anew; as `ambient` in the model's folder that bank is found by itself."
            )
        query = flat.normalised(embedding, "The query")
        if query.shape != (self._index.d,):
            raise BankError(f"The ambient bank is searched with {self._index.d} numbers, not with {query.shape}.")
        scores, rows = self._index.search(query[None], max(1, min(int(k), len(self))))
        return [Match(self.clips[row], float(score)) for score, row in zip(scores[0], rows[0], strict=True)]

    def add(
        self, waveform: np.ndarray, name: str, embedding: np.ndarray | None = None, kind: str = "own"
    ) -> AmbientBank:
        """This bank with a visitor's own recording: (n,) float32 at 16 kHz, kept 3 to 10 s long.

        A bank with embeddings needs the recording's as well. Raises BankError.
        """
        label = shown(name)[:80].strip() or "Own recording"
        clip, data = _clip(waveform, set(self._files), name=label, kind=kind, author="", licence="own recording")
        index = None
        if self._index is not None:
            if embedding is None or np.shape(embedding) != (self._index.d,):
                raise BankError(f"{label} needs an embedding of {self._index.d} numbers to join this ambient bank.")
            row = flat.normalised(embedding, label)[None]
            index = _index_of(np.concatenate([flat.vectors_of(self._index), row]))
        return AmbientBank((*self.clips, clip), {**self._files, clip.id: data}, index, self.model_hash)

    def embedded(self, embed: Embed, model_hash: str) -> AmbientBank:
        """This bank with embeddings by `embed`, the model of that hash."""
        vectors = np.stack([np.asarray(embed(self.waveform(clip.id)), np.float32) for clip in self.clips])
        return AmbientBank(self.clips, self._files, _index_of(flat.normalised(vectors, "The bank")), model_hash)

    @classmethod
    def build(
        cls,
        recordings: str | os.PathLike,
        folder: str | os.PathLike,
        embed: Embed | None = None,
        model_hash: str | None = None,
        describe: Callable[[Path], Mapping[str, str]] | None = None,
    ) -> AmbientBank:
        """Make a bank of a folder of recordings (any audio, subfolders too), or a bank's embeddings anew, and save it.

        Without `embed` the bank can be listed and played, not searched. describe: gives name, kind, author and licence
        of a file where they should differ from its name, its subfolder's name, "unknown" and "unknown". Raises
        BankError, UnreadableAudio, TooLarge.
        """
        source = Path(recordings)
        if (source / "metadata.json").is_file():
            bank = cls.load(source)
        else:
            bank = cls.of(_recording(path, source, describe) for path in _recordings(source))
        if embed is not None:
            if not model_hash:
                raise BankError("A bank's embeddings need the hash of the model that makes them.")
            bank = bank.embedded(embed, model_hash)
        bank.save(folder)
        return cls.load(folder)

    @classmethod
    def of(cls, recordings) -> AmbientBank:
        """A bank in memory of (waveform (n,) float32 at 16 kHz, {"name", "kind", "author", "licence"}) pairs."""
        clips, files = [], {}
        for waveform, about in recordings:
            clip, data = _clip(waveform, set(files), **about)
            clips.append(clip)
            files[clip.id] = data
        if not clips:
            raise BankError("An ambient bank needs at least one recording.")
        return cls(tuple(clips), files)

    def save(self, folder: str | os.PathLike) -> None:
        """Write the bank, whole or not at all, in place of an older bank but of nothing else. Raises BankError."""
        folder = Path(folder).resolve()
        if folder.exists() and not (folder / "metadata.json").is_file() and (folder.is_file() or any(folder.iterdir())):
            raise BankError(f"{shown(folder)} exists and is no ambient bank; choose another name.")
        part, old = (folder.with_name(f".{secrets.token_hex(8)}.part") for _ in range(2))
        try:
            (part / "clips").mkdir(parents=True)
            for clip in self.clips:
                (part / clip.file).write_bytes(self._data(clip))
            about = {"version": VERSION, "sample_rate": AUDIO.sample_rate, "model_hash": self.model_hash}
            if self._index is not None:
                data = flat.to_bytes(flat.vectors_of(self._index))
                (part / "index.faiss").write_bytes(data)
                about["embeddings"] = {"dimension": self._index.d, "sha256": sha256(data).hexdigest()}
            about["clips"] = [clip.to_dict() for clip in self.clips]
            text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
            (part / "metadata.json").write_text(text, encoding="utf-8")
            if folder.exists():
                os.replace(folder, old)
            os.replace(part, folder)
        except OSError as fault:
            raise BankError(f"{shown(folder)} cannot be written: {fault.strerror or 'the disk refuses'}.") from fault
        finally:
            if old.exists() and not folder.exists():
                os.replace(old, folder)
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> AmbientBank:
        """Read a bank and check every checksum. Raises BankError that names what is missing or damaged."""
        folder = Path(folder)
        about = _metadata(folder)
        clips = tuple(AmbientClip.from_dict(entry) for entry in about["clips"])
        files = {clip.id: folder / clip.file for clip in clips}
        if len(files) < len(clips):
            raise BankError("The ambient bank's metadata.json names two clips alike.")
        bank = cls(clips, files, None, about["model_hash"])
        for clip in clips:
            if sha256(bank._data(clip)).hexdigest() != clip.sha256:
                raise BankError(f"{clip.file} of the ambient bank is damaged: its checksum differs from metadata.json.")
        bank._index = _load_index(folder, about["embeddings"], len(clips))
        return bank

    def _data(self, clip: AmbientClip) -> bytes:
        """A clip's file, from memory or from the bank's folder."""
        file = self._files[clip.id]
        return file if isinstance(file, bytes) else _read(file, clip.file)


def _index_of(vectors: np.ndarray):
    return flat.from_bytes(flat.to_bytes(vectors), *vectors.shape)


def _clip(
    waveform: np.ndarray, taken: set[str], *, name: str, kind: str, author: str, licence: str
) -> tuple[AmbientClip, bytes]:
    """A recording as a clip of the bank and its file."""
    y = fitted(checked_waveform(waveform, name))
    data = encode(y)
    clip_id = slug(name, taken)
    clip = AmbientClip(clip_id, name, kind, f"clips/{clip_id}.flac", len(y) / AUDIO.sample_rate, 0.0, author, licence)
    y = decode(data, replace(clip, sha256=sha256(data).hexdigest()))
    floor = quietest_db(y, AUDIO.sample_rate, hop=AUDIO.sample_rate // 2)
    measured = {"level_db": round(level_db(y), 2), "floor_db": round(floor, 2)}
    return replace(clip, sha256=sha256(data).hexdigest(), **measured), data


def _recordings(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise BankError(f"There is no folder {shown(folder)} of recordings.")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in RECORDINGS and path.is_file())
    if not found:
        raise BankError(f"{shown(folder)} holds no recordings.")
    return found


def _recording(path: Path, root: Path, describe: Callable[[Path], Mapping[str, str]] | None):
    """A file's sound and what is known of it."""
    from a2s.media import read_audio

    kind = path.parent.name if path.parent != root else "recording"
    name = shown(path.stem).replace("_", " ").strip() or "Recording"
    about = {"name": name, "kind": kind, "author": "unknown", "licence": "unknown"} | dict(
        describe(path) if describe else {}
    )
    return read_audio(path, AUDIO.sample_rate, max_seconds=LIMITS.max_ambient_seconds), about


def _read(path: Path, name: str, most: int = MAX_BYTES) -> bytes:
    """A file of the bank. Raises BankError where it is missing, a link, or larger than it can be."""
    try:
        if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
            raise BankError(f"{name} of the ambient bank is missing.")
        if path.stat().st_size > most:
            raise BankError(f"{name} of the ambient bank is larger than it can be.")
        return path.read_bytes()
    except OSError as fault:
        raise BankError(f"{name} of the ambient bank cannot be read: {fault.strerror}.") from fault


def _metadata(folder: Path) -> dict:
    if not (folder / "metadata.json").exists():
        raise BankError(f"{shown(folder)} is no ambient bank: it has no metadata.json.")
    try:
        about = json.loads(_read(folder / "metadata.json", "metadata.json").decode("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise BankError("metadata.json of the ambient bank is no JSON text.") from fault
    if not isinstance(about, dict) or about.get("version") != VERSION or about.get("sample_rate") != AUDIO.sample_rate:
        raise BankError(f"metadata.json of the ambient bank is not of version {VERSION} at {AUDIO.sample_rate} Hz.")
    if not isinstance(about.get("clips"), list) or not about["clips"]:
        raise BankError("metadata.json of the ambient bank lists no clips.")
    model_hash, embeddings = about.setdefault("model_hash", None), about.setdefault("embeddings", None)
    if not isinstance(model_hash, str | None) or not isinstance(embeddings, dict | None):
        raise BankError("metadata.json of the ambient bank does not say which model made its embeddings.")
    return about


def _load_index(folder: Path, embeddings: dict | None, rows: int):
    """The bank's index, None for a bank without embeddings."""
    if embeddings is None:
        return None
    dimension = embeddings.get("dimension")
    if type(dimension) is not int or not 1 <= dimension <= 65536:
        raise BankError("metadata.json of the ambient bank does not say how long its embeddings are.")
    data = _read(folder / "index.faiss", "index.faiss", 512 + 4 * rows * dimension)
    if sha256(data).hexdigest() != embeddings.get("sha256"):
        raise BankError("index.faiss of the ambient bank is damaged: its checksum differs from metadata.json.")
    return flat.from_bytes(data, rows, dimension)
