"""Video analysis: motion, keyframes, cuts and changes of place. Uses OpenCV, not torch."""

from a2s.vision.frames import keyframes_in, pictures_in
from a2s.vision.grids import motion_grid
from a2s.vision.motion import Motion, observe

__all__ = ["Motion", "keyframes_in", "motion_grid", "observe", "pictures_in"]
