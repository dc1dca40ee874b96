"""Finished windows on disk, so that a dub that was killed can be resumed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from a2s.errors import BadSettings, CannotWrite
from a2s.io import atomic_file, display_name, write_json

try:
    import fcntl
except ImportError:  # no such locks on this system; two dubs into one file are not detected there
    fcntl = None  # type: ignore[assignment]

_LOCK, _IDENTITY = "lock", "dub.json"


@dataclass(frozen=True)
class DubIdentity:
    """Everything that shapes the windows of a dub. Windows are resumed only by a dub of the same identity.

    versions: of a2s and torch. video, model: SHA-256. cues: JSON values. ambience: for each place its time, and the
    SHA-256 of its condition and of the low-ambient one. stretch: the dubbed part, s; None is all of the film.
    """

    versions: tuple[str, str]
    video: str
    model: str | None
    cues: dict[str, Any]
    ambience: tuple[tuple[float, str, str], ...]
    stems: bool
    threads: int
    takes: int
    first_take: int
    seed: int
    steps: int
    guidance_scale: float
    overlap_seconds: float
    stretch: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return json.loads(json.dumps(asdict(self)))

    def difference(self, before: dict[str, Any]) -> str:
        """A clause that names the first value that differs from those of another dub; "" where none does."""
        for name, value in self.to_dict().items():
            other = before.get(name)
            if other != value:
                numbers = all(isinstance(each, int | float) for each in (other, value))
                what = _NAMES.get(name, f"the {name.replace('_', ' ')}")
                return f"{what} was {other:g} and is {value:g}" if numbers else f"{what} differs"
        return ""


_NAMES = {
    "versions": "the version of a2s or torch",
    "cues": "the cue track",
    "stems": "the choice of stems",
    "stretch": "the dubbed stretch",
    "threads": "the number of threads",
}


class WindowCheckpoints:
    """A hidden folder beside the file that a dub will write, in use while this context is open.

    resume: continue from the windows in the folder, and keep them if the dub is stopped by an error or by hand. Without
    it, older windows are removed, and new ones stay only if the process is killed. After success nothing stays.
    """

    def __init__(self, out: str | os.PathLike, resume: bool = False):
        out = Path(out)
        name = out.name if len(os.fsencode(out.name)) < 200 else hashlib.sha256(os.fsencode(out.name)).hexdigest()
        self.out, self.folder, self.resume = out, out.parent / f".{name}.windows", resume
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> WindowCheckpoints:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._lock is None:
            return
        if kind is None or not self.resume:
            self._clear()
            (self.folder / _LOCK).unlink(missing_ok=True)
            self._remove()
        self._lock.close()
        self._lock = None

    def claim(self, identity: DubIdentity) -> None:
        """Begin a dub.

        Raises BadSettings where the windows to be resumed belong to another dub, and names what differs; BadSettings
        where another process writes to the same file; CannotWrite.
        """
        try:
            self.folder.mkdir(exist_ok=True)
            self._lock = open(self.folder / _LOCK, "wb")
        except OSError as error:
            self._remove()
            reason = error.strerror or "the disk refuses"
            raise CannotWrite(f"Nothing can be written beside {display_name(self.out)}: {reason}.") from error
        self._lock_folder(self._lock)
        before = self._identity() if self.resume else None
        if before is not None and (difference := identity.difference(before)):
            raise BadSettings(
                f"The windows stored for {display_name(self.out.name)} are of another dub: {difference}. Repeat the"
                " same request, or start anew without --resume."
            )
        if before is None:
            self._clear()
            write_json(self.folder / _IDENTITY, identity.to_dict())

    def load(self, name: str) -> tuple[np.ndarray, np.ndarray] | None:
        """(mels, latents) of a stored window; None where there is none or it cannot be read."""
        try:
            with np.load(self.folder / f"{name}.npz", allow_pickle=False) as file:
                return file["mels"], file["latents"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, name: str, mels: np.ndarray, latents: np.ndarray) -> None:
        """Store a window, atomically. Raises CannotWrite."""
        data = io.BytesIO()
        np.savez(data, mels=mels, latents=latents)
        with atomic_file(self.folder / f"{name}.npz") as part:
            part.write_bytes(data.getbuffer())

    def _lock_folder(self, lock: IO[bytes]) -> None:
        """Raises BadSettings while another process uses the folder."""
        try:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            self._lock = None
            raise BadSettings(f"Another dub is being written to {display_name(self.out)} now.") from None

    def _identity(self) -> dict[str, Any] | None:
        """The identity of the stored windows, None where it cannot be read."""
        try:
            read = json.loads((self.folder / _IDENTITY).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return read if isinstance(read, dict) else None

    def _remove(self) -> None:
        """Remove the folder, unless it holds other files."""
        with suppress(OSError):
            self.folder.rmdir()

    def _clear(self) -> None:
        """Remove the files that this class writes, also half-written ones; nothing else."""
        (self.folder / _IDENTITY).unlink(missing_ok=True)
        for path in (*self.folder.glob("*.npz"), *self.folder.glob(".*.part")):
            path.unlink(missing_ok=True)
