"""Open an untrusted media file: limits on size and pixels, magic bytes, allow-lists of demuxers and protocols."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import overload

import av
import av.error
import av.stream
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.frame import Frame
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from a2s.errors import TooLarge, UnreadableAudio, UnreadableVideo
from a2s.io import display_name
from a2s.media.encryption import ENCRYPTED, is_encrypted, names_a_key
from a2s.settings import Limits

PICTURE_DEMUXERS = (
    "mov", "matroska", "avi", "gif", "mpegts", "mpeg", "ogg", "flv", "mxf", "asf", "dv", "yuv4mpegpipe", "apng",
)  # fmt: skip
SOUND_DEMUXERS = ("wav", "flac", "mp3", "aac")
PICTURE_NAMES = "mp4, mov, mkv, webm, avi, mxf, mpeg, ts, wmv, dv, flv, ogg, y4m, gif or animated png"
SOUND_NAMES = "wav, flac, mp3, m4a, ogg or a video with sound"

CONVERT = "ffmpeg -i INPUT -c:v libx264 -crf 16 OUTPUT.mp4"
"""A command that makes a video of nearly every other format; part of a message."""

HEAD = 64 * 1024
"""Bytes from which the kind of a file is known."""

STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"msf1", b"hevc")
MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx")
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
"""The first bytes of a wmv or asf file."""
MXF = bytes.fromhex("060e2b34020501010d010201")
"""The first bytes of an mxf file: the key of its header partition (SMPTE 377)."""
FAULTS = (av.error.FFmpegError, ValueError, OverflowError, MemoryError)
"""Exceptions of PyAV for damaged or hostile bytes. While a file is read, one of these is a fault of the file."""


@contextmanager
def open_media(path: str | os.PathLike, limits: Limits, sound: bool = False) -> Iterator[InputContainer]:
    """Open `path` for reading as a video, or, with `sound`, as anything that may carry a soundtrack.

    Raises UnreadableVideo (or UnreadableAudio with `sound`) and TooLarge.
    """
    kind = UnreadableAudio if sound else UnreadableVideo
    path = Path(path)
    name = display_name(path.name)
    check_file(path, limits, sound)
    demuxers = PICTURE_DEMUXERS + SOUND_DEMUXERS  # sound files open too, for a message that names the missing picture
    try:
        container = av.open(
            f"file:{path.absolute()}",  # with an explicit protocol, characters such as - : % in a name have no meaning
            container_options={"format_whitelist": ",".join(demuxers), "protocol_whitelist": "file"},
            options={"max_pixels": str(limits.max_pixels)},
            metadata_errors="replace",
        )
    except FAULTS as fault:
        raise kind(f"{name} is damaged or incomplete: it cannot be opened.") from fault
    with container:
        if names_a_key(container, "audio" if sound else "video"):
            raise kind(ENCRYPTED.format(name))
        yield container


def check_file(path: Path, limits: Limits, sound: bool) -> None:
    """Check existence, size and first bytes, without a demuxer. Raises UnreadableVideo, UnreadableAudio, TooLarge."""
    kind, wanted = (UnreadableAudio, SOUND_NAMES) if sound else (UnreadableVideo, PICTURE_NAMES)
    name = display_name(path.name)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise kind(f"{name} is not a file.")
        if status.st_size > limits.max_bytes:
            size, most, raised = status.st_size / 2**20, limits.max_bytes / 2**20, limits.raised_by("max_bytes")
            raise TooLarge(f"{name} has {size:.1f} MB; at most {most:g} MB are allowed ({raised}).")
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as fault:
        raise kind(f"There is no file {display_name(path)}.") from fault
    except (OSError, ValueError) as fault:  # ValueError: a null byte in the name
        raise kind(f"{name} cannot be read.") from fault
    if not head:
        raise kind(f"{name} is empty.")
    if is_encrypted(path, sound):
        raise kind(ENCRYPTED.format(name))
    if head[8:16] == b"WEBPVP8X" and len(head) > 20 and head[20] & 2:
        raise kind(f"{name} is an animated WebP, which a2s cannot decode; it opens an animated png, a gif or an mp4.")
    if is_still(head):
        raise kind(f"{name} is a still picture; a2s needs {'a recording' if sound else 'a video'} ({wanted}).")
    if not sound and (codec := raw_stream(head)):
        raise kind(
            f"{name} is a raw {codec} stream, which has no time stamps; a container with its frame rate opens:"
            " ffmpeg -framerate 25 -i INPUT -c copy OUTPUT.mp4."
        )
    if not (is_picture_container(head) or is_sound_file(head)):
        advice = "" if sound else f"; most other formats are converted by: {CONVERT}"
        raise kind(f"{name} is not {'a recording' if sound else 'a video'} that a2s opens ({wanted}){advice}.")


def is_still(head: bytes) -> bool:
    """Whether the first bytes are those of png, jpeg, bmp, tiff, webp, heic or avif. An animated png is no still."""
    if is_animated_png(head):
        return False
    starts = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*")
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return head.startswith(starts) or webp or (head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS)


def is_animated_png(head: bytes) -> bool:
    """Whether the first bytes are those of a png with an animation."""
    return head.startswith(b"\x89PNG\r\n\x1a\n") and b"acTL" in head[: max(head.find(b"IDAT"), 0)]


def raw_stream(head: bytes) -> str:
    """H.264 or HEVC where the first bytes are those of a stream without a container, else ""."""
    start = 3 if head.startswith(b"\0\0\1") else 4 if head.startswith(b"\0\0\0\1") else 0
    if not start or len(head) <= start:
        return ""
    first = head[start]
    if first in (0x09, 0x27, 0x47, 0x67, 0x06):  # access unit delimiter, parameter sets, message
        return "H.264"
    return "HEVC" if first in (0x40, 0x42, 0x44, 0x46, 0x4E) else ""


def is_picture_container(head: bytes) -> bool:
    """Whether the first bytes are those of a container that can hold moving pictures."""
    transport = any(
        head[first] == 0x47 and all(head[first + k * step : first + k * step + 1] == b"\x47" for k in (1, 2, 3))
        for step in (188, 192, 204)
        for first in range(min(step, len(head)))
    )
    dv = head[:3] == b"\x1f\x07\x00" and head[3:4] in (b"\x3f", b"\xbf")
    return (
        head[4:8] in MP4_BOXES
        or head.startswith((b"\x1aE\xdf\xa3", b"GIF87a", b"GIF89a", b"OggS", b"FLV\x01", b"\0\0\x01\xba"))
        or head.startswith((ASF, MXF, b"YUV4MPEG2 "))
        or dv
        or is_animated_png(head)
        or (head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"))
        or transport
    )


def is_sound_file(head: bytes) -> bool:
    """Whether the first bytes are those of wav, flac, mp3 or aac (ogg and m4a are containers for pictures too)."""
    wave = head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE"
    mpeg_audio = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return wave or mpeg_audio or head.startswith((b"fLaC", b"ID3"))


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet]:
    """Yield the packets of `streams` that are not empty, up to the end of the file or to where it breaks off."""
    while True:
        try:
            yield from (packet for packet in container.demux(*streams) if packet.size)
            return
        except IndexError:  # PyAV raises it for a packet of a stream that appears midway; skip that packet
            continue
        except FAULTS:
            return


@overload
def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]: ...
@overload
def decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]: ...
def decoded(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[Frame]:
    """Yield the frames of `stream`; skip packets that do not decode."""
    context: VideoCodecContext | AudioCodecContext = stream.codec_context
    for packet in chain(packets(container, stream), [None]):
        try:
            frames = context.decode(packet)
        except FAULTS:
            continue
        yield from frames


def picture_stream(container: InputContainer, name: str) -> VideoStream:
    """The video stream; a cover picture does not count. Raises UnreadableVideo."""
    moving = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not moving:
        holds = "sound only, no picture" if container.streams.audio else "no picture in it"
        raise UnreadableVideo(f"{name} has {holds}; a2s needs a video.")
    best = container.streams.best("video")
    stream = best if best in moving else moving[0]
    if stream.codec_context is None:
        raise UnreadableVideo(f"{name} holds a kind of picture that a2s cannot decode.")
    return stream


def time_base_of(stream: VideoStream, name: str) -> Fraction:
    """Seconds per tick of a stream's time stamps. Raises UnreadableVideo for a stream without time stamps."""
    if not stream.time_base:
        raise UnreadableVideo(f"{name} is damaged or incomplete: its picture has no time stamps.")
    return stream.time_base
