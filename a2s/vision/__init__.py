"""What a video shows: motion, keyframes, shots. Needs OpenCV, no torch."""

from a2s.vision.frames import keyframes_in, pictures_in
from a2s.vision.grids import motion_grid
from a2s.vision.motion import Motion, observe
from a2s.vision.novelty import CURVES, novelty_curve

__all__ = ["CURVES", "Motion", "keyframes_in", "motion_grid", "novelty_curve", "observe", "pictures_in"]
