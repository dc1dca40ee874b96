"""Names of the files that `a2s dub` writes for one film or several; all of them are checked before any work."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.dubbing.delivery import FILM_SUFFIXES, SUFFIXES, check_folder, check_new, check_target, stem_paths
from a2s.errors import BadSettings, CannotWrite
from a2s.io import display_name

if TYPE_CHECKING:
    from a2s.editors import PackageOptions

MAX_NAMED_TAKES = 100
"""File names that are checked before `dub` checks the number of takes."""

SAME_FAMILY = {".webm": ".mkv", ".m4v": ".mp4"}
"""Containers that a dub is not written as, and those of their kind."""


@dataclass(frozen=True)
class Wanted:
    """What the options ask for. out: a file, or a `folder`. format: suffix in a folder; None is the film's own.

    package: for editors; a folder of packages for several films, like `report`.
    """

    out: Path
    folder: bool
    stems: Path | None = None
    report: Path | None = None
    takes: int = 1
    format: str | None = None
    package: Path | None = None


@dataclass(frozen=True)
class Target:
    """The files of one film. outs: one for each take. stems: folder."""

    video: Path
    outs: tuple[Path, ...]
    stems: Path | None = None
    report: Path | None = None
    package: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that may be written; the stem `original` is written only where the soundtrack is kept."""
        from a2s.dubbing.stems import NAMES  # keeps `a2s --help` fast: numpy

        return (
            *self.outs,
            *(stem_paths(self.stems, NAMES).values() if self.stems else ()),
            *self._single,
        )

    @property
    def is_finished(self) -> bool:
        """Whether the results, the report and the package exist."""
        return all(path.exists() for path in (*self.outs, *self._single))

    @property
    def _single(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.report, self.package) if path)


def targets_of(videos: Sequence[Path], wanted: Wanted) -> list[Target]:
    """The files of each film; in a folder they have the names of the films. Raises BadSettings, CannotWrite."""
    if len(videos) == 1 and not wanted.folder:
        outs = _take_paths(wanted.out, wanted.takes)
        return [Target(videos[0], outs, wanted.stems, wanted.report, wanted.package)]
    if not wanted.out.is_dir() and wanted.out.suffix.lower() in SUFFIXES:
        raise CannotWrite(f"{display_name(wanted.out)} is one file; give a folder for {len(videos)} videos.")
    several = len(videos) > 1
    found = []
    for video, stem in zip(videos, _stems(videos), strict=True):
        outs = _take_paths(wanted.out / f"{stem}{wanted.format or _suffix_for(video)}", wanted.takes)
        target = Target(video, outs, wanted.stems, wanted.report, wanted.package)
        if several:
            target = replace(
                target,
                stems=wanted.stems and wanted.stems / stem,
                report=wanted.report and wanted.report / f"{stem}.json",
                package=wanted.package and wanted.package / f"{stem}.zip",
            )
        found.append(target)
    return found


def check_targets(targets: Sequence[Target], overwrite: bool, packing: PackageOptions | None = None) -> None:
    """Raises CannotWrite where a file cannot be written, exists without `overwrite`, or has the name of another one.

    packing: options of the packages for editors. Raises BadSettings for a wrong one.
    """
    for target in targets:
        for out in target.outs:
            check_target(out, target.video)
        if target.stems:
            check_folder(target.stems / "action.wav" if target.stems.is_dir() else target.stems)
        if target.report:
            check_folder(target.report)
        if target.package and packing:
            from a2s.editors import check_package  # keeps `a2s --help` fast: numpy

            check_package(target.package, packing)
    counts = Counter(os.path.abspath(path) for target in targets for path in target.files)
    twice = [path for path, count in counts.items() if count > 1]
    if twice:
        raise CannotWrite(f"Two results would have the name {display_name(Path(twice[0]).name)}; rename one of them.")
    check_new([path for target in targets for path in target.files], overwrite)


@contextmanager
def new_folders(targets: Sequence[Target], wanted: Wanted) -> Iterator[None]:
    """The folders of several films' files. New ones are removed at the end where nothing was written into them."""
    folders = [wanted.out] if wanted.folder or len(targets) > 1 else []
    if len(targets) > 1:
        folders += [folder for folder in (wanted.stems, wanted.report, wanted.package) if folder]
    made: list[Path] = []
    try:
        for folder in folders:
            if not folder.is_dir():
                _make(folder)
                made.append(folder)
        yield
    finally:
        for folder in reversed(made):
            with suppress(OSError):  # it holds a result
                folder.rmdir()


def formats() -> str:
    """The names that `read_format` takes."""
    return "|".join(suffix[1:] for suffix in SUFFIXES)


def read_format(text: str | None) -> str | None:
    """The suffix of a format's name. Raises BadSettings."""
    if text is None:
        return None
    suffix = f".{text.strip().lower().removeprefix('.')}"
    if suffix not in SUFFIXES:
        raise BadSettings(f"--format must be one of {formats().replace('|', ', ')}, not {text[:40]!r}.")
    return suffix


def _make(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileNotFoundError:
        raise CannotWrite(f"There is no folder {display_name(folder.parent)} to make {folder.name} in.") from None
    except OSError as error:
        raise CannotWrite(f"The folder {display_name(folder)} cannot be made: {error.strerror}.") from error


def _take_paths(path: Path, takes: int) -> tuple[Path, ...]:
    """out.mp4, out-2.mp4, out-3.mp4, ..."""
    more = range(2, min(takes, MAX_NAMED_TAKES) + 1)
    return (path, *(path.with_name(f"{path.stem}-{number}{path.suffix}") for number in more))


def _suffix_for(video: Path) -> str:
    """The film's own container where a dub can be written in it, else one of its kind, else mp4."""
    suffix = video.suffix.lower()
    suffix = SAME_FAMILY.get(suffix, suffix)
    return suffix if suffix in FILM_SUFFIXES else FILM_SUFFIXES[0]


def _stems(videos: Sequence[Path]) -> list[str]:
    """A name for each film: its own; where two are equal, with its suffix or its folder. Raises BadSettings."""
    paths = [video.resolve() for video in videos]
    names = [path.stem for path in paths]
    if len(set(paths)) < len(paths):
        twice = next(path for path, count in Counter(paths).items() if count > 1)
        raise BadSettings(f"{display_name(twice.name)} is given twice.")
    counts, longer = Counter(names), names
    for form in ("{stem}-{kind}", "{folder}-{stem}", "{folder}-{stem}-{kind}"):
        if len(set(longer)) == len(longer):
            break
        longer = [
            form.format(stem=path.stem, kind=path.suffix[1:], folder=path.parent.name) if counts[name] > 1 else name
            for name, path in zip(names, paths, strict=True)
        ]
    return longer
