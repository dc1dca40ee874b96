"""CLAP similarity of generated audio and a sentence about the true events (Wu et al., ICASSP 2023)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from a2s.evaluation.embeddings.clap import Clap
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.metrics.similarity import matched_similarity
from a2s.evaluation.statistics import Figures
from a2s.evaluation.worlds import Clip

VERSION = 1
LIBRARIES = ("numpy", "torch", "transformers")

PHRASES = {
    "hit": "hitting {}",
    "knock": "knocking on {}",
    "chop": "chopping on {}",
    "scrape": "scraping {}",
    "pour": "pouring {}",
    "step": "stepping on {}",
    "bounce": "something bouncing on {}",
    "splash": "splashing {}",
}
"""A phrase for each of `a2s.settings.ACTIONS`, with its material."""


def measure(inputs: MetricInputs) -> Figures | None:
    """See `text_similarity_of`; None without CLAP."""
    clap = inputs.models.clap
    return text_similarity_of(clap, inputs.clips, inputs.waveforms) if clap is not None else None


def text_similarity_of(clap: Clap, clips: Sequence[Clip], waves: np.ndarray) -> Figures:
    """`matched_similarity` of each clip's audio, (n, 48000) at 16 kHz, and its sentence in CLAP's space."""
    texts = [sentence(clip) for clip in clips]
    return matched_similarity(clap.embed_texts(texts), clap.embed_audio(waves), texts)


def sentence(clip: Clip) -> str:
    """The two most frequent kinds of events of a clip: "the sound of hitting wood and pouring water"."""
    kinds = Counter((event.action, event.material) for event in clip.events).most_common(2)
    return "the sound of " + " and ".join(PHRASES[action].format(material) for (action, material), _ in kinds)
