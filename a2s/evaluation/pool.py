"""What is retrieved from: windows of other worlds' sound, as the paper retrieves from its training clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2s.settings import AUDIO
from a2s.training.data import LongVideos


@dataclass(frozen=True, eq=False)
class Pool:
    """waveforms: (n, 48000) int16, true mixes; embeddings: (n, E) float32 of unit length, by the examined AV-Sim;
    kinds: of the ambience.

    The order is random, so that the first k are a smaller pool of the same make.
    """

    waveforms: np.ndarray
    embeddings: np.ndarray
    kinds: tuple[str, ...]

    @classmethod
    def build(cls, folder: str | Path, pipe, seed: int = 0, limit: int = 4000) -> Pool:
        """Every window of a data set that shares no moment with another, at most `limit`, in a random order."""
        videos = LongVideos(folder)
        places = [
            (video, start)
            for video, plan in enumerate(videos.plans)
            for start in np.arange(0, plan.seconds - AUDIO.window_seconds + 1e-6, AUDIO.window_seconds)
        ]
        order = np.random.default_rng([seed, 11]).permutation(len(places))[:limit]
        mixes = [videos.clip(*places[i]).sum(0).clip(-1, 1) for i in order]
        embeddings = np.stack([pipe.embed_audio(mix) for mix in mixes])
        kinds = tuple(videos.plans[places[i][0]].ambience for i in order)
        return cls(np.round(np.stack(mixes) * 32767).astype(np.int16), embeddings, kinds)

    def __len__(self) -> int:
        return len(self.waveforms)

    def waveform(self, index: int) -> np.ndarray:
        """(48000,) float32."""
        return self.waveforms[index] / np.float32(32767)

    def nearest(self, query: np.ndarray, size: int | None = None) -> int:
        """The window among the first `size` that is most like a look, (E,), by cosine."""
        return int(np.argmax(self.embeddings[:size] @ query))

    def any(self, rng: np.random.Generator) -> int:
        """A window at random."""
        return int(rng.integers(len(self)))
