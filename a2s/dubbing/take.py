"""A take: one generated sound for one video, and everything that is needed to make it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.dubbing.delivery import FILM_SUFFIXES, check_target, deliver, stem_paths
from a2s.dubbing.origin import Origin, broadcasts
from a2s.dubbing.recipe import Recipe, Report
from a2s.dubbing.stems import Stems
from a2s.io import write_json
from a2s.settings import Limits

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.media import MuxReport, Soundtrack
    from a2s.media.picture_table import PictureChoice


@dataclass(frozen=True, eq=False, repr=False)
class Take:
    """One sound. Its arrays are read-only.

    waveform: (n,) float32 in [-1, 1] at `sample_rate`, the model's: the dub at its level, as long as the picture or
    the dubbed stretch, without the original soundtrack. Files are written from `soundtrack` at 48 kHz. mel: (128, T)
    float32 in [0, 1], before mastering. report: the recipe, and what was measured. video: path of the source. stems: by
    name, see `Stems`.
    condition: (m,) float32 at `sample_rate`, the ambient condition of the first place at its amount, at most one window
    of it. seconds: of the picture. others: the further takes of the same dub. limits: of the film when it is written.
    origin: timecode and date of the film, for Broadcast Wave files.
    """

    waveform: np.ndarray
    sample_rate: int
    mel: np.ndarray
    report: Report
    video: Path
    soundtrack: Soundtrack
    stems: Stems
    condition: np.ndarray
    seconds: float
    others: tuple[Take, ...] = ()
    limits: Limits | None = None
    origin: Origin = Origin()

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
        return self.seconds

    def save(self, path: str | os.PathLike, picture: PictureChoice = "copy") -> Path:
        """Write .mp4, .mov or .mkv (the film with this sound), .wav or .flac, atomically. Raises CannotWrite.

        picture: "h264" encodes the picture even where it could be copied, for Premiere, QuickTime and the web.
        The recipe is stored as JSON in the file's comment tag; `read_recipe` reads it.
        """
        self.write(path, picture)
        return Path(path)

    def write(
        self,
        path: str | os.PathLike,
        picture: PictureChoice = "copy",
        on_share: Callable[[float], object] | None = None,
    ) -> MuxReport | None:
        """`save`, and return what became of the film's streams; None for a sound file.

        on_share: called while a film is written, with the part that is done, 0 to 1; it may raise to stop the writing.
        """
        from a2s.media import mux_soundtrack, write_sounds  # keeps `import a2s` fast: PyAV

        path = check_target(path, self.video)
        if path.suffix.lower() in FILM_SUFFIXES:
            return mux_soundtrack(
                self.video, self.soundtrack, path, comment=self.report.tag(), picture=picture, on_share=on_share,
                limits=self.limits,
            )  # fmt: skip
        mix = self.soundtrack.without_action()
        about = broadcasts(["mix"], self.origin, self.report)
        write_sounds({"mix": path}, mix, self.seconds, self.report.tag(), self.limits, about)
        return None

    def save_report(
        self, path: str | os.PathLike, muxed: MuxReport | None = None, seconds: Mapping[str, float] | None = None
    ) -> Path:
        """Write the report as JSON. Raises CannotWrite.

        muxed: what became of the film's streams, from `write`. seconds: that further stages took.
        """
        report = replace(self.report, seconds={**self.report.seconds, **(seconds or {})})
        values = report.to_dict() | (muxed.to_dict() if muxed else {})
        write_json(path, values)
        return Path(path)

    def save_stems(self, folder: str | os.PathLike) -> tuple[Path, ...]:
        """Write action.wav, ambience.wav and, where it is kept, original.wav: all or none. They add up to the mix.

        The folder is made if its parent exists. Raises CannotWrite, and BadSettings for a take without stems.
        """
        deliver(self, stems=folder)
        return tuple(stem_paths(folder, self.stems).values())

    def with_others(self, others: tuple[Take, ...]) -> Take:
        """This take as the first of several."""
        return replace(self, others=others)
