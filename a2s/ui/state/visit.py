"""One open page: its folder, its video, what was found in it and what was made of it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.errors import A2SError, TooLarge
from a2s.settings import Limits
from a2s.ui.state.records import FilmFormat
from a2s.ui.state.storage import has_room
from a2s.ui.text import NO_ROOM

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.cues import CueTrack
    from a2s.media import VideoInfo
    from a2s.ui.state.listening_session import ListeningSession
    from a2s.ui.state.records import OwnRecording, RestoredRecipe, SceneChange
    from a2s.ui.state.take_files import TakeFiles
    from a2s.vision import Motion


@dataclass
class Visit:
    """State of one open page. The server chooses all names in `folder`; `name` is the visitor's name for the video.

    detected_cues: those of the video, before any edit. model: the model that judged which ambience fits, as the engine
    names it. chosen_clip: id in `bank` (None: the built-in bank), or OWN_RECORDING for `own_recording`;
    chosen_by_user: False while it is the model's best match. ambient_changes: time in s to the clip chosen from there
    on. scene_changes: where the place seems to change. listening: the comparisons of this video; answers: of the
    listening test, over all videos. takes: of this video, oldest first; takes_made: how many there have ever been.
    seed, film_format: of the dub that was asked for last. preview: of the video, where browsers do not play it.
    uploads: what gradio stored for this visit, by `file_identity`. removal: runs while the browser is away. root: the
    folder that all visits share, if there are others.
    """

    folder: Path
    limits: Limits = field(default_factory=Limits)
    name: str = "clip"
    video: Path | None = None
    info: VideoInfo | None = None
    motion: Motion | None = None
    detected_cues: CueTrack | None = None
    model: str | None = None
    chosen_clip: str | None = None
    chosen_by_user: bool = False
    scene_changes: tuple[SceneChange, ...] = ()
    ambient_changes: dict[float, str] = field(default_factory=dict)
    own_recording: OwnRecording | None = None
    bank: AmbientBank | None = None
    takes: list[TakeFiles] = field(default_factory=list)
    takes_made: int = 0
    seed: int | None = None
    film_format: FilmFormat = field(default_factory=FilmFormat)
    preview: Path | None = None
    restored: RestoredRecipe | None = None
    listening: ListeningSession | None = None
    answers: list[dict] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)
    uploads: dict[Path, tuple[int, int] | None] = field(default_factory=dict)
    last_used: float = field(default_factory=time.monotonic)
    removal: threading.Timer | None = None
    counter: int = 0
    root: Path | None = None

    def receive(self, upload: str | Path, kind: str) -> Path:
        """Move an upload into the visit's folder under a name of ours; linked, not copied, where the disk allows it.

        Raises A2SError if it is missing, TooLarge.
        """
        upload = Path(upload)
        if not upload.is_file():
            raise A2SError("The file did not arrive. Upload it again.")
        if upload.stat().st_size > self.limits.max_bytes:
            most, raised = self.limits.max_bytes // 2**20, self.limits.raised_by("max_bytes")
            raise TooLarge(f"The file is larger than the limit of {most} MB ({raised}).")
        target = self.next_path(kind)
        try:
            os.link(upload, target)
            self.uploads[upload] = file_identity(target)
        except OSError:
            self.uploads[upload] = file_identity(upload)
            shutil.copyfile(upload, target)
        return target

    def check_room(self, incoming: int = 0) -> None:
        """Raises TooLarge if `incoming` more bytes exceed what all visits together may store."""
        if self.root is not None and not has_room(self.root, incoming, self.limits.max_stored_bytes):
            raise TooLarge(NO_ROOM)

    def next_path(self, kind: str, suffix: str = "") -> Path:
        """A name in the folder that was never used. Raises TooLarge if there is no room for another file."""
        self.check_room()
        self.counter += 1
        return self.folder / f"{kind}-{self.counter}{suffix}"

    def load(self, video: Path, name: str) -> None:
        """Begin with another video. The takes of the one before go; own ambiences and listening answers stay."""
        if self.video is not None:
            self.video.unlink(missing_ok=True)
        if self.preview is not None:
            self.preview.unlink(missing_ok=True)
        self.video, self.name, self.preview = video, name, None
        self.info = self.motion = self.detected_cues = self.restored = None
        self.scene_changes = ()
        self.ambient_changes = {}
        if self.listening is not None:
            shutil.rmtree(self.listening.folder, ignore_errors=True)
            self.listening = None
        while self.takes:
            self._remove_oldest_take()
        self.takes_made = 0
        self.chosen_clip, self.chosen_by_user = None, False

    def unload(self) -> None:
        """The video was removed from the page, or could not be read. What was made of it stays."""
        self.video = self.info = None

    def choose(self, clip: str) -> None:
        """The user chose this ambience. It stays chosen, whatever a model prefers."""
        self.chosen_clip, self.chosen_by_user = clip, True

    def keep(self, take: TakeFiles) -> None:
        """Add a take. Beyond `limits.max_kept_takes`, the oldest is removed."""
        self.takes.append(take)
        self.takes_made += 1
        while len(self.takes) > self.limits.max_kept_takes:
            self._remove_oldest_take()

    def _remove_oldest_take(self) -> None:
        shutil.rmtree(self.takes.pop(0).video.parent, ignore_errors=True)

    def need_video(self) -> Path:
        """The video. Raises A2SError without one."""
        if self.video is None:
            raise A2SError("Choose a video first: upload one or click an example.")
        return self.video

    def need_info(self) -> VideoInfo:
        """Facts of the video. Raises A2SError without one."""
        self.need_video()
        if self.info is None:
            raise A2SError("The video has not been read yet. Wait a moment, then try again.")
        return self.info

    def need_motion(self) -> Motion:
        """Motion of the video. Raises A2SError before it was analysed."""
        if self.motion is None:
            raise A2SError("The video has not been analysed yet. Wait a moment, then try again.")
        return self.motion

    def listening_session(self) -> ListeningSession:
        """The comparisons of this video, begun if there are none."""
        from a2s.ui.state.listening_session import ListeningSession

        if self.listening is None:
            self.listening = ListeningSession(self.next_path("listening"), self._unused_clip_name(), self.answers)
        return self.listening

    def _unused_clip_name(self) -> str:
        """A name for the video in the answers. No other video that was answered for has it."""
        from a2s.io import display_name

        name, taken = display_name(self.name)[:60] or "clip", {answer["clip"] for answer in self.answers}
        numbered = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
        return next(each for each in numbered if each not in taken)


def file_identity(file: Path) -> tuple[int, int] | None:
    """Distinguishes a file from another that came to the same path later. A rename changes neither number."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
