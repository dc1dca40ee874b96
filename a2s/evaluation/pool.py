"""The retrieval pool: audio windows of other worlds, as the paper retrieves from its training clips (section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.evaluation.worlds import windows_of
from a2s.training.data import LongVideos

if TYPE_CHECKING:
    from a2s.pipelines import AVLDMPipeline


@dataclass(frozen=True, eq=False)
class RetrievalPool:
    """waveforms: (n, 48000) int16, true mixes at 16 kHz. embeddings: (n, E) float32, unit length, of the evaluated
    AV-Sim. kinds: of the ambiences.

    The order is random, so the first k windows are a smaller pool of the same distribution.
    """

    waveforms: np.ndarray
    embeddings: np.ndarray
    kinds: tuple[str, ...]

    @classmethod
    def build(cls, folder: str | Path, pipe: AVLDMPipeline, seed: int = 0, limit: int = 4000) -> RetrievalPool:
        """At most `limit` windows of a data set, without overlap, in random order. Raises BadSettings."""
        videos = LongVideos(folder)
        windows = windows_of(videos)
        order = np.random.default_rng([seed, 11]).permutation(len(windows))[:limit]
        mixes = [videos.clip(*windows[i]).sum(0).clip(-1, 1) for i in order]
        embeddings = np.stack([pipe.embed_audio(mix) for mix in mixes])
        kinds = tuple(videos.plans[windows[i][0]].ambience for i in order)
        return cls(np.round(np.stack(mixes) * 32767).astype(np.int16), embeddings, kinds)

    def __len__(self) -> int:
        return len(self.waveforms)

    def waveform(self, index: int) -> np.ndarray:
        """(48000,) float32 in [-1, 1]."""
        return self.waveforms[index] / np.float32(32767)

    def nearest(self, query: np.ndarray, size: int | None = None) -> int:
        """Index of the window, among the first `size`, with the highest cosine to a video embedding (E,)."""
        return int(np.argmax(self.embeddings[:size] @ query))

    def random(self, rng: np.random.Generator) -> int:
        """A random index."""
        return int(rng.integers(len(self)))
