"""A visit is one open page: its own folder, what was read in it, what was made in it. When it ends, all of it goes."""

from __future__ import annotations

import atexit
import logging
import os
import re
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.errors import A2SError, TooLarge
from a2s.settings import LIMITS
from a2s.ui.text import NO_ROOM

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.cues import CueTrack
    from a2s.media import VideoInfo
    from a2s.ui.compare.listening_session import ListeningSession
    from a2s.ui.dub.ambience import OwnRecording
    from a2s.ui.dub.recipe import Restored
    from a2s.ui.dub.results import Result
    from a2s.ui.dub.scene_changes import SceneChange
    from a2s.vision import Motion

log = logging.getLogger("a2s.ui")

LONGEST_IDLE = LIMITS.max_idle_seconds
"""Seconds after which a visit that nobody uses is removed, should the browser never say goodbye."""

GRACE = LIMITS.max_away_seconds
"""Seconds between a browser's goodbye and the removal: who loses the connection for a moment keeps the work."""

KEPT_TAKES = LIMITS.max_kept_takes
"""Takes a visit keeps; the oldest goes when there is one more."""


@dataclass
class Visit:
    """State of one open page. In `folder` the server chooses all names; what the visitor calls the clip is `name`.

    track: the cues that the machine saw. model: whose eyes saw the place, as the engine names it. chosen: an ambience's
    id in `bank` (None: the bank that comes along), or OWN for `own`; by_hand: whether a person chose it, else it is
    that model's best; changes: the same by the time, s, from which on the film is in another place; cuts: where it
    seems to be.
    answers: of the listening test, over all clips; booth: of this clip.
    takes: all that were made of this clip, oldest first; made: how many there have ever been. uploads: where gradio put
    what came, and what was found there (see `_mark`). root: what all visits share, where there are others.
    """

    folder: Path
    name: str = "clip"
    picture: Path | None = None
    info: VideoInfo | None = None
    motion: Motion | None = None
    track: CueTrack | None = None
    model: str | None = None
    chosen: str | None = None
    by_hand: bool = False
    cuts: tuple[SceneChange, ...] = ()
    changes: dict[float, str] = field(default_factory=dict)
    own: OwnRecording | None = None
    bank: AmbientBank | None = None
    takes: list[Result] = field(default_factory=list)
    made: int = 0
    seed: int | None = None
    restored: Restored | None = None
    booth: ListeningSession | None = None
    answers: list[dict] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)
    uploads: dict[Path, tuple[int, int]] = field(default_factory=dict)
    used: float = field(default_factory=time.monotonic)
    leaving: threading.Timer | None = None
    counter: int = 0
    root: Path | None = None

    def receive(self, upload: str | Path, kind: str) -> Path:
        """Take an upload into the visit under a name of our own, without copying where the disk allows."""
        upload = Path(upload)
        if not upload.is_file():
            raise A2SError("The file did not arrive; send it once more.")
        if upload.stat().st_size > LIMITS.max_bytes:
            raise TooLarge(f"The file is larger than {LIMITS.max_bytes // 2**20} MB.")
        target = self.next_path(kind)
        try:
            os.link(upload, target)
            self.uploads[upload] = _mark(target)
        except OSError:
            self.uploads[upload] = _mark(upload)
            shutil.copyfile(upload, target)
        return target

    def need_room(self, coming: int = 0) -> None:
        """Raises TooLarge where `coming` bytes more are too many for what all visits together may store."""
        if self.root is not None and not has_room(self.root, coming):
            raise TooLarge(NO_ROOM)

    def next_path(self, kind: str, suffix: str = "") -> Path:
        """A name in the folder that was never used. Raises TooLarge where there is no room for another file."""
        self.need_room()
        self.counter += 1
        return self.folder / f"{kind}-{self.counter}{suffix}"

    def load(self, picture: Path, name: str) -> None:
        """Begin with another picture; what was made of the one before goes, but neither own ambiences nor answers."""
        if self.picture is not None:
            self.picture.unlink(missing_ok=True)
        self.picture, self.name = picture, name
        self.info = self.motion = self.track = self.restored = None
        self.cuts = ()
        self.changes = {}
        if self.booth is not None:
            shutil.rmtree(self.booth.folder, ignore_errors=True)
            self.booth = None
        while self.takes:
            self._drop_oldest()
        self.made = 0
        self.chosen, self.by_hand = None, False

    def choose(self, clip: str) -> None:
        """A person chose this ambience: it stays, whatever a model finds best."""
        self.chosen, self.by_hand = clip, True

    def keep(self, result: Result) -> None:
        """One take more; beyond KEPT_TAKES the oldest goes."""
        self.takes.append(result)
        self.made += 1
        while len(self.takes) > KEPT_TAKES:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        shutil.rmtree(self.takes.pop(0).video.parent, ignore_errors=True)

    def need_picture(self) -> Path:
        if self.picture is None:
            raise A2SError("Choose a video first: upload one or take an example.")
        return self.picture


