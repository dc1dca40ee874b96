"""What is seen: motion of a video, the moments at which something should be heard, and their file format."""

from a2s.cues.cue import Cue, CueTrack
from a2s.cues.detector import detect_cues
from a2s.vision.motion import Motion, keyframes_in, motion_grid, observe
from a2s.vision.novelty import CURVES, novelty
from a2s.vision.frames import pictures_in

__all__ = [
    "CURVES",
    "Cue",
    "CueTrack",
    "Motion",
    "detect_cues",
    "keyframes_in",
    "motion_grid",
    "novelty",
    "observe",
    "pictures_in",
]
