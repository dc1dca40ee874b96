"""Model folders: which models exist, where they are, how they load, and whether their files are intact."""

from a2s.weights.catalogue import (
    INDEX,
    MODELS,
    model_takes_cues,
    resolve_model,
    sampler_defaults,
)
from a2s.weights.loading import load_embedder, load_model
from a2s.weights.origin import origin_of, vocoder_note
from a2s.weights.verification import fingerprint, model_files, verify, write_checksums

__all__ = [
    "INDEX",
    "MODELS",
    "fingerprint",
    "load_embedder",
    "load_model",
    "model_files",
    "model_takes_cues",
    "origin_of",
    "resolve_model",
    "sampler_defaults",
    "verify",
    "vocoder_note",
    "write_checksums",
]
