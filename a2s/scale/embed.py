"""Embed clips by AV-Sim, picture and sound, and build the FAISS indexes of both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from a2s.datasets.clips import Clip, Skipped
from a2s.datasets.shards import by_file, read_shard
from a2s.errors import A2SError
from a2s.io import atomic_file
from a2s.scale.engine import Run
from a2s.scale.sources import ClipSource, OpenSource
from a2s.scale.store import Item
from a2s.settings import AUDIO, Limits

if TYPE_CHECKING:
    from a2s.ambient.embedder import AVSimEmbedder

VERSION = 1
"""Part of every key; it grows when the same clip and weights give other vectors."""

CLIPS_PER_ITEM = 256
VECTORS = "vectors"
LISTED = 20
"""Files that could not be read which an item lists by name."""


@dataclass(frozen=True)
class EmbedWork:
    """out: the job's folder. source: of the clips. model: a name or a folder."""

    out: Path
    source: ClipSource
    model: str
    limits: Limits

    def open(self) -> Run:
        """Load AV-Sim. Raises WeightsMissing."""
        from a2s.weights import load_embedder

        return _Embedder(self, load_embedder(self.model), self.source.opened())

    def settings(self) -> tuple[object, ...]:
        """What shapes the vectors of a clip, for the keys of the items."""
        from a2s.weights import load_embedder

        return "embed", VERSION, load_embedder(self.model).model_hash, self.source.kind


class _Embedder:
    """The work on a worker: the vectors of one item go into one file."""

    def __init__(self, work: EmbedWork, embedder: AVSimEmbedder, source: OpenSource) -> None:
        self.work, self.embedder, self.source = work, embedder, source

    def __call__(self, item: Item) -> dict[str, Any]:
        """outputs: the file. clips: of vectors. skipped: counts by reason. listed: the first unreadable files."""
        skipped = Skipped(most=LISTED)
        keys, pictures, sounds = [], [], []
        found = self._shard(item, skipped) if "shard" in item.data else self._clips(item, skipped)
        for key, picture, sound in found:
            keys.append(key)
            pictures.append(picture)
            sounds.append(sound)
        name = f"{VECTORS}/{item.key}.npz"
        if keys:
            (self.work.out / VECTORS).mkdir(exist_ok=True)
            with atomic_file(self.work.out / name) as part, open(part, "wb") as file:
                np.savez(file, keys=np.array(keys), picture=np.stack(pictures), sound=np.stack(sounds))
        outputs = [name] if keys else []
        return {"outputs": outputs, "clips": len(keys), "skipped": dict(skipped.counts), "listed": skipped.listed}

    def _clips(self, item: Item, skipped: Skipped) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        for group in by_file(self.source.clips(item.data, skipped)):
            try:
                yield from self._file(group)
            except A2SError as error:
                skipped.add("unreadable", str(group[0].file), str(error), len(group))

    def _file(self, group: list[Clip]) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """The clips of one file, which is decoded once. Raises A2SError."""
        from a2s.vision.video import Video

        film = Video(group[0].file, limits=self.work.limits)
        sound, motion = film.soundtrack(AUDIO.sample_rate), film.motion
        silence = np.zeros(AUDIO.window_samples, np.float32)
        found = []
        for clip in group:
            first = round(clip.start * AUDIO.sample_rate)
            wave = silence if sound is None else sound[first : first + round(clip.seconds * AUDIO.sample_rate)]
            start = min(clip.start, max(0.0, motion.duration - AUDIO.window_seconds))
            picture = self.embedder.embed_video(motion, start, min(start + clip.seconds, motion.duration))
            found.append((clip.key, picture, self.embedder.embed_audio(wave if len(wave) else silence)))
        return found

    def _shard(self, item: Item, skipped: Skipped) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        with tempfile.TemporaryDirectory(prefix="a2s-embed-") as folder:
            for sample in read_shard(Path(item.data["shard"]), skipped):
                file = Path(folder) / "clip.mp4"
                file.write_bytes(sample.mp4)
                try:
                    from a2s.vision.video import Video

                    motion = Video(file, limits=self.work.limits).motion
                    picture = self.embedder.embed_video(motion, 0.0, motion.duration)
                    yield sample.key, picture, self.embedder.embed_audio(sample.sound)
                except A2SError as error:
                    skipped.add("unreadable", sample.key, str(error))
