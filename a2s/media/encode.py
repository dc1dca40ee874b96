"""Encode frames as H.264."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from a2s.errors import CannotWrite
from a2s.io import atomic_file, display_name
from a2s.media.frame_grid import FrameGrid, nominal_rate
from a2s.media.timeline import Timeline

BT709 = 1
"""ITU-T H.273's number for BT.709 as matrix, primaries and transfer alike."""
UNSPECIFIED = 2

MOST_THREADS = 8
"""Threads of the encoder; each keeps frames in memory, and an UHD frame has 12 MB."""

VARIABLE_TICKS = Fraction(1, 90_000)
"""Time base of an encoded picture with a variable frame rate."""


def open_mp4(path: Path) -> OutputContainer:
    """Open an mp4 for writing, with its index at the front, so that a browser plays it while it loads."""
    return av.open(f"file:{path.absolute()}", "w", format="mp4", options={"movflags": "+faststart"})


def encoded_base(timeline: Timeline) -> Fraction:
    """Seconds per tick of an encoded picture: at a constant frame rate, every frame lasts a whole number of ticks."""
    return timeline.placed_base if timeline.grid else VARIABLE_TICKS


@dataclass(frozen=True)
class Format:
    """What an encoded picture has beside its size. rate: frames per second. time_base: seconds per tick.

    aspect: width of a pixel divided by its height. bt709: its frames are in BT.709, whatever the file stated.
    """

    rate: Fraction
    time_base: Fraction
    aspect: Fraction = Fraction(1)
    bt709: bool = False


def add_h264(out: OutputContainer, frame: av.VideoFrame, kind: Format) -> VideoStream:
    """Add an H.264 stream of constant quality with the size of `frame` (even, for 4:2:0) and its colours."""
    rate = min(max(kind.rate, Fraction(1)), Fraction(240))
    # without B-frames, mp4 stores each frame's exact duration, also at variable rates
    stream = out.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "veryfast", "bf": "0"})
    stream.width, stream.height = (max(2, side + side % 2) for side in (frame.width, frame.height))
    stream.pix_fmt = "yuv420p"
    stream.time_base = kind.time_base
    context = stream.codec_context
    context.time_base = kind.time_base
    context.thread_type, context.thread_count = "FRAME", min(os.cpu_count() or 1, MOST_THREADS)
    context.sample_aspect_ratio = kind.aspect
    context.color_range = ColorRange.MPEG
    bt709 = kind.bt709 or is_rgb(frame)
    context.colorspace = BT709 if bt709 else frame.colorspace or UNSPECIFIED  # 0 would mean RGB
    context.color_primaries = BT709 if bt709 else frame.color_primaries
    context.color_trc = BT709 if bt709 else frame.color_trc
    return stream


def prepare(frame: av.VideoFrame, stream: VideoStream, ticks: int, time_base: Fraction) -> av.VideoFrame:
    """`frame` as `add_h264`'s stream takes it, shown at `ticks` of `time_base`."""
    matrix = Colorspace.ITU709 if is_rgb(frame) else None
    size = stream.width, stream.height
    ready = frame.reformat(*size, "yuv420p", dst_colorspace=matrix, dst_color_range=ColorRange.MPEG)
    ready.pts, ready.time_base = ticks, time_base
    ready.pict_type = 0  # the encoder chooses the key frames
    return ready


def is_rgb(frame: av.VideoFrame) -> bool:
    """Whether the pixels are red, green and blue, directly or by a palette."""
    return frame.format.is_rgb or frame.format.has_palette


def encode_frames(
    path: str | os.PathLike,
    frames: Iterable[tuple[float, np.ndarray]],
    fps: float,
    encoder_options: Mapping[str, str] | None = None,
) -> None:
    """Write (time s, rgb (h, w, 3) uint8) pairs as a silent .mp4; the last frame lasts 1 / fps.

    encoder_options: of x264, such as crf and preset, in place of the defaults. Raises CannotWrite.
    """
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise CannotWrite(f"There is no frame to write into {display_name(path)}.")
    rate = nominal_rate(Fraction(fps).limit_denominator(1001))
    base = FrameGrid(rate).time_base
    with atomic_file(path) as part:
        with open_mp4(part) as out:
            stream = add_h264(out, av.VideoFrame.from_ndarray(first[1], format="rgb24"), Format(rate, base))
            stream.codec_context.options |= dict(encoder_options or {})
            for time, rgb in chain([first], rest):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
                out.mux(_lasting(stream, prepare(frame, stream, round(time / base), base), rate))
            out.mux(_lasting(stream, None, rate))


def _lasting(stream: VideoStream, frame: av.VideoFrame | None, rate: Fraction) -> list[av.Packet]:
    packets = stream.encode(frame)
    for packet in packets:
        packet.duration = round(1 / rate / packet.time_base)
    return packets
