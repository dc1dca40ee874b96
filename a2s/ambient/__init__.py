"""Ambiences: a bank of clips, retrieval from it, and the level of the chosen clip."""

from a2s.ambient.amount import Calibration, full_level, scale_ambience
from a2s.ambient.bank import AmbientBank, Match
from a2s.ambient.clip import AmbientClip

__all__ = ["AmbientBank", "AmbientClip", "Calibration", "Match", "full_level", "scale_ambience"]
