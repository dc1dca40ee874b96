"""A take: one sound made for one video, and everything needed to make it again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings, CannotWrite, UnreadableAudio

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.media import VideoInfo

SUFFIXES = (".mp4", ".wav", ".flac")

FULL_SCALE = 2**23
"""Steps of a 24-bit sample from 0 to full scale."""

MAX_RECIPE_BYTES = 8 * 1024 * 1024
"""Several times what `Limits.max_cues` cues can fill."""


@dataclass(frozen=True)
class Source:
    """The video as a file. original: its soundtrack (n,) at 16 kHz from the first frame on, where one is to be kept."""

    info: VideoInfo
    sha256: str
    samples: int
    original: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Take:
    """waveform: (n,) float32 in [-1, 1], as long as the picture. mel: (128, T) float32 in [0, 1], before loudness.

    events: the cues that were used. recipe: settings that make this take alone, seed, sources, checksums, and a report
    of what came out; JSON. video: the source, whose picture `save` takes. action: (n,) float32, the sound without
    ambience, if stems were asked for. condition: (m,) float32, 16 kHz, the ambience at its amount that the model heard,
    at most one window of it; a shorter one was looped. others: the further takes of the same dub.
    """

    waveform: np.ndarray
    sample_rate: int
    mel: np.ndarray
    events: CueTrack
    recipe: dict
    video: Path
    action: np.ndarray | None = None
    condition: np.ndarray | None = None
    others: tuple[Take, ...] = field(default=(), repr=False)

    @property
    def takes(self) -> tuple[Take, ...]:
        """All takes of the dub, this one first."""
        return (self, *self.others)

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.waveform) / self.sample_rate

    def save(self, path: str | Path) -> Path:
        """Write .mp4 (the source's picture with this sound), .wav or .flac, whole or not at all. Raises CannotWrite.

        The recipe goes along as JSON in the file's comment tag; `read_recipe` takes it out again.
        """
        from a2s.media import mux_soundtrack, write_audio

        path = check_target(path, self.video)
        if path.suffix.lower() == ".mp4":
            mux_soundtrack(self.video, self.waveform, self.sample_rate, path, comment=self._tag())
        else:
            write_audio(path, self.waveform, self.sample_rate, comment=self._tag())
        return path

    def _tag(self) -> str:
        """The recipe without how long things took, so that the same dub is the same file."""
        return json.dumps({name: value for name, value in self.recipe.items() if name != "seconds"})

    def save_recipe(self, path: str | Path) -> Path:
        """Write the recipe as JSON. Raises CannotWrite."""
        from a2s.media.files import whole_file

        with whole_file(path) as part:
            part.write_text(json.dumps(self.recipe, indent=1) + "\n", encoding="utf-8")
        return Path(path)

    def stems(self) -> tuple[np.ndarray, np.ndarray]:
        """(action, ambience), each (n,) float32; written as 24-bit files they add up to the mix, sample for sample.

        The action stem is the same take (seed, cues) rendered again with the low-ambient condition. The ambience is
        what the mix has beyond it (the original soundtrack too, if kept): a difference, not a rendering of its own. The
        two renderings of an impact are alike, not equal, so a trace of each impact stays in the ambience.
        Raises BadSettings when the dub was made without stems.
        """
        if self.action is None:
            raise BadSettings("This take has no stems; dub it with stems=True.")
        mix, action = _whole_steps(self.waveform), _whole_steps(self.action)
        # Both stems stay within full scale, which only touches samples where mix and action have opposite extremes.
        action = np.clip(action, np.maximum(mix, -1) - FULL_SCALE + 1, np.minimum(mix, 0) + FULL_SCALE - 1)
        return (action / FULL_SCALE).astype(np.float32), ((mix - action) / FULL_SCALE).astype(np.float32)

    def save_stems(self, folder: str | Path) -> tuple[Path, Path]:
        """Write action.wav and ambience.wav into a folder, which is made if its parent is there, both or neither.

        Raises CannotWrite.
        """
        deliver(self, stems=folder)
        return stem_paths(folder)


def stem_paths(folder: str | Path) -> tuple[Path, Path]:
    """Where the stems are in their folder."""
    return Path(folder) / "action.wav", Path(folder) / "ambience.wav"


def deliver(take: Take, outs: Sequence[Path] = (), stems: str | Path | None = None, report: Path | None = None) -> None:
    """Write all that a dub leaves: its takes to `outs`, the first one's stems into a folder, its report.

    All are written before any appears under its name, so what fails leaves nothing, and what was there before stays.
    Raises CannotWrite.
    """
    from a2s.media import write_audio
    from a2s.media.files import whole_files

    for out in outs:
        check_target(out, take.video)
    targets = [*outs, *(stem_paths(stems) if stems else ()), *([report] if report else ())]
    with _folder(stems), whole_files(targets) as parts:
        free = iter(parts)
        for one, part in zip(take.takes[: len(outs)], free, strict=False):
            one.save(part)
        for stem, part in zip(take.stems() if stems else (), free, strict=False):
            write_audio(part, stem, take.sample_rate)
        for part in free:
            take.save_recipe(part)


@contextmanager
def _folder(path: str | Path | None) -> Iterator[None]:
    """A folder for as long as nothing fails; one that was there before stays anyway. Raises CannotWrite."""
    made = path is not None and not Path(path).is_dir()
    try:
        if made:
            Path(path).mkdir()
    except OSError as fault:
        raise CannotWrite(f"The folder {path} for the stems cannot be made.") from fault
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):
                Path(path).rmdir()
        raise


def read_recipe(path: str | Path) -> dict:
    """The recipe inside an exported .mp4, .wav or .flac, or in a recipe's own .json, whatever the file is called.

    Raises BadSettings where there is none, TooLarge.
    """
    from a2s.media import read_comment

    path = Path(path)
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_RECIPE_BYTES + 1)
        if not text.lstrip()[:1] == b"{":
            text = read_comment(path)
        if len(text) <= MAX_RECIPE_BYTES:
            recipe = json.loads(text)
            if isinstance(recipe, dict) and isinstance(recipe.get("settings"), dict):
                return recipe
    except (OSError, ValueError, RecursionError, UnreadableAudio):
        pass
    raise BadSettings(f"{path.name} carries no recipe of a2s.")


def _whole_steps(waveform: np.ndarray) -> np.ndarray:
    """What a 24-bit file holds of (n,) float: libsndfile cuts the lower bits off."""
    fine = np.rint(waveform.astype(np.float64) * 256 * FULL_SCALE)
    return np.clip(np.floor(fine / 256), -FULL_SCALE, FULL_SCALE - 1)


def check_target(path: str | Path, video: str | Path | None = None) -> Path:
    """A path that a take may be written to, looked at before any work is done. Raises CannotWrite with the reason."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise CannotWrite(f"{path.name!r} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    if video is not None and path.exists() and Path(video).exists() and os.path.samefile(path, video):
        raise CannotWrite(f"{path} is the video itself; give the result another name.")
    return check_folder(path)


def check_folder(path: Path) -> Path:
    """The path, if a file could be written there. Raises CannotWrite."""
    if not path.parent.is_dir():
        raise CannotWrite(f"There is no folder {path.parent} to write {path.name} into.")
    if path.is_dir():
        raise CannotWrite(f"{path} is a folder; give the name of a file.")
    if not os.access(path.parent, os.W_OK):
        raise CannotWrite(f"The folder {path.parent} may not be written to.")
    return path
