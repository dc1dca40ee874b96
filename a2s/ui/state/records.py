"""Small records of a visit. Nothing here imports a handler."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.media.picture_table import PictureChoice
    from a2s.settings import DubSettings

OWN_RECORDING = "own recording"
"""Stands where a clip's id would stand, for the visitor's own recording. An id never contains a space."""


CONTAINERS = ("mp4", "mov", "mkv")
"""Suffixes of the film that a visitor downloads."""

PICTURES: tuple[PictureChoice, ...] = ("copy", "h264")
"""What may become of its picture."""


@dataclass(frozen=True)
class FilmFormat:
    """How a film is written. container: one of CONTAINERS. picture: one of PICTURES. player: whether there is also a
    film that browsers play, where they do not play this one. Raises BadSettings.
    """

    container: str = "mp4"
    picture: PictureChoice = "copy"
    player: bool = True

    def __post_init__(self) -> None:
        for name, value, allowed in (("file", self.container, CONTAINERS), ("picture", self.picture, PICTURES)):
            if value not in allowed:
                raise BadSettings(f"The {name} must be {', '.join(allowed)}, not {str(value)[:40]!r}.")


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
