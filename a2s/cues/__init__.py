"""Cues: the times of sounds, detected in motion, edited by the creator, and drawn as the model's condition."""

from a2s.cues.cue import Cue, CueTrack
from a2s.cues.cue_roll import ROLL_CHANNELS, draw_cue_roll
from a2s.cues.detector import detect_cues

__all__ = ["ROLL_CHANNELS", "Cue", "CueTrack", "detect_cues", "draw_cue_roll"]
