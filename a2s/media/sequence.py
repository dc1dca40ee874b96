"""Numbered pictures of a render or a scanner, as a film of constant frame rate."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from a2s.errors import BadSettings, TooLarge, UnreadableVideo
from a2s.io import atomic_file, display_name
from a2s.limits import Limits
from a2s.media.child import isolated
from a2s.media.probe import check_pixels
from a2s.media.source import FAULTS, HEAD

STILLS = {
    b"\x89PNG\r\n\x1a\n": "png_pipe",
    b"\xff\xd8\xff": "jpeg_pipe",
    b"II*\0": "tiff_pipe",
    b"MM\0*": "tiff_pipe",
    b"BM": "bmp_pipe",
    b"SDPX": "dpx_pipe",
    b"XPDS": "dpx_pipe",
}
"""Readers of one picture, by its first bytes. None of them opens another file."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".dpx")
NAMES = "png, jpg, tif, bmp or dpx"

MAX_RATE = 1000
"""Frames per second."""

_NUMBERED = re.compile(r"(.*?)(\d+)")
_PATTERN = re.compile(r"(.*)%0?(\d*)d(.*)")


def is_sequence(path: Path) -> bool:
    """Whether a path is a folder, a pattern such as shot_%04d.png, or a picture with a number."""
    numbered = _PATTERN.fullmatch(path.name) or _NUMBERED.fullmatch(path.stem)
    return path.is_dir() or (path.suffix.lower() in SUFFIXES and bool(numbered))


def sequence_files(path: Path) -> list[Path]:
    """The pictures of a sequence in the order of their numbers.

    path: their folder, a pattern such as shot_%04d.png, or one of them. Raises UnreadableVideo, also for a gap.
    """
    name, folder = display_name(path.name or path), path if path.is_dir() else path.parent
    files = [file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    runs: dict[tuple[str, str], dict[int, Path]] = {}
    for file in files:
        if found := _NUMBERED.fullmatch(file.stem):
            runs.setdefault((found[1], file.suffix.lower()), {})[int(found[2])] = file
    if not path.is_dir():
        wanted = _prefix(path)
        runs = {key: run for key, run in runs.items() if key == wanted}
    if not runs:
        raise UnreadableVideo(f"{name} holds no numbered pictures ({NAMES}), such as shot_0001.png.")
    if len(runs) > 1:
        several = ", ".join(sorted(f"{prefix}*{suffix}" for prefix, suffix in runs)[:3])
        raise UnreadableVideo(f"{name} holds several sequences ({display_name(several)}); give the first file of one.")
    (run,) = runs.values()
    numbers = sorted(run)
    for number, after in zip(numbers, numbers[1:], strict=False):
        if after != number + 1:
            raise UnreadableVideo(f"{name} has a gap: picture {number + 1} is missing.")
    return [run[number] for number in numbers]


def read_rate(text: str) -> Fraction:
    """Frames per second from 25, 23.976 or 24000/1001. Raises BadSettings."""
    try:
        rate = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= MAX_RATE:
        raise BadSettings(f"The frame rate must be a number such as 25, 23.976 or 24000/1001, not {text[:20]!r}.")
    near = Fraction(round(rate) * 1000, 1001)
    return near if abs(rate - near) < Fraction(1, 1000) else rate.limit_denominator(1001)


def write_sequence(path: str | os.PathLike, rate: Fraction, out: str | os.PathLike, limits: Limits) -> None:
    """Write a sequence of pictures (see `sequence_files`) to `out`, a silent .mov of `rate` frames per second.

    png and jpg are copied; the others become png, without loss of up to 16 bits. Raises UnreadableVideo, TooLarge.
    """
    files = sequence_files(Path(path))
    name = display_name(Path(path).name)
    if len(files) > limits.max_frames:
        raised = limits.raised_by("max_frames")
        raise TooLarge(f"{name} has more than {limits.max_frames} pictures, which is the limit ({raised}).")
    if len(files) / rate > limits.max_seconds:
        raised = limits.raised_by("max_seconds")
        raise TooLarge(f"{name} is longer than {limits.max_seconds / 60:g} minutes, which is the limit ({raised}).")
    with atomic_file(out) as part:
        for _ in _write_isolated(files[0], files, rate, part, limits=limits):
            pass


def write_steps(first: Path, files: Sequence[Path], rate: Fraction, part: Path, *, limits: Limits) -> Iterator[None]:
    """Write the file of `write_sequence` as `part`, in a child. Yields None for each picture."""
    stream: VideoStream | None = None
    total, kind, size = 0, "", (0, 0)
    with av.open(f"file:{part.absolute()}", "w", format="mov") as out:
        for number, file in enumerate(files):
            total += file.stat().st_size
            if total > limits.max_bytes:
                most, raised = limits.max_bytes / 2**20, limits.raised_by("max_bytes")
                said = f"The pictures from {display_name(first.name)} on have more than {most:g} MB"
                raise TooLarge(f"{said}, which is the limit ({raised}).")
            packet, source = _packet(file, limits)
            context = source.codec_context
            if stream is None:
                kind, size = context.name, (context.width, context.height)
                stream = _add_stream(out, source, rate)
            if (context.name, (context.width, context.height)) != (kind, size):
                said = f"{context.width} x {context.height} {context.name}"
                raise UnreadableVideo(
                    f"{display_name(file.name)} is {said}; the first picture is {size[0]} x {size[1]} {kind}."
                )
            for ready in _ready(packet, source, stream):
                ready.stream, ready.time_base = stream, 1 / rate
                ready.pts = ready.dts = number
                ready.duration = 1
                out.mux(ready)
            yield


_write_isolated = isolated(write_steps, UnreadableVideo, writes=True)


def _packet(file: Path, limits: Limits) -> tuple[Packet, VideoStream]:
    """The one packet of a picture. Raises UnreadableVideo, TooLarge."""
    name = display_name(file.name)
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD)
        reader = next((reader for magic, reader in STILLS.items() if head.startswith(magic)), None)
        if reader is None:
            raise UnreadableVideo(f"{name} is not a picture that a2s opens ({NAMES}).")
        container = av.open(
            f"file:{file.absolute()}", format=reader, container_options={"protocol_whitelist": "file"},
            options={"max_pixels": str(limits.max_pixels)},
        )  # fmt: skip
        stream = container.streams.video[0]
        if not stream.codec_context.width:
            most = f"{limits.max_pixels / 1e6:.1f} million pixels"
            raise UnreadableVideo(f"{name} is damaged, or has more than {most}, which is the limit.")
        check_pixels(stream.codec_context.width, stream.codec_context.height, name, limits)
        return next(packet for packet in container.demux(stream) if packet.size), stream
    except (OSError, *FAULTS, StopIteration, IndexError) as fault:
        raise UnreadableVideo(f"{name} is damaged or incomplete: it cannot be read.") from fault


