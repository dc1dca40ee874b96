"""What a job has finished: one JSON file per item, written when all outputs of the item are in place.

A run that is repeated, or a worker that replaces a killed one, reads it and does nothing for those items. An item whose
worker was killed `MAX_ATTEMPTS` times counts as failed, so that one bad file cannot end workers for ever.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from a2s.errors import BadSettings, CannotWrite
from a2s.io import display_name, write_json

JOB, DONE, ATTEMPTS = "job.json", "done", "attempts"

MAX_ATTEMPTS = 3
"""Times that an item may end its worker: memory that the system refuses, or a crash of a library."""


@dataclass(frozen=True)
class Item:
    """One unit of work. key: of everything that shapes its output. name: for messages. data: for the work, as JSON."""

    key: str
    name: str
    data: Any


@dataclass(frozen=True)
class Result:
    """What became of an item. error: why it failed, "" for none. bug: it failed for a reason that is no A2SError.

    facts: JSON values of the work; `outputs` names the files of the item, relative to the job's folder. repeated: the
    result was there before.
    """

    key: str
    name: str
    facts: dict[str, Any]
    seconds: float = 0.0
    error: str = ""
    bug: bool = False
    repeated: bool = False


def key_of(*parts: object) -> str:
    """32 hex digits for JSON values; equal values give equal keys."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return sha256(text.encode()).hexdigest()[:32]


def file_identity(path: Path) -> tuple[int, int]:
    """(bytes, time of the last change in ns): what a key takes for a file, without reading terabytes."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


class Store:
    """The folder of a job. Workers on all machines share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, folder: Path, kind: str) -> Store:
        """The store in a new or empty folder, or the one of an earlier run of the same kind of job.

        Raises CannotWrite for a folder with other files, which a job must not overwrite, and BadSettings for another
        kind of job.
        """
        job = folder / JOB
        if job.is_file():
            found = json.loads(job.read_text(encoding="utf-8")).get("kind")
            if found != kind:
                raise BadSettings(f"{display_name(folder)} holds a job of kind {found}, not {kind}.")
            return cls(folder)
        try:
            folder.mkdir(exist_ok=True)
            if any(folder.iterdir()):
                raise CannotWrite(f"The folder {display_name(folder)} is not empty and holds no job of {kind}.")
        except OSError as error:
            raise CannotWrite(f"The folder {display_name(folder)} cannot be made: {error.strerror}.") from None
        write_json(job, {"kind": kind})
        return cls(folder)

    def result(self, item: Item) -> Result | None:
        """The result of an item that is finished; None for one that is not, or whose outputs are no longer there."""
        try:
            values = json.loads(self._done(item.key).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if not all((self.folder / name).is_file() for name in values["facts"].get("outputs", ())):
            return None
        return Result(**values | {"repeated": True})

    def begin(self, item: Item) -> bool:
        """Record one more attempt at an item; False when it has had all of them."""
        folder = self._attempts(item.key)
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(MAX_ATTEMPTS):
            try:
                os.close(os.open(folder / str(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                continue
            return True
        return False

    def finish(self, result: Result) -> None:
        """Record the result, after all outputs of the item are in place; atomic."""
        done = self._done(result.key)
        done.parent.mkdir(parents=True, exist_ok=True)
        values = {name: value for name, value in vars(result).items() if name != "repeated"}
        write_json(done, values, indent=None)
        shutil.rmtree(self._attempts(result.key), ignore_errors=True)

    def forget_attempts(self) -> None:
        """Remove the records of attempts at all items."""
        shutil.rmtree(self.folder / ATTEMPTS, ignore_errors=True)

    def forget_failures(self) -> int:
        """Remove the results of failed items, so that they run again. Returns their number."""
        failed = [path for path in self._results() if json.loads(path.read_text(encoding="utf-8"))["error"]]
        for path in failed:
            path.unlink()
        return len(failed)

    def _results(self) -> Iterator[Path]:
        return (path for path in (self.folder / DONE).glob("*/*.json"))

    def _done(self, key: str) -> Path:
        return self.folder / DONE / key[:2] / f"{key}.json"

    def _attempts(self, key: str) -> Path:
        return self.folder / ATTEMPTS / key
