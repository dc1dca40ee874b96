"""Finished windows on disk, so that a dub that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from a2s.errors import BadSettings, CannotWrite
from a2s.media.files import shown, whole_file

try:
    import fcntl
except ImportError:  # no such locks there; two dubs into one file are then nobody's business
    fcntl = None

_LOCK, _IDENTITY = "lock", "dub.json"


class WindowCheckpoints:
    """A hidden folder beside the file that a dub will be, in use for as long as this is open as a context.

    resume: go on from the windows that lie there, and leave them when the dub is stopped by an error or by hand, so
    that it can be taken up again. Without it what lies there is thrown away, and nothing stays unless the process is
    killed. After success nothing stays either way.
    """

    def __init__(self, out: str | Path, resume: bool = False):
        out = Path(out)
        name = out.name if len(os.fsencode(out.name)) < 200 else hashlib.sha256(os.fsencode(out.name)).hexdigest()
        self.out, self.folder, self.resume = out, out.parent / f".{name}.windows", resume
        self._lock = None

    def __enter__(self) -> WindowCheckpoints:
        return self

    def __exit__(self, kind, *_) -> None:
        if self._lock is None:
            return
        if kind is None or not self.resume:
            self._clear()
            (self.folder / _LOCK).unlink(missing_ok=True)
            self._remove()
        self._lock.close()
        self._lock = None

    def claim(self, identity: dict) -> None:
        """Begin a dub. identity: JSON of all that shapes its windows; its keys are read by a person.

        Raises BadSettings where resuming finds windows of another dub, saying what differs, or where another process
        writes to the same file; CannotWrite.
        """
        identity = json.loads(json.dumps(identity))
        try:
            self.folder.mkdir(exist_ok=True)
            self._lock = open(self.folder / _LOCK, "wb")
        except OSError as fault:
            self._remove()
            reason = fault.strerror or "the disk refuses"
            raise CannotWrite(f"Nothing can be written beside {shown(self.out)}: {reason}.") from fault
        self._alone()
        before = self._identity() if self.resume else None
        if before is not None and (differing := _differing(before, identity)):
            raise BadSettings(
                f"The windows kept for {shown(self.out.name)} are of another dub: {differing}. Ask for the same again,"
                " or leave --resume out to begin anew."
            )
        if before is None:
            self._clear()
            with whole_file(self.folder / _IDENTITY) as part:
                part.write_text(json.dumps(identity, indent=1) + "\n", encoding="utf-8")

    def load(self, name: str) -> tuple[np.ndarray, np.ndarray] | None:
        """(mels, latents) of a window that was kept, as they were; None where there is none or it cannot be read."""
        try:
            with np.load(self.folder / f"{name}.npz", allow_pickle=False) as file:
                return file["mels"], file["latents"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, name: str, mels: np.ndarray, latents: np.ndarray) -> None:
        """Keep a window, whole or not at all. Raises CannotWrite."""
        data = io.BytesIO()
        np.savez(data, mels=mels, latents=latents)
        with whole_file(self.folder / f"{name}.npz") as part:
            part.write_bytes(data.getbuffer())

    def _alone(self) -> None:
        """Raises BadSettings while another process has the folder."""
        try:
            if fcntl:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            self._lock = None
            raise BadSettings(f"Another dub is being written to {shown(self.out)} just now.") from None

    def _identity(self) -> dict | None:
        """What the windows that lie here are of; None where nobody can tell."""
        try:
            read = json.loads((self.folder / _IDENTITY).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return read if isinstance(read, dict) else None

    def _remove(self) -> None:
        """The folder itself, unless somebody put something else there."""
        with suppress(OSError):
            self.folder.rmdir()

    def _clear(self) -> None:
        """Remove what this class has written here, what a kill left half-written included; nothing else."""
        (self.folder / _IDENTITY).unlink(missing_ok=True)
        for path in (*self.folder.glob("*.npz"), *self.folder.glob(".*.part")):
            path.unlink(missing_ok=True)


def _differing(before: dict, now: dict) -> str:
    """The first thing that differs, in words; "" where nothing does."""
    for name in now | before:
        was, is_ = before.get(name), now.get(name)
        if was != is_:
            told = all(isinstance(value, int | float) for value in (was, is_))
            return f"{name} was {was:g} and is {is_:g}" if told else f"{name} differs"
    return ""
