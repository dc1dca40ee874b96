"""Webdataset shards of clips: tar files with a picture, a sound and the text of each clip under one key.

KEY.mp4: 224 x 224 pixels, as Ego4D-Sounds scales its clips. KEY.flac: 16 kHz mono, from the first frame on.
KEY.json: text, video, start, seconds. A shard is read front to back, which network file systems and buckets do fastest.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from a2s.datasets.clips import Clip, Skipped
from a2s.errors import A2SError, BadSettings
from a2s.io import atomic_file, display_name
from a2s.settings import Limits

SIDE, RATE = 224, 16_000

MAX_FPS = 30.0
"""Frames of faster videos are dropped."""

MAX_SAMPLE_BYTES = 64 * 2**20
"""Largest member of a shard that is read; a clip of 3 s takes under 1 MB."""


@dataclass(frozen=True, eq=False)
class Sample:
    """key: without its suffix. mp4: bytes of a video. sound: (n,) float32 at 16 kHz. about: of KEY.json."""

    key: str
    mp4: bytes
    sound: np.ndarray
    about: dict[str, Any]


def write_shard(path: Path, clips: Iterable[Clip], skipped: Skipped, limits: Limits | None = None) -> int:
    """Write one tar of clips, atomically; clips whose file cannot be read are counted. Returns the number written.

    The same clips give the same bytes. Raises CannotWrite, and BadSettings without the library webdataset.
    """
    webdataset = _webdataset()
    count = 0
    with atomic_file(path) as part, open(part, "wb") as file:
        writer = webdataset.TarWriter(file, encoder=False, mtime=0.0)
        for video in by_file(clips):
            reader = _Reader(video[0].file, limits or Limits())
            for clip in video:
                try:
                    writer.write({"__key__": clip.key.replace(".", "_"), **reader.members(clip)})
                    count += 1
                except A2SError as error:
                    skipped.add("unreadable", clip.key, str(error))
        writer.close()
    return count


def read_shard(path: Path, skipped: Skipped) -> Iterator[Sample]:
    """The samples of a shard; samples that cannot be read are counted. Nothing in a shard is unpickled or executed."""
    webdataset = _webdataset()
    if not path.is_file():
        raise BadSettings(f"There is no shard {display_name(path)}.")

    def broken(error: Exception) -> bool:
        skipped.add("damaged shard", path.name, str(error))
        return False

    with open(path, "rb") as stream:
        members = webdataset.tariterators.tar_file_expander(
            [{"url": path.name, "stream": stream}], handler=broken, eof_value=None
        )
        for found in webdataset.tariterators.group_by_keys(members, handler=broken):
            key = str(found["__key__"])
            try:
                yield _sample(key, found)
            except (KeyError, ValueError, soundfile.LibsndfileError, RuntimeError) as error:
                skipped.add("bad sample", key, f"{type(error).__name__}: {error}")


def by_file(clips: Iterable[Clip]) -> Iterator[list[Clip]]:
    """Consecutive clips of one file."""
    group: list[Clip] = []
    for clip in clips:
        if group and clip.file != group[0].file:
            yield group
            group = []
        group.append(clip)
    if group:
        yield group


def _sample(key: str, found: dict[str, Any]) -> Sample:
    for name in ("mp4", "flac", "json"):
        if len(found[name]) > MAX_SAMPLE_BYTES:
            raise ValueError(f"{name} has {len(found[name])} bytes")
    sound, rate = soundfile.read(io.BytesIO(found["flac"]), dtype="float32")
    about = json.loads(found["json"])
    if rate != RATE or sound.ndim != 1 or not isinstance(about, dict):
        raise ValueError(f"the sound has {rate} Hz and {sound.ndim} axes")
    return Sample(key, found["mp4"], sound, about)


class _Reader:
    """One video file, opened once for its clips."""

    def __init__(self, file: Path, limits: Limits) -> None:
        from a2s.media import Film  # keeps the import of this module fast: PyAV

        self.file, self.limits, self.film = file, limits, Film(file, limits)
        self.sound: np.ndarray | None = None

    def members(self, clip: Clip) -> dict[str, bytes]:
        """The members of a clip. Raises UnreadableVideo, UnreadableAudio, TooLarge."""
        from a2s.media import encode_frames, read_audio

        times = self.film.times
        frames = np.flatnonzero((times >= clip.start - 1e-6) & (times < clip.end))
        if not len(frames):
            raise BadSettings(f"{display_name(clip.file.name)} has no picture at {clip.start:g} s.")
        every = max(1, int(np.ceil((len(frames) - 1) / max(clip.seconds, 0.1) / MAX_FPS - 0.05)))
        frames = frames[::every]
        pictures = self.film.pictures(frames, SIDE)
        if self.sound is None:
            self.sound = read_audio(self.file, RATE, align_to_picture=True, limits=self.limits)
        first = round(clip.start * RATE)
        sound = self.sound[first : first + round(clip.seconds * RATE)]
        flac = io.BytesIO()
        soundfile.write(flac, sound, RATE, format="FLAC", subtype="PCM_16")
        shown = times[frames] - times[frames[0]]
        fps = max(1.0, (len(frames) - 1) / max(float(shown[-1]), 1e-3)) if len(frames) > 1 else MAX_FPS
        with tempfile.TemporaryDirectory(prefix="a2s-shard-") as folder:
            mp4 = Path(folder) / "clip.mp4"
            encode_frames(mp4, zip(shown.tolist(), pictures, strict=True), fps)
            picture = mp4.read_bytes()
        about = {"text": clip.text, "video": clip.video, "start": clip.start, "seconds": clip.seconds}
        return {"mp4": picture, "flac": flac.getvalue(), "json": json.dumps(about).encode()}


def _webdataset() -> Any:
    try:
        import webdataset
        import webdataset.tariterators
    except ImportError:
        raise BadSettings("webdataset is not installed; `pip install 'a2s[scale]'` installs it.") from None
    return webdataset
