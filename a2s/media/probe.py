"""Properties of a video file: size, frame rate, duration, rotation, soundtrack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from a2s.errors import TooLarge, UnreadableVideo
from a2s.io import display_name
from a2s.media.picture_table import plays_in_browsers
from a2s.media.source import decoded, open_media, picture_stream
from a2s.media.timeline import Timeline, read_timeline
from a2s.settings import Limits

UPRIGHT = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
"""Display matrix of a picture without rotation; 16.16 fixed point, last column 2.30 (ISO 14496-12)."""


TURNED = {
    90: (0, -(1 << 16), 0, 1 << 16, 0, 0, 0, 0, 1 << 30),
    180: (-(1 << 16), 0, 0, 0, -(1 << 16), 0, 0, 0, 1 << 30),
    270: (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30),
}
"""Display matrices by rotation in degrees counter-clockwise."""


@dataclass(frozen=True)
class VideoInfo:
    """Properties of a video file.

    width, height: pixels as displayed, after rotation and pixel aspect. fps: mean frame rate. frames: number of frames
    shown. duration: seconds from the start of the first frame to the end of the last. start: time of the first frame in
    the file, s. rotation: degrees counter-clockwise from the stored to the displayed picture: 0, 90, 180 or 270.
    pixel_format: ffmpeg's name, "" where it is unknown.
    """

    path: Path
    container: str
    codec: str
    width: int
    height: int
    fps: float
    frames: int
    duration: float
    start: float
    rotation: int
    has_audio: bool
    audio_codec: str | None
    size_bytes: int
    pixel_format: str = ""

    @property
    def plays_in_browsers(self) -> bool:
        """Whether every current browser plays the picture, once it is in an mp4."""
        return plays_in_browsers(self.codec, self.pixel_format)


def probe_video(path: str | os.PathLike, *, limits: Limits | None = None) -> VideoInfo:
    """Read the time stamps of all packets and decode the first frame. Raises UnreadableVideo, TooLarge."""
    path, limits = Path(path), limits or Limits()
    name = display_name(path.name)
    timeline = probe_timeline(path, limits)
    with open_media(path, limits) as container:
        stream = picture_stream(container, name)
        frame = first_frame(container, stream, name, limits)
        width, height = displayed_size(frame, stream)
        audio = next((s for s in container.streams.audio if s.codec_context), None)
        family = container.format.name.split(",")[0]
        return VideoInfo(
            path=path,
            container={"mov": "mp4"}.get(family, family),
            codec=stream.codec_context.codec.canonical_name,
            width=width,
            height=height,
            fps=len(timeline.times) / timeline.seconds,
            frames=len(timeline.times),
            duration=timeline.seconds,
            start=float(timeline.start * timeline.time_base),
            rotation=round(frame.rotation / 90) * 90 % 360,
            has_audio=audio is not None,
            audio_codec=audio.codec_context.codec.canonical_name if audio else None,
            size_bytes=path.stat().st_size,
            pixel_format=stream.codec_context.pix_fmt or "",
        )


def probe_timeline(path: Path, limits: Limits) -> Timeline:
    """The `Timeline` of a file's video stream. Raises UnreadableVideo, TooLarge."""
    name = display_name(path.name)
    with open_media(path, limits) as container:
        return read_timeline(container, picture_stream(container, name), name, limits)


def first_frame(container: InputContainer, stream: VideoStream, name: str, limits: Limits) -> VideoFrame:
    """The first frame that decodes. Raises UnreadableVideo, TooLarge."""
    check_pixels(stream.codec_context.width, stream.codec_context.height, name, limits)
    for frame in decoded_picture(container, stream, limits):
        return frame
    raise UnreadableVideo(f"{name} is damaged or incomplete: no frame can be decoded.")


def decoded_picture(container: InputContainer, stream: VideoStream, limits: Limits) -> Iterator[VideoFrame]:
    """Yield the frames of `stream`; a frame above `limits.max_pixels` does not decode, also where the size changes."""
    stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
    stream.thread_type = "AUTO"
    yield from decoded(container, stream)


def check_pixels(width: int, height: int, name: str, limits: Limits) -> None:
    """Raises TooLarge."""
    if width * height > limits.max_pixels:
        most, raised = f"{limits.max_pixels / 1e6:.1f} million", limits.raised_by("max_pixels")
        raise TooLarge(f"{name} is {width} x {height} pixels; at most {most} are taken ({raised}).")


def display_matrix(frame: VideoFrame) -> tuple[int, ...]:
    """The frame's display matrix, nine integers; `UPRIGHT` where it has none."""
    try:
        matrices = [
            data for data in frame.side_data if isinstance(data, SideData) and data.type.name == "DISPLAYMATRIX"
        ]
    except ValueError:  # side data that PyAV does not know, such as Exif; it still finds the rotation
        return TURNED.get(round(frame.rotation / 90) * 90 % 360, UPRIGHT)
    return tuple(int(x) for x in np.frombuffer(bytes(matrices[0]), "<i4")) if matrices else UPRIGHT


def displayed_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """(width, height) in square pixels, after rotation."""
    aspect = stream.sample_aspect_ratio or 1
    width, height = max(1, round(frame.width * aspect)), frame.height
    a, b, *_ = display_matrix(frame)
    return (height, width) if abs(b) > abs(a) else (width, height)