def _mark(file: Path) -> tuple[int, int] | None:
    """Tells one file from another that came to the same place later: a rename changes neither number."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def plain_name(name: str) -> str:
    """What is left of a visitor's file name when only letters, digits, - and _ may stay; used for downloads only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem).strip("-")[:40] or "clip"


def stored_bytes(folder: Path) -> int:
    """What all files below a folder take on the disk; one with two names counts once."""
    total = 0
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except OSError:  # another visit's, gone meanwhile
            continue
        if stat.S_ISREG(status.st_mode):
            total += status.st_size // status.st_nlink
    return total


def has_room(root: Path, coming: int = 0) -> bool:
    """Whether what is stored below the root, and `coming` bytes more, stay within the limit."""
    return stored_bytes(root) + coming <= LIMITS.max_stored_bytes


class Visits:
    """All visits of this process, by the session that gradio names. The root also holds gradio's own upload folder."""

    def __init__(self, root: str | Path | None = None, grace: float = GRACE) -> None:
        self.root = Path(root or tempfile.mkdtemp(prefix="a2s-"))
        self.grace = grace
        self._visits: dict[str, Visit] = {}
        self._lock = threading.RLock()
        atexit.register(shutil.rmtree, self.root, ignore_errors=True)

    def of(self, session: str | None) -> Visit:
        """The visit of a session, begun if it is new; one that was leaving stays."""
        key = session or f"nobody-{secrets.token_hex(8)}"
        with self._lock:
            self.sweep()
            if key not in self._visits:
                folder = self.root / "visits" / secrets.token_hex(16)
                folder.mkdir(parents=True)
                self._visits[key] = Visit(folder, root=self.root)
            visit = self._visits[key]
            visit.used = time.monotonic()
            if visit.leaving:
                visit.leaving.cancel()
                visit.leaving = None
            return visit

    def find(self, session: str | None) -> Visit | None:
        """The visit of a session, if there is one."""
        return self._visits.get(session or "")

    def leave(self, session: str | None) -> None:
        """The browser said goodbye: what is computed is stopped, for nobody would be told, and the visit ends unless it
        comes back within the grace."""
        with self._lock:
            visit = self._visits.get(session or "")
            if visit:
                visit.cancel.set()
            if visit and not visit.leaving:
                visit.leaving = threading.Timer(self.grace, self.end, [session])
                visit.leaving.daemon = True
                visit.leaving.start()

    def end(self, session: str) -> None:
        """Stop what the visit computes and remove its files."""
        with self._lock:
            visit = self._visits.pop(session, None)
            if visit:
                self._remove_uploads(visit)
        if visit:
            visit.picture = None
            visit.cancel.set()
            shutil.rmtree(visit.folder, ignore_errors=True)

    def _remove_uploads(self, visit: Visit) -> None:
        """Take away what gradio stored for a visit. It stores equal files of two visitors in one place, so what another
        visit has, or one has just sent that is not read yet, stays."""
        for upload, mark in list(visit.uploads.items()):
            others = [other for other in self._visits.values() if upload in other.uploads]
            if others and _mark(upload) == mark:
                others[0].uploads[upload] = mark  # the last one of them takes it away
            elif not others and upload.is_relative_to(self.root) and _mark(upload) == mark:
                upload.unlink(missing_ok=True)

    def sweep(self) -> None:
        """End the visits that nobody has used for an hour."""
        now = time.monotonic()
        with self._lock:
            idle = [key for key, visit in self._visits.items() if now - visit.used > LONGEST_IDLE]
        for session in idle:
            log.info("a visit was idle for an hour and is removed")
            self.end(session)

    def sweep_every(self, seconds: float) -> Callable[[], None]:
        """Sweep from now on also while nobody comes. Returns what ends that."""
        ended = threading.Event()

        def sweeping() -> None:
            while not ended.wait(seconds):
                self.sweep()
                self._sweep_litter(seconds)

        threading.Thread(target=sweeping, daemon=True, name="a2s-sweep").start()
        return ended.set

    def _sweep_litter(self, seconds: float) -> None:
        """gradio leaves an empty file behind for every file that a program sends, and half a file for an upload that
        broke off. The former go when older than this, the latter when nothing more came for as long as a visit waits.
        """
        for file in self.root.glob("tmp*"):
            with suppress(OSError):
                status = file.stat()
                if time.time() - status.st_mtime > (LONGEST_IDLE if status.st_size else seconds):
                    file.unlink()
