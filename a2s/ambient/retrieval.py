"""Choose the ambiences of a bank that suit a video: AV-Sim embeddings, compared by inner product.

Action2Sound, section 3.4: at test time the ambient condition is retrieved with the video's own embedding.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from a2s.errors import BadSettings

if TYPE_CHECKING:
    from a2s.ambient.bank import AmbientBank, Match
    from a2s.vision import Motion

MAX_MATCHES = 100
"""Largest number of ambiences that one retrieval returns."""


class Embedder(Protocol):
    """What embeds videos and sounds: `a2s.ambient.embedder.AVSimEmbedder`, or an `AVLDMPipeline`."""

    @property
    def folder(self) -> Path | None:
        """The model folder it was loaded from."""

    @property
    def model_hash(self) -> str:
        """Identifies its weights."""

    def embed_video(self, motion: Motion, begin: float = 0.0, end: float | None = None) -> np.ndarray:
        """Return (E,) of unit length."""

    def embed_audio(self, waveform: np.ndarray, sample_rate: int = ...) -> np.ndarray:
        """Return (E,) of unit length."""


def retrieve_ambiences(
    motion: Motion,
    embedder: Embedder,
    bank: AmbientBank,
    k: int = 5,
    within: tuple[float, float] | None = None,
) -> list[Match]:
    """Return the k clips of a bank that suit the look of a video best, best first. Raises BadSettings, BankError.

    within: (begin, end) in seconds, of the part of the video that is compared; None is all of it. The low-ambient clip
    is excluded unless the bank has no other: at no amount would an ambience be audible.
    """
    if not 1 <= k <= MAX_MATCHES:
        raise BadSettings(f"The number of ambiences must be from 1 to {MAX_MATCHES}, not {k}.")
    query = embedder.embed_video(motion, *within) if within else embedder.embed_video(motion)
    matches = bank.retrieve(query, k + 1, embedder.model_hash)
    low = bank.low_ambient
    return [match for match in matches if match.clip != low or low.kind != "quiet"][:k] or matches
