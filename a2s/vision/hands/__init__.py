"""Hands in the picture: an optional part. Without its models or the package that runs them, hands are not looked for.

The models are those of MediaPipe Hands (Apache-2.0). `a2s weights fetch hands` gets them; `ai-edge-litert`, which the
extra `hands` installs, runs them.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.resources import checkpoint_folder
from a2s.vision.hands.tracks import HandTracks, Track

if TYPE_CHECKING:
    from a2s.vision.hands.models import HandModels

__all__ = ["HAND_FILES", "HAND_WIDTH", "HandTracks", "Track", "hands_folder", "load_hand_models"]

HAND_FILES = ("palm_detection.tflite", "hand_landmark.tflite")
"""The palm detector and the landmark model, in the folder of the part."""

HAND_WIDTH = 640
"""Width in pixels of the pictures in which hands are looked for."""


def hands_folder() -> Path:
    """Where the models are, or where they go."""
    return checkpoint_folder("hands")


def load_hand_models() -> HandModels | None:
    """The models, loaded anew for each video because an interpreter serves one thread; None where a part is missing."""
    folder = hands_folder()
    if not all((folder / name).is_file() for name in HAND_FILES) or not runtime_installed():
        return None
    from a2s.vision.hands.models import HandModels

    return HandModels(folder)


@lru_cache
def runtime_installed() -> bool:
    """Whether the package that runs the models is installed."""
    return find_spec("ai_edge_litert") is not None
