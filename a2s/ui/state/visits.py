"""All visits of this process, by gradio's session. When a visit ends, its files are removed."""

from __future__ import annotations

import atexit
import logging
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from a2s.settings import Limits
from a2s.ui.state.visit import Visit, file_identity

log = logging.getLogger("a2s.ui")


class Visits:
    """Finds, begins and ends visits. `root` also holds gradio's own upload folder."""

    def __init__(self, root: str | Path | None = None, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.root = Path(root or tempfile.mkdtemp(prefix="a2s-"))
        self._visits: dict[str, Visit] = {}
        self._lock = threading.RLock()
        atexit.register(shutil.rmtree, self.root, ignore_errors=True)

    def of(self, session: str | None) -> Visit:
        """The visit of a session, begun if it is new. A visit whose browser was away stays."""
        key = session or f"nobody-{secrets.token_hex(8)}"
        with self._lock:
            self.remove_idle()
            if key not in self._visits:
                folder = self.root / "visits" / secrets.token_hex(16)
                folder.mkdir(parents=True)
                self._visits[key] = Visit(folder, self.limits, root=self.root)
            visit = self._visits[key]
            visit.last_used = time.monotonic()
            if visit.removal:
                visit.removal.cancel()
                visit.removal = None
            return visit

    def find(self, session: str | None) -> Visit | None:
        """The visit of a session, if there is one."""
        return self._visits.get(session or "")

    def leave(self, session: str | None) -> None:
        """The browser disconnected. Running work stops; the visit ends unless the browser returns within
        `limits.max_away_seconds`."""
        with self._lock:
            visit = self._visits.get(session or "")
            if visit:
                visit.cancel.set()
            if visit and not visit.removal:
                visit.removal = threading.Timer(self.limits.max_away_seconds, self.end, [session])
                visit.removal.daemon = True
                visit.removal.start()

    def end(self, session: str) -> None:
        """Stop the visit's work and remove its files."""
        with self._lock:
            visit = self._visits.pop(session, None)
            if visit:
                self._remove_uploads(visit)
        if visit:
            visit.video = None
            visit.cancel.set()
            shutil.rmtree(visit.folder, ignore_errors=True)

    def _remove_uploads(self, visit: Visit) -> None:
        """Remove what gradio stored for a visit. gradio stores equal files of two visitors under one path, so a file
        stays while another visit has it, or if somebody has just sent it again and it isn't read yet."""
        for upload, identity in list(visit.uploads.items()):
            others = [other for other in self._visits.values() if upload in other.uploads]
            if others and file_identity(upload) == identity:
                others[0].uploads[upload] = identity  # the last of them removes it
            elif not others and upload.is_relative_to(self.root) and file_identity(upload) == identity:
                upload.unlink(missing_ok=True)

    def remove_idle(self) -> None:
        """End the visits that nobody has used for `limits.max_idle_seconds`."""
        now = time.monotonic()
        with self._lock:
            longest = self.limits.max_idle_seconds
            idle = [key for key, visit in self._visits.items() if now - visit.last_used > longest]
        for session in idle:
            log.info("an idle visit is removed")
            self.end(session)

    def remove_idle_every(self, seconds: float) -> Callable[[], None]:
        """Remove idle visits and leftovers from now on, in a thread. Returns a function that ends it."""
        ended = threading.Event()

        def loop() -> None:
            while not ended.wait(seconds):
                self.remove_idle()
                self._remove_leftovers(seconds)

        threading.Thread(target=loop, daemon=True, name="a2s-remove-idle").start()
        return ended.set

    def _remove_leftovers(self, seconds: float) -> None:
        """gradio leaves an empty file for every file that a program sends, and a part of each interrupted upload. An
        empty file is removed after `seconds`, a part after `limits.max_idle_seconds` without new data."""
        for file in self.root.glob("tmp*"):
            with suppress(OSError):
                status = file.stat()
                if time.time() - status.st_mtime > (self.limits.max_idle_seconds if status.st_size else seconds):
                    file.unlink()
