"""One take on disk: the files that a visitor can download."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from a2s.dubbing.stems import NAMES

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.dubbing.recipe import Report
    from a2s.settings import DubSettings


@dataclass(frozen=True, eq=False)
class TakeFiles:
    """One take in a folder of its own. FLAC, spectrogram video and stems are written when they are first wanted.

    label: for a person. stem: first part of all file names. video: the film to download. player: the same film, or a
    smaller one, as browsers play it. recipe: JSON file of `report`. figure: waveform, cues,
    spectrogram and ambience reference; spectrogram: without axes, one size for all takes. summary: HTML. settings: they
    make this take alone in this visit. report: for download, without a path of this server. model: as the engine names
    it, None for its default.
    """

    label: str
    stem: str
    video: Path
    player: Path
    sound: Path
    recipe: Path
    cue_file: Path
    figure: Path
    spectrogram: Path
    summary: str
    settings: DubSettings
    report: Report
    model: str | None

    @property
    def cues(self) -> CueTrack:
        """The cues that were used."""
        return self.report.recipe.cues

    @property
    def lufs(self) -> float:
        """Integrated loudness."""
        return self.report.loudness.lufs

    @property
    def id(self) -> str:
        """The name of its folder; it differs from that of every other take of the visit."""
        return self.sound.parent.name

    @cached_property
    def peaks(self) -> list:
        """The waveform as the timeline draws it."""
        from a2s.audio.outline import peak_outline

        return peak_outline(soundfile.read(self.sound, dtype="float32")[0])

    def flac(self) -> Path:
        """FLAC with the same samples as the wav and the recipe inside."""
        from a2s.media import write_audio

        path = self.sound.with_suffix(".flac")
        if not path.is_file():
            waveform, rate = soundfile.read(self.sound, dtype="float32")
            write_audio(path, waveform, rate, comment=self.report.tag())
        return path

    def spectrogram_video(self) -> Path:
        """An mp4 of the video above its spectrogram, with a moving playhead. Raises TooLarge."""
        from PIL import Image

        from a2s.media.share import share_spectrogram

        path = self.sound.with_name(f"{self.stem}-share.mp4")
        if not path.is_file():
            spectrogram = np.asarray(Image.open(self.spectrogram).convert("RGB"))
            share_spectrogram(self.player, self.sound, spectrogram, path)
        return path

    @property
    def stem_files(self) -> dict[str, Path]:
        """Where the stems are by name, once they are made. The original is one where it is kept."""
        names = NAMES if self.report.recipe.original_audio else NAMES[:2]
        return {name: self.sound.with_name(f"{self.stem}-{name}.wav") for name in names}

    @property
    def package(self) -> Path:
        """Where the package for editors is, once it is made."""
        return self.sound.with_name(f"{self.stem}-package.zip")

    @property
    def has_stems(self) -> bool:
        return all(path.is_file() for path in self.stem_files.values())
