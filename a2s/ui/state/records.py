"""Small records of a visit. Nothing here imports a handler."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.settings import DubSettings

OWN_RECORDING = "own recording"
"""Stands where a clip's id would stand, for the visitor's own recording. An id never contains a space."""


@dataclass(frozen=True)
class OwnRecording:
    """A visitor's recording. sound: FLAC in the visit's folder; thumbnail: PNG of its spectrogram; level_db: RMS in
    dBFS; score: similarity to the video, -1..1, None without a video."""

    sound: Path
    thumbnail: Path
    name: str
    level_db: float
    score: float | None


@dataclass(frozen=True, eq=False)
class SceneChange:
    """A moment, in s, at which the place seems to change. look: (E,) embedding of the video from there to the next."""

    time: float
    look: np.ndarray


@dataclass(frozen=True)
class RestoredRecipe:
    """What a recipe asks for, as this visit can make it.

    settings: within their ranges; `ambient_clip` is what `dub` takes, None if the ambience isn't available. cues: its
    cue track. chosen_clip: what `Visit.chosen_clip` becomes, None to leave it; ambient_changes: the same for
    `Visit.ambient_changes`. model: as the engine names it, None for its default. notes: sentences, plain text, about
    what differs from the dub that the recipe describes; none means the same sound.
    """

    settings: DubSettings
    cues: CueTrack
    chosen_clip: str | None
    model: str | None
    notes: tuple[str, ...] = ()
    ambient_changes: dict[float, str] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether the same sound comes out again."""
        return not self.notes
