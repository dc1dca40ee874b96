"""Dub many films."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2s.datasets.clips import find_videos
from a2s.errors import BadSettings
from a2s.scale.engine import Run
from a2s.scale.store import Item, file_identity, key_of
from a2s.settings import DubSettings, Limits

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines import AVLDMPipeline

VERSION = 1
"""Part of every key."""


@dataclass(frozen=True)
class DubWork:
    """out: the job's folder; dubs lie below it as films lie below theirs. bank: a folder; None is the usual one."""

    out: Path
    settings: DubSettings
    model: str
    bank: Path | None
    limits: Limits
    threads: int = 1

    def open(self) -> Run:
        """Load the model and the bank. Raises WeightsMissing, BankError."""
        from a2s.dubbing.analysis import load_bank
        from a2s.weights import load_model

        pipe = load_model(self.model)
        return _Dubber(self, pipe, load_bank(self.bank, pipe))

    def items(self, films: dict[str, Path]) -> Iterator[Item]:
        """An item for each film. films: by the path of their dub below `out`."""
        from a2s.weights import fingerprint, resolve_model

        model = fingerprint(resolve_model(self.model))
        shaped_by = asdict(self.settings), model, str(self.bank), self.threads, VERSION
        for name, path in films.items():
            data = {"film": str(path), "out": name}
            yield Item(key_of(name, file_identity(path), shaped_by), name, data)


class _Dubber:
    """The work on a worker: one film at a time; the model stays loaded."""

    def __init__(self, work: DubWork, pipe: AVLDMPipeline, bank: AmbientBank) -> None:
        self.work, self.pipe, self.bank = work, pipe, bank

    def __call__(self, item: Item) -> dict[str, Any]:
        """outputs: the dub and its report. seconds: of the film. cues: their number. lufs: loudness of the mix."""
        from a2s.dubbing.delivery import deliver
        from a2s.dubbing.job import dub
        from a2s.vision.video import Video

        film = Video(item.data["film"], limits=self.work.limits)
        out = self.work.out / item.data["out"]
        out.parent.mkdir(parents=True, exist_ok=True)
        take = dub(film, self.work.settings, self.pipe, self.bank, threads=self.work.threads)
        deliver(take, [out], report=out.with_suffix(".json"))
        return {
            "outputs": [item.data["out"], Path(item.data["out"]).with_suffix(".json").as_posix()],
            "seconds": round(film.info.duration, 3),
            "cues": len(take.cues),
            "lufs": round(take.report.loudness.lufs, 2),
        }


def films_of(sources: list[Path], suffix: str = ".mp4") -> dict[str, Path]:
    """Films by the relative path of their dub: files by their name, and all videos below folders by their path there.

    Raises BadSettings for a source that does not exist, and for two films with one dub.
    """
    found: dict[str, Path] = {}
    for source in sources:
        if source.is_dir():
            films = {
                path.relative_to(source).with_suffix(suffix).as_posix(): path for path in find_videos(source).values()
            }
        elif source.is_file():
            films = {source.with_suffix(suffix).name: source}
        else:
            raise BadSettings(f"There is no film or folder {source}.")
        for name, path in films.items():
            if name in found:
                raise BadSettings(f"{found[name]} and {path} would both become {name}; dub them into two folders.")
            found[name] = path
    if not found:
        raise BadSettings("There is no film to dub.")
    return found
