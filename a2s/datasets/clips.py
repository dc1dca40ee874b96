"""Clips of public data sets: what every reader yields, and the rows and files that it leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from a2s.errors import BadSettings

CLIP_SECONDS = 3.0
"""Length of a clip of Ego4D-Sounds, and of a window of the models."""

VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v")


@dataclass(frozen=True)
class Clip:
    """A stretch of a video file.

    key: unique in its data set. file: a short clip or a long video. start, seconds: of the stretch, s. text: narration
    or label. video: name of the long video that the clip is from; clips of one video have one place.
    """

    key: str
    file: Path
    start: float = 0.0
    seconds: float = CLIP_SECONDS
    text: str = ""
    video: str = ""

    @property
    def end(self) -> float:
        """End of the stretch, s."""
        return self.start + self.seconds


@dataclass
class Skipped:
    """Rows and files that a reader left out: how many for each reason, and the first ones by name.

    listed: (reason, name, detail), at most `most` of each reason.
    """

    most: int = 1000
    counts: Counter[str] = field(default_factory=Counter)
    listed: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, reason: str, name: str, detail: str = "", times: int = 1) -> None:
        """Count one more, or as many as `times`. reason: a short phrase, the same for all of a kind."""
        if self.counts[reason] < self.most:
            self.listed.append((reason, name, detail))
        self.counts[reason] += times

    @property
    def total(self) -> int:
        """All that was left out."""
        return self.counts.total()


def inside(folder: Path, name: str) -> Path | None:
    """The file `name` below `folder`; None for a name that leads out of it. Tables come from elsewhere."""
    relative = PurePosixPath(name)
    if not name or relative.is_absolute() or ".." in relative.parts or "\0" in name:
        return None
    return folder / relative


def around(moment: float, duration: float | None, seconds: float = CLIP_SECONDS) -> float:
    """Start (s) of the clip around `moment`, moved inside a video of `duration` s at its ends (Ego4D-Sounds)."""
    last = max(0.0, (duration or float("inf")) - seconds)
    return min(max(0.0, moment - seconds / 2), last)


def find_videos(folder: Path) -> dict[str, Path]:
    """The video files below a folder by their id, in order of their names.

    The id is the path below the folder without its suffix; `__` stands for `/`, so that it is one name.
    Raises BadSettings where there is no such folder, and for two files with one id.
    """
    if not folder.is_dir():
        raise BadSettings(f"There is no folder {folder}.")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.suffix.lower() not in VIDEO_SUFFIXES or any(part.startswith(".") for part in below.parts):
            continue
        name = "__".join(below.with_suffix("").parts)
        if name in found:
            raise BadSettings(f"{found[name]} and {path} have one id, {name!r}; rename one of them.")
        found[name] = path
    return found


def existing(clips: Iterable[Clip], skipped: Skipped) -> Iterator[Clip]:
    """The clips whose file exists; the others are counted."""
    for clip in clips:
        if clip.file.is_file():
            yield clip
        else:
            skipped.add("missing file", str(clip.file), clip.key)


def number(row: Mapping[str, str], name: str, default: float | None = None) -> float:
    """A finite number of a row; `default` where it is empty. Raises ValueError, which names the column."""
    text = (row.get(name) or "").strip()
    if not text and default is not None:
        return default
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is {text[:40]!r}, not a number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{name} is {text[:40]!r}, not a finite number")
    return value
