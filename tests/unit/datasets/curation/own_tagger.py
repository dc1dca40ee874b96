"""A tagger as a user would write one."""

from __future__ import annotations


def make():
    """Every sound has the same tags."""
    return lambda waveform: {"speech": 0.75}
