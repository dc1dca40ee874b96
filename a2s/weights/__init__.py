"""Which models exist, where they are, and whether their files are what they should be."""

from a2s.weights.registry import (
    MODELS,
    fingerprint,
    load_model,
    origin_of,
    resolve_model,
    verify,
    vocoder_note,
    write_checksums,
)

__all__ = [
    "MODELS",
    "fingerprint",
    "load_model",
    "origin_of",
    "resolve_model",
    "verify",
    "vocoder_note",
    "write_checksums",
]
