"""Audio embeddings for Frechet distances and similarities. Several, since any one favours models related to it.

    av-sim   audio tower of the evaluated AV-Sim, (n, E), unit length: the space of ambient retrieval
    judge    hidden features of the event judge, (n, 192): trained on audio that no generator learned from
    mel      statistics of log-mel bands, (n, 128): nothing learned
    clap     audio tower of LAION-CLAP through transformers, (n, 512), unit length; weights from A2S_CLAP
    vggish   VGGish, (n, 128): the embedding of the paper; weights from A2S_VGGISH

CLAP and VGGish need published weights, which no package contains. Their figures have not been compared with published
ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from a2s.audio.mel import mel_spectrogram
from a2s.errors import BadSettings
from a2s.evaluation.embeddings.clap import Clap
from a2s.evaluation.embeddings.vggish import vggish_frames
from a2s.evaluation.judges.events import EventJudge
from a2s.settings import AUDIO

if TYPE_CHECKING:
    from a2s.pipelines import AVLDMPipeline

VERSION = 1
"""Raised by one whenever an embedding changes."""

OFFLINE = ("av-sim", "judge", "mel")
"""Embeddings without external weights."""

NAMES = (*OFFLINE, "clap", "vggish")

MEL_GROUPS = 32
"""Bands of the mel statistics, of four mel bands each."""

MODULATION_HZ = (4.0, 31.25)
"""Upper edges of the two modulation bands: slow swells, then flutter and attacks."""


@dataclass(frozen=True)
class Embedding:
    """frames: (n, samples) float32 in [-1, 1] at 16 kHz -> (n, F, D) float32."""

    name: str
    frames: Callable[[np.ndarray], np.ndarray]

    def __call__(self, waves: np.ndarray, batch: int = 16) -> np.ndarray:
        """(n, samples) -> (n, D), the mean over a clip's frames."""
        return self.in_frames(waves, batch).mean(1)

    def in_frames(self, waves: np.ndarray, batch: int = 16) -> np.ndarray:
        """(n, samples) -> (n, F, D). VGGish has a frame per 0.96 s; published FADs count frames as samples."""
        waves = np.ascontiguousarray(waves, np.float32)
        with torch.inference_mode():
            return np.concatenate([self.frames(waves[i : i + batch]) for i in range(0, len(waves), batch)])


def load_embedding(name: str, pipe: AVLDMPipeline | None = None, judge: EventJudge | None = None) -> Embedding:
    """An embedding by name, one of NAMES. pipe: needed by "av-sim". judge: needed by "judge".

    Raises WeightsMissing, which names where weights are searched, and BadSettings for an unknown name or a missing
    argument.
    """
    if name == "mel":
        return Embedding(name, mel_statistics)
    if name == "av-sim" and pipe is not None:
        return Embedding(name, lambda waves: _av_sim_frames(pipe, waves))
    if name == "judge" and judge is not None:
        return Embedding(name, judge.features)
    if name == "clap":
        clap = Clap.load()
        return Embedding(name, lambda waves: clap.embed_audio(waves)[:, None])
    if name == "vggish":
        return Embedding(name, vggish_frames())
    arguments = {"av-sim": "a pipeline", "judge": "a judge"}
    if name in arguments:
        raise BadSettings(f"The embedding {name} needs {arguments[name]}.")
    raise BadSettings(f"There is no embedding {name}. The embeddings are {', '.join(NAMES)}.")


def mel_statistics(waves: np.ndarray) -> np.ndarray:
    """(n, samples) -> (n, 1, 128): mean, standard deviation and two modulation levels of each of 32 log-mel bands.

    It distinguishes spectra and envelopes. Nothing is learned, so no model is favoured; it was not fitted to human
    ratings. Modulation: standard deviation of the band's level within MODULATION_HZ. All values in units of 100 dB.
    """
    mel = mel_spectrogram(torch.from_numpy(waves).clamp(-1, 1))
    bands = mel.unflatten(1, (MEL_GROUPS, -1)).mean(2)
    spectrum = torch.fft.rfft(bands - bands.mean(-1, keepdim=True)).abs().square() / bands.shape[-1] ** 2
    rates = torch.fft.rfftfreq(bands.shape[-1], AUDIO.frame_seconds)
    edges = (0.0, *MODULATION_HZ)
    levels = [(2 * spectrum[..., (rates > a) & (rates <= b)].sum(-1)).sqrt() for a, b in zip(edges[:-1], edges[1:])]
    return torch.cat([bands.mean(-1), bands.std(-1), *levels], 1)[:, None].numpy()


def _av_sim_frames(pipe: AVLDMPipeline, waves: np.ndarray) -> np.ndarray:
    component = getattr(pipe, "av_sim", None)
    if component is not None and hasattr(component, "embed_audio") and waves.shape[1] >= AUDIO.window_samples:
        mel = mel_spectrogram(torch.from_numpy(waves).to(component.device))
        return component.embed_audio(mel)[:, None].float().cpu().numpy()
    return np.stack([pipe.embed_audio(wave) for wave in waves])[:, None]