def _add_stream(out: OutputContainer, source: VideoStream, rate: Fraction) -> VideoStream:
    if source.codec_context.name in ("png", "mjpeg"):
        stream = out.add_stream_from_template(source, opaque=True)
    else:
        stream = out.add_stream("png", rate=rate)
        context = source.codec_context
        parts = context.format.components if context.format else ()
        deep, alpha = any(part.bits > 8 for part in parts), any(part.is_alpha for part in parts)
        stream.width, stream.height = context.width, context.height
        stream.pix_fmt = ("rgba64be" if alpha else "rgb48be") if deep else "rgba" if alpha else "rgb24"
        stream.codec_context.time_base = 1 / rate
    stream.time_base = 1 / rate
    return stream


def _ready(packet: Packet, source: VideoStream, stream: VideoStream) -> list[Packet]:
    """The packet as it is, or its picture as png."""
    if source.codec_context.name in ("png", "mjpeg"):
        return [packet]
    made: list[Packet] = []
    for frame in source.codec_context.decode(packet):
        frame = frame.reformat(format=stream.pix_fmt)
        frame.pts = None
        made += stream.encode(frame)
    return made


def _prefix(path: Path) -> tuple[str, str]:
    """What the names of a sequence begin with, and their suffix, from a pattern or from one of them."""
    if found := _PATTERN.fullmatch(path.name):
        return found[1], found[3].lower()
    found = _NUMBERED.fullmatch(path.stem)
    return (found[1] if found else path.stem), path.suffix.lower()
