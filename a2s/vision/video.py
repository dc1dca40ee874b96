"""A video file that is opened once and handed on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.io import sha256_of
from a2s.settings import AUDIO, Limits

if TYPE_CHECKING:
    from a2s.media import VideoInfo
    from a2s.vision.motion import Motion

OnFrame = Callable[[float], object]
"""Called with the time of each frame, in seconds, while a video is read. It may raise to stop."""


class Video:
    """One video, for everything that needs its container, its motion or its sound.

    `info`, `sha256` and `motion` are read on first use and kept. motion: of an earlier analysis, so that the frames are
    not decoded again. The properties raise UnreadableVideo and TooLarge.
    """

    def __init__(self, path: str | os.PathLike, motion: Motion | None = None, limits: Limits | None = None):
        self.path, self.limits = Path(path), limits or Limits()
        self._motion = motion

    def __repr__(self) -> str:
        return f"Video({os.fspath(self.path)!r})"

    @classmethod
    def of(cls, video: str | os.PathLike | Video) -> Video:
        """The video of a path; a Video is returned as it is."""
        return video if isinstance(video, Video) else cls(video)

    @cached_property
    def info(self) -> VideoInfo:
        """Size, rate, duration and codecs."""
        from a2s.media import probe_video  # keeps `a2s --help` fast: PyAV

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
            from a2s.media import Film, read_frames  # keeps `a2s --help` fast: PyAV and OpenCV
            from a2s.vision.motion import observe

            frames = _reported(read_frames(self.path, limits=self.limits), on_frame)
            self._motion = observe(frames, self.info.duration, Film(self.path, self.limits))
        return self._motion

    def soundtrack(self, sample_rate: int = AUDIO.sample_rate) -> np.ndarray | None:
        """(n,) float32: the first soundtrack, mono, from the first frame on and as long as the picture.

        None where the video has no sound. Raises UnreadableAudio.
        """
        from a2s.media import read_audio  # keeps `a2s --help` fast: PyAV

        if not self.info.has_audio:
            return None
        return read_audio(self.path, sample_rate, self.info.duration, align_to_picture=True, limits=self.limits)


def _reported(frames: Iterator[tuple[float, np.ndarray]], on_frame: OnFrame | None) -> Iterator:
    for time, rgb in frames:
        if on_frame is not None:
            on_frame(time)
        yield time, rgb
