"""A video file that is opened once and handed on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from a2s.io import sha256_of
from a2s.settings import AUDIO, Limits

if TYPE_CHECKING:
    from a2s.media import VideoInfo
    from a2s.vision.hands import HandTracks
    from a2s.vision.motion import Motion

Frames = Iterator[tuple[float, np.ndarray]]
OnFrame = Callable[[float], object]
"""Called with the time of each frame, in seconds, while a video is read. It may raise to stop."""


PAUSE = 0.1
"""Seconds between two reports while no frame is finished, so that a caller can cancel."""


class Video:
    """One video, for everything that needs its container, its motion or its sound.

    `info`, `sha256` and `motion` are read on first use and kept. motion: of an earlier analysis, so that the frames are
    not decoded again. within: (start, end) in s, the part to which the motion belongs, with times from its start; None
    is all. The properties raise UnreadableVideo and TooLarge.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        motion: Motion | None = None,
        limits: Limits | None = None,
        within: tuple[float, float] | None = None,
    ) -> None:
        self.path, self.limits, self.within = Path(path), limits or Limits(), within
        self._motion = motion
        self._reading: _Reading | None = None

    def __repr__(self) -> str:
        return f"Video({os.fspath(self.path)!r})"

    @classmethod
    def of(cls, video: str | os.PathLike | Video) -> Video:
        """The video of a path; a Video is returned as it is."""
        return video if isinstance(video, Video) else cls(video)

    def part(self, start: float, end: float) -> Video:
        """The video with the motion of the part between two times, s, which is read from the file."""
        if self.within == (start, end):
            return self
        part = Video(self.path, limits=self.limits, within=(start, end))
        for name in ("info", "sha256"):
            if name in vars(self):
                vars(part)[name] = vars(self)[name]
        return part

    @property
    def seconds(self) -> float:
        """Length of the picture, or of the part."""
        return self.info.duration if self.within is None else self.within[1] - self.within[0]

    def start(self) -> None:
        """Begin to read the frames in the background: a child process decodes them, a thread computes the motion.

        `info` and `observe` then wait for what they need. Use it where other work, such as the import of torch, comes
        first.
        """
        if self._motion is None and self._reading is None:
            self._reading = _Reading(self)

    @cached_property
    def info(self) -> VideoInfo:
        """Size, rate, duration and codecs."""
        from a2s.media import probe_video  # keeps `a2s --help` fast: PyAV

        if self._reading is not None:
            return self._reading.wait_for_info()
        return probe_video(self.path, limits=self.limits)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file, 64 hex digits."""
        return sha256_of(self.path)

    @property
    def analysed(self) -> bool:
        """Whether `motion` is known already."""
        return self._motion is not None

    @property
    def motion(self) -> Motion:
        """Motion and keyframes of the picture."""
        return self.observe()

    def observe(self, on_frame: OnFrame | None = None) -> Motion:
        """`motion`, with a report of every frame while it is read."""
        if self._motion is None:
            self.start()
            reading, self._reading = self._reading, None
            assert reading is not None
            self._motion = reading.motion(on_frame)
        return self._motion

    def soundtrack(self, sample_rate: int = AUDIO.sample_rate) -> np.ndarray | None:
        """(n,) float32: the first soundtrack, mono, from the first frame on and as long as the picture.

        None where the video has no sound. Raises UnreadableAudio.
        """
        from a2s.media import read_audio  # keeps `a2s --help` fast: PyAV

        if not self.info.has_audio:
            return None
        return read_audio(self.path, sample_rate, self.info.duration, align_to_picture=True, limits=self.limits)


class _Reading:
    """One pass over a video in a thread. An error is raised where the result is asked for."""

    def __init__(self, video: Video) -> None:
        from a2s.media import Film, probe_video, read_frames  # keeps `a2s --help` fast: PyAV and OpenCV
        from a2s.vision.hands import HAND_WIDTH
        from a2s.vision.motion import observe  # here, so that the thread imports nothing

        path, limits, within, known = video.path, video.limits, video.within, vars(video).get("info")

        def run() -> None:
            try:
                info = known or probe_video(path, limits=limits)
                self._set("info", info)
                seconds = info.duration if within is None else within[1] - within[0]
                hands = self._start_hands(lambda: read_frames(path, HAND_WIDTH, within=within, limits=limits))
                frames = self._frames("flow", read_frames(path, within=within, limits=limits))
                motion = observe(frames, seconds, Film(path, limits, within))
                self._set("motion", replace(motion, hands=hands.result()) if hands else motion)
            except BaseException as error:  # raised again by the methods below
                self._stopped = True
                self._set("error", error)

        self._found: dict[str, Any] = {}
        self._times = {"flow": 0.0}
        self._changed, self._stopped = threading.Condition(), False
        threading.Thread(target=run, daemon=True, name="a2s-video").start()

    def wait_for_info(self) -> VideoInfo:
        """The container's data, once it has been read."""
        with self._changed:
            self._changed.wait_for(lambda: self._found)
        return self._result("info")

    def motion(self, on_frame: OnFrame | None) -> Motion:
        """The motion, once the last frame has been read. on_frame: called with the time of the newest frame; an error
        that it raises stops the thread."""
        try:
            while not self._ended:
                with self._changed:
                    self._changed.wait(PAUSE)
                if on_frame is not None:
                    on_frame(min(self._times.values()))
        except BaseException:
            self._stopped = True
            raise
        return self._result("motion")

    @property
    def _ended(self) -> bool:
        return "motion" in self._found or "error" in self._found

    def _result(self, name: str) -> Any:
        if name not in self._found:
            raise self._found["error"]
        return self._found[name]

    def _set(self, name: str, value: object) -> None:
        with self._changed:
            self._found[name] = value
            self._changed.notify_all()

    def _start_hands(self, read: Callable[[], Frames]) -> Future[HandTracks] | None:
        """Track the hands in another thread; None where the optional part is not installed. read: opens the frames."""
        from a2s.vision.hands import load_hand_models
        from a2s.vision.hands.tracker import track_hands

        models = load_hand_models()
        if models is None:
            return None
        future: Future[HandTracks] = Future()
        self._times["hands"] = 0.0

        def run() -> None:
            try:
                future.set_result(track_hands(self._frames("hands", read()), models))
            except BaseException as error:  # raised again by `result`
                future.set_exception(error)

        threading.Thread(target=run, daemon=True, name="a2s-hands").start()
        return future

    def _frames(self, name: str, frames: Frames) -> Frames:
        """The frames, while nobody has stopped; their times are reported under a name."""
        for time, rgb in frames:
            if self._stopped:
                return
            self._times[name] = time
            yield time, rgb
            with self._changed:
                self._changed.notify_all()
