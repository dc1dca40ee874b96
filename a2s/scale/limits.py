"""Limits for data sets: their videos are one's own and last hours, uploads to a page do not."""

from __future__ import annotations

import os
from typing import Any

from a2s.settings import Limits

LONG: dict[str, Any] = {
    "max_bytes": 64 * 2**30,
    "max_seconds": 6 * 3600.0,
    "max_frames": 1_300_000,
    "max_work_seconds": 24 * 3600,
    "max_decode_seconds": 900,  # a decoder on a machine with more workers than cores waits for its turn
}


def long_limits() -> Limits:
    """The limits of the environment, and `LONG` where the environment has none. Raises BadSettings."""
    variables = {name.upper() for name in os.environ}
    return Limits(**{name: value for name, value in LONG.items() if f"A2S_{name.upper()}" not in variables})
