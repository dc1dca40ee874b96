"""Choose the ambiences of a bank that suit a video: AV-Sim embeddings, compared by inner product.

Action2Sound, section 3.4: at test time the ambient condition is retrieved with the video's own embedding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from a2s.ambient.extension import repeated
from a2s.errors import BadSettings
from a2s.settings import AUDIO

if TYPE_CHECKING:
    import torch

    from a2s.ambient.bank import AmbientBank, Match
    from a2s.models import AVSim
    from a2s.models.official import OfficialAVSim
    from a2s.vision import Motion

MAX_MATCHES = 100
MAX_WINDOWS = 12
"""Windows of a video that its embedding is the mean of."""


class Embedder(Protocol):
    """What makes the embeddings of videos and sounds: `AVSimEmbedder`, or an `AVLDMPipeline`."""

    @property
    def model_hash(self) -> str: ...

    def embed_video(self, motion: Motion, begin: float = 0.0, end: float | None = None) -> np.ndarray: ...

    def embed_audio(self, waveform: np.ndarray) -> np.ndarray: ...


class AVSimEmbedder:
    """AV-Sim alone, for retrieval without the generator. name_or_path: the model folder that it was loaded from."""

    def __init__(self, av_sim: AVSim | OfficialAVSim, name_or_path: str | None = None):
        self.av_sim, self.name_or_path = av_sim, name_or_path

    def __repr__(self) -> str:
        return f"AVSimEmbedder({type(self.av_sim).__name__}, {self.name_or_path!r})"

    @cached_property
    def model_hash(self) -> str:
        """Eight hex digits that identify the weights: a bank's embeddings are valid for one model."""
        from a2s.models.digest import weights_hash  # loads torch

        return weights_hash(self.av_sim)

    def embed_video(self, motion: Motion, begin: float = 0.0, end: float | None = None) -> np.ndarray:
        """Return (E,) float32 of unit length, see `embed_video`."""
        return embed_video(self.av_sim, self._encode, motion, begin, end)

    def embed_audio(self, waveform: np.ndarray) -> np.ndarray:
        """Return (E,) float32 of unit length, see `embed_audio`."""
        return embed_audio(self.av_sim, waveform)

    def _encode(self, motion: Motion, start: float) -> torch.Tensor:
        return self.av_sim.encode(*(x.to(self.av_sim.device) for x in self.av_sim.window(motion, start)))


def embed_video(
    av_sim: AVSim | OfficialAVSim,
    encode: Callable[[Motion, float], torch.Tensor],
    motion: Motion,
    begin: float = 0.0,
    end: float | None = None,
) -> np.ndarray:
    """Return (E,) float32 of unit length: the mean over a video's windows, spread evenly, at most `MAX_WINDOWS`.

    encode: (motion, start in s) -> video tokens (1, K, D) of one window. begin, end: s, of the part to embed. A part
    that is shorter than a window takes in what follows it.
    """
    import torch  # keeps `a2s --help` fast

    found = []
    with torch.inference_mode():
        for start in window_starts(begin, motion.duration if end is None else end):
            found.append(av_sim.embed_window(encode(motion, start), motion, start))
        mean = torch.cat(found).mean(0)
        return (mean / mean.norm().clamp(min=1e-8)).float().cpu().numpy()


def embed_audio(av_sim: AVSim | OfficialAVSim, waveform: np.ndarray) -> np.ndarray:
    """Return (E,) float32 of unit length. waveform: (n,) float32 at 16 kHz; one shorter than 3 s is repeated."""
    import torch  # keeps `a2s --help` fast

    with torch.inference_mode():
        return av_sim.embed_sound(repeated(waveform))[0].float().cpu().numpy()


def window_starts(begin: float, end: float) -> list[float]:
    """Return the starts, in s, of the windows that `embed_video` reads between two times.

    Lengths are counted in whole mel frames, as in `a2s.pipelines.windows.plan_windows`: 3.003 s are one window.
    """
    frames = 1 + round((end - begin) * AUDIO.sample_rate) // AUDIO.hop_length
    count = min(max(1, -(-frames // AUDIO.window_frames)), MAX_WINDOWS)
    last = max(begin, end - AUDIO.window_seconds)
    return [float(start) for start in np.linspace(begin, last, count)]


def retrieve_ambiences(
    bank: AmbientBank,
    embedder: Embedder,
    motion: Motion,
    k: int = 5,
    within: tuple[float, float] | None = None,
) -> list[Match]:
    """Return the k ambiences of a bank that suit a video best, best first. Raises BadSettings, BankError.

    within: (begin, end) in s, of the part of the video to use; None is all of it. The low-ambient clip, which is no
    location's sound, is returned only if the bank has no other clip.
    """
    if not 1 <= k <= MAX_MATCHES:
        raise BadSettings(f"The number of ambiences must be from 1 to {MAX_MATCHES}, not {k}.")
    query = embedder.embed_video(motion, *within) if within else embedder.embed_video(motion)
    matches = bank.retrieve(query, k + 1, embedder.model_hash)
    low = bank.low_ambient
    return [match for match in matches if match.clip != low or low.kind != "quiet"][:k] or matches
