"""Embeddings of videos and sounds by AV-Sim: with a whole pipeline, or with AV-Sim alone."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from a2s.ambient.extension import repeated
from a2s.audio.resampling import at_rate
from a2s.models import AVSim
from a2s.models.digest import weights_hash
from a2s.models.official import OfficialAVSim
from a2s.settings import AUDIO
from a2s.vision import Motion

MAX_WINDOWS = 12
"""Windows of a video that its embedding is the mean of."""


class Embeddings:
    """The methods that need AV-Sim alone. A subclass has `av_sim` and `encode_video`."""

    av_sim: AVSim | OfficialAVSim

    def encode_video(self, motion: Motion, start: float = 0.0) -> torch.Tensor:
        """Return the video tokens (1, K, D) of the window [start, start + 3 s)."""
        raise NotImplementedError

    @torch.inference_mode()
    def embed_video(self, motion: Motion, begin: float = 0.0, end: float | None = None) -> np.ndarray:
        """Return (E,) float32 of unit length: the mean over a video's windows, spread evenly, at most `MAX_WINDOWS`.

        begin, end: seconds, of the part that is embedded. A part shorter than a window is embedded with what follows.
        """
        found = []
        for start in window_starts(begin, motion.duration if end is None else end):
            found.append(self.av_sim.embed_window(self.encode_video(motion, start), motion, start))
        mean = torch.cat(found).mean(0)
        return (mean / mean.norm().clamp(min=1e-8)).float().cpu().numpy()

    @torch.inference_mode()
    def embed_audio(self, waveform: np.ndarray, sample_rate: int = AUDIO.sample_rate) -> np.ndarray:
        """Return (E,) float32 of unit length. waveform: (n,) float32; one shorter than 3 s is repeated.

        AV-Sim works at 16 kHz, whatever the rate of the model; a sound at another `sample_rate` is resampled.
        """
        waveform = at_rate(waveform, sample_rate, AUDIO.sample_rate)
        return self.av_sim.embed_sound(repeated(waveform, AUDIO.window_samples))[0].float().cpu().numpy()

    @cached_property
    def model_hash(self) -> str:
        """Eight hex digits of AV-Sim's weights. The embeddings of an ambient bank belong to one such hash."""
        return weights_hash(self.av_sim)


class AVSimEmbedder(Embeddings):
    """AV-Sim alone, for retrieval without the generator. folder: of the model that it was loaded from."""

    def __init__(self, av_sim: AVSim | OfficialAVSim, folder: Path | None = None) -> None:
        self.av_sim, self.folder = av_sim, folder

    def __repr__(self) -> str:
        return f"AVSimEmbedder({type(self.av_sim).__name__}, {str(self.folder)!r})"

    @torch.inference_mode()
    def encode_video(self, motion: Motion, start: float = 0.0) -> torch.Tensor:
        """Return the video tokens (1, K, D) of the window [start, start + 3 s)."""
        return self.av_sim.encode(*(x.to(self.av_sim.device) for x in self.av_sim.window(motion, start)))


def window_starts(begin: float, end: float) -> list[float]:
    """Return the starts, in seconds, of the windows that `embed_video` reads between two times.

    Lengths are counted in whole mel frames, as in `a2s.pipelines.windows.plan_windows`: 3.003 s are one window.
    """
    frames = 1 + round((end - begin) * AUDIO.sample_rate) // AUDIO.hop_length
    count = min(max(1, -(-frames // AUDIO.window_frames)), MAX_WINDOWS)
    last = max(begin, end - AUDIO.window_seconds)
    return [float(start) for start in np.linspace(begin, last, count)]
