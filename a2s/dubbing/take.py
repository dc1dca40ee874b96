"""A take: one generated sound for one video, and everything that is needed to make it again."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.dubbing.delivery import check_target, deliver, stem_paths
from a2s.dubbing.recipe import Recipe, Report
from a2s.dubbing.stems import Stems
from a2s.io import write_text

if TYPE_CHECKING:
    from a2s.cues import CueTrack


@dataclass(frozen=True, eq=False, repr=False)
class Take:
    """One sound. Its arrays are read-only.

    waveform: (n,) float32 in [-1, 1], as long as the picture. mel: (128, T) float32 in [0, 1], before mastering.
    report: the recipe, and what was measured. video: path of the source. stems: by name, see `Stems`. condition: (m,)
    float32 at `sample_rate`, the ambient condition of the first place at its amount, at most one window of it.
    others: the further takes of the same dub.
    """

    waveform: np.ndarray
    sample_rate: int
    mel: np.ndarray
    report: Report
    video: Path
    stems: Stems
    condition: np.ndarray
    others: tuple[Take, ...] = ()

    def __post_init__(self) -> None:
        for array in (self.waveform, self.mel, self.condition):
            array.setflags(write=False)

    def __repr__(self) -> str:
        recipe, loudness = self.recipe, self.report.loudness
        places = ", then ".join(source.name for source in recipe.ambience)
        return (
            f"Take {recipe.take} of {recipe.video.name or self.video.name!r}: {self.duration:.2f} s at"
            f" {self.sample_rate} Hz, {len(self.cues)} cues, ambience {places!r} at {recipe.settings.ambient:g},"
            f" seed {recipe.settings.seed}, {loudness.lufs:.1f} LUFS, model {recipe.model.name or 'in memory'}"
        )

    @property
    def recipe(self) -> Recipe:
        """The recipe that makes this take alone."""
        return self.report.recipe

    @property
    def cues(self) -> CueTrack:
        """The cues that were used."""
        return self.recipe.cues

    @property
    def takes(self) -> tuple[Take, ...]:
        """All takes of the dub, this one first."""
        return (self, *self.others)

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.waveform) / self.sample_rate

    def save(self, path: str | os.PathLike) -> Path:
        """Write .mp4 (the source's picture with this sound), .wav or .flac, atomically. Raises CannotWrite.

        The recipe is stored as JSON in the file's comment tag; `read_recipe` reads it.
        """
        from a2s.media import mux_soundtrack, write_audio  # keeps `import a2s` fast: PyAV

        path = check_target(path, self.video)
        if path.suffix.lower() == ".mp4":
            mux_soundtrack(self.video, self.waveform, self.sample_rate, path, comment=self.report.tag())
        else:
            write_audio(path, self.waveform, self.sample_rate, comment=self.report.tag())
        return path

    def save_report(self, path: str | os.PathLike) -> Path:
        """Write the report as JSON. Raises CannotWrite."""
        write_text(path, self.report.to_json() + "\n")
        return Path(path)

    def save_stems(self, folder: str | os.PathLike) -> tuple[Path, Path]:
        """Write action.wav and ambience.wav, both or neither. The folder is made if its parent exists.

        Raises CannotWrite, and BadSettings for a take without stems.
        """
        deliver(self, stems=folder)
        return stem_paths(folder)

    def with_others(self, others: tuple[Take, ...]) -> Take:
        """This take as the first of several."""
        return replace(self, others=others)
