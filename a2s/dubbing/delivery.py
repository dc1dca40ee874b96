"""The files of a dub: all of them are written before any of them appears."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.dubbing.origin import broadcasts
from a2s.dubbing.progress import WRITING, Progress
from a2s.errors import CannotWrite
from a2s.io import atomic_files, display_name

if TYPE_CHECKING:
    from a2s.dubbing.progress import Watcher
    from a2s.dubbing.take import Take
    from a2s.media import MuxReport, VideoInfo
    from a2s.media.picture_table import PictureChoice

FILM_SUFFIXES = (".mp4", ".mov", ".mkv")
SUFFIXES = (*FILM_SUFFIXES, ".wav", ".flac")

GENERATING, SOUNDS = 0.5, 0.01
"""Seconds on two cores for a second of film: of a dub with the compact model; of writing a sound."""
COPIED, ENCODED = 100e6, 20e6
"""Bytes of a copied picture and pixels of an encoded one that are written in a second on two cores."""


@dataclass(frozen=True)
class Delivered:
    """muxed: what became of the film's streams; None where no film was written. seconds: that the writing took."""

    muxed: MuxReport | None
    seconds: float


def deliver(
    take: Take,
    outs: Sequence[Path] = (),
    stems: str | os.PathLike | None = None,
    report: Path | None = None,
    package: tuple[Path, Callable[[Path], object]] | None = None,
    picture: PictureChoice = "copy",
    watcher: Watcher | None = None,
) -> Delivered:
    """Write the takes of a dub to `outs`, the stems of the first one into a folder, its report and its package.

    package: the path of a package for editors, and a function that writes one to the path that it receives.
    No file appears under its name until all are written, so a failure leaves nothing new, and older files stay.
    picture: as in `Take.save`. watcher: of the dub; it receives the stage "writing" and may cancel.
    Raises CannotWrite, Cancelled.
    """
    from a2s.media import write_sounds  # keeps `import a2s` fast: PyAV

    for out in outs:
        check_target(out, take.video)
    named = stem_paths(stems, take.stems) if stems else {}
    targets = [*outs, *named.values(), *([report] if report else ()), *([package[0]] if package else ())]
    progress = Progress(watcher)
    progress.enter(WRITING)
    with _folder(stems), atomic_files(targets) as parts:
        free, muxed = iter(parts), None
        for index, (one, part) in enumerate(zip(take.takes[: len(outs)], free, strict=False)):
            muxed = one.write(part, picture, progress.estimated(index, len(outs))) or muxed
        if named:
            files = dict(zip(named, free, strict=False))
            about = broadcasts(files, take.origin, take.report)
            write_sounds(files, take.stems.soundtrack(), take.seconds, None, take.limits, about)
        report_part = next(free) if report else None
        if package:
            package[1](next(free))
        progress.finish()
        if report_part:
            take.save_report(report_part, muxed, progress.seconds)
    return Delivered(muxed, progress.seconds[WRITING])


def writing_share(info: VideoInfo, outs: Sequence[Path], picture: PictureChoice) -> float:
    """The part of a dub, 0 to 1, that writing its files is assumed to take, for `Watcher.writing`."""
    from a2s.media.picture_table import holds  # keeps `import a2s` fast: PyAV

    generating = 5.0 + GENERATING * info.duration
    writing = 0.5 + SOUNDS * info.duration * len(outs)
    for out in outs:
        if out.suffix.lower() in FILM_SUFFIXES:
            copied = picture == "copy" and holds(out.suffix.lower()[1:], info.codec)
            writing += info.size_bytes / COPIED if copied else info.frames * info.width * info.height / ENCODED
    return writing / (generating + writing)


def stem_paths(folder: str | os.PathLike, names: Iterable[str]) -> dict[str, Path]:
    """The paths of the stems in their folder, by name."""
    return {name: Path(folder) / f"{name}.wav" for name in names}


def check_target(path: str | os.PathLike, video: str | os.PathLike | None = None) -> Path:
    """The path, if a take could be written to it; checked before any work. Raises CannotWrite with the reason."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise CannotWrite(f"{path.name!r} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    if video is not None and path.exists() and Path(video).exists() and os.path.samefile(path, video):
        raise CannotWrite(f"{path} is the video itself; give the result another name.")
    return check_folder(path)


def check_folder(path: Path) -> Path:
    """The path, if a file could be written to it. Raises CannotWrite."""
    if not path.parent.is_dir():
        raise CannotWrite(f"There is no folder {path.parent} to write {path.name} into.")
    if path.is_dir():
        raise CannotWrite(f"{path} is a folder; give the name of a file.")
    if not os.access(path.parent, os.W_OK):
        raise CannotWrite(f"The folder {path.parent} may not be written to.")
    return path


def check_new(paths: Sequence[Path], overwrite: bool = False) -> None:
    """Raises CannotWrite where one of the files exists, unless it may be replaced."""
    existing = [] if overwrite else [path for path in paths if path.exists()]
    if existing:
        more = f" and {len(existing) - 1} more exist" if len(existing) > 1 else " exists"
        raise CannotWrite(f"{display_name(existing[0])}{more} already; --overwrite replaces what exists.")


@contextmanager
def _folder(path: str | os.PathLike | None) -> Iterator[None]:
    """A folder that is removed after an error, unless it existed before. Raises CannotWrite."""
    new = None if path is None or Path(path).is_dir() else Path(path)
    try:
        if new:
            new.mkdir()
    except OSError as error:
        raise CannotWrite(f"The folder {path} for the stems cannot be made.") from error
    try:
        yield
    except BaseException:
        if new:
            with suppress(OSError):
                new.rmdir()
        raise
