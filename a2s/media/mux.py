"""Combine a video's picture with a new soundtrack in one mp4."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from a2s.audio.resampling import of_length
from a2s.errors import Cancelled, CannotWrite, UnreadableVideo
from a2s.io import atomic_file, display_name
from a2s.media.child import isolated
from a2s.media.decode import timed
from a2s.media.encode import ENCODED_TICKS, add_h264, open_mp4, prepare
from a2s.media.probe import UPRIGHT, decoded_picture, display_matrix, first_frame, probe_timeline
from a2s.media.soundtrack import Soundtrack, mixed
from a2s.media.source import FAULTS, open_media, packets, picture_stream
from a2s.media.timeline import Timeline
from a2s.settings import DELIVERY, Limits

SOUND_FRAME = 1024
"""Samples of an AAC frame."""

STRIDE = 64
"""Packets after which the child reports progress."""

COPIED = {
    "h264": ("yuv420p", "yuvj420p"),
    "vp9": ("yuv420p",),
    "av1": ("yuv420p", "yuv420p10le"),
}
"""Codecs and pixel formats that current Chrome, Firefox and Safari play in mp4. HEVC is not one of them: it plays on
some hardware only, and a dub without a picture is worse than one that was encoded again."""


def mux_soundtrack(
    video: str | os.PathLike,
    soundtrack: Soundtrack,
    out: str | os.PathLike,
    limits: Limits | None = None,
    comment: str | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bool:
    """Write `video`'s picture with `soundtrack` as its only sound to `out`, an .mp4.

    The picture's packets are copied bit for bit where mp4 and browsers allow it (`COPIED`), else encoded again as
    H.264 of constant quality, each frame at its own time. The first frame and the first sample are at time 0; the sound
    is cut or padded to the length of the picture. The rotation stays as the file states it. The write is atomic.
    comment: text for the file's comment tag. cancelled: called about once per second of film; True stops the writing.
    Returns whether the picture was copied. Raises CannotWrite, UnreadableVideo, TooLarge, Cancelled.
    """
    video, out = Path(video), Path(out)
    if out.suffix.lower() != ".mp4":
        raise CannotWrite(f"{display_name(out.name)} must end in .mp4.")
    if out.exists() and video.exists() and out.samefile(video):
        raise CannotWrite(f"{display_name(out.name)} is the video itself; choose another name for the dub.")
    with atomic_file(out) as part:
        steps = _write_isolated(video, soundtrack.without_action(), part, out, comment, limits=limits or Limits())
        copied = False
        for step in steps:
            if cancelled and cancelled():
                raise Cancelled("The dub was cancelled.")
            copied = bool(step)
    return copied


def write_steps(
    video: Path, soundtrack: Soundtrack, part: Path, out: Path, comment: str | None, *, limits: Limits
) -> Iterator[bool | None]:
    """Write the file of `mux_soundtrack` as `part`, in a child. Yields None regularly, and at the end whether the
    picture was copied.

    out: the file's name in messages.
    """
    timeline = probe_timeline(video, limits)
    for may_copy in (True, False):
        try:
            with open_mp4(part) as container:
                if comment:
                    container.metadata["comment"] = comment
                copied = yield from _write(container, video, timeline, soundtrack, limits, may_copy)
            if not may_copy or len(probe_timeline(part, limits).times) == len(timeline.times):
                break
        except OSError as fault:
            reason = fault.strerror or "the disk refuses"
            raise CannotWrite(f"{display_name(out)} cannot be written: {reason}.") from fault
        except (*FAULTS, UnreadableVideo) as fault:  # packets that mp4 cannot hold unchanged
            if not may_copy:
                raise UnreadableVideo(f"The picture of {display_name(video.name)} cannot be written as mp4.") from fault
    yield copied


_write_isolated = isolated(write_steps, UnreadableVideo, writes=True)


def _write(
    out: OutputContainer,
    video: Path,
    timeline: Timeline,
    soundtrack: Soundtrack,
    limits: Limits,
    may_copy: bool,
) -> Generator[None, None, bool]:
    """Fill the container. Yields every `STRIDE` packets; returns whether the picture was copied."""
    name = display_name(video.name)
    with open_media(video, limits) as container:
        source = picture_stream(container, name)
        frame = first_frame(container, source, name, limits)
        copied = may_copy and can_copy(source, timeline)
        if copied:
            picture = out.add_stream_from_template(source, opaque=True)
        else:
            rate = source.average_rate or source.guessed_rate or Fraction(25)
            picture = add_h264(out, frame, rate, source.sample_aspect_ratio or Fraction(1))
        if (matrix := display_matrix(frame)) != UPRIGHT:
            picture.set_display_matrix(matrix)
    sound = out.add_stream("aac", rate=DELIVERY.sample_rate, layout="stereo", bit_rate=DELIVERY.aac_bits)
    out.start_encoding()
    with open_media(video, limits) as container:  # opened again, because the first frame was read from it
        source = picture_stream(container, name)
        if copied:
            shown_packets = _copied(container, source, picture, timeline)
        else:
            shown_packets = _encoded(decoded_picture(container, source, limits), picture, timeline)
        heard_packets = _sound(soundtrack, timeline.seconds, sound, limits)
        for number, packet in enumerate(heapq.merge(shown_packets, heard_packets, key=_decode_time)):
            out.mux(packet)
            if number % STRIDE == 0:
                yield
    return copied


def _decode_time(packet: Packet) -> Fraction:
    assert packet.dts is not None and packet.time_base is not None, "an encoded packet has a decode time"
    return packet.dts * packet.time_base


def can_copy(stream: VideoStream, timeline: Timeline) -> bool:
    """Whether an mp4 can hold the stream's packets unchanged and browsers can play them."""
    context = stream.codec_context
    family = context.codec.canonical_name
    described = family == "vp9" or bool(context.extradata)
    until = np.flatnonzero(timeline.shown)[-1] + 1
    visible, stamps = timeline.shown[:until], timeline.stamps[:until]
    hidden_inside = (~visible & (stamps >= timeline.start)).any()  # an edit list that cuts inside, not only at the ends
    return context.pix_fmt in COPIED.get(family, ()) and described and timeline.exact and not hidden_inside


def _copied(
    container: InputContainer, source: VideoStream, picture: VideoStream, timeline: Timeline
) -> Iterator[Packet]:
    """Yield the source's packets with new times: the first shown frame at 0, hidden frames of an edit list before it.

    Decode times are the sorted presentation times, shifted so that none is later than its presentation. They ascend
    whatever the container said, and their differences are the durations of the frames.
    """
    count = np.flatnonzero(timeline.shown)[-1] + 1
    stamps = timeline.stamps[:count] - timeline.start
    order = np.sort(stamps)
    lead = int((order - stamps).max())
    lengths = dict(zip(order.tolist(), np.diff(order, append=timeline.end - timeline.start).tolist(), strict=True))
    for k, packet in enumerate(packets(container, source), -timeline.skipped):
        if k < 0:
            continue
        if k >= count:
            return
        packet.stream = picture
        packet.time_base = timeline.time_base
        packet.pts, packet.dts = int(stamps[k]), int(order[k]) - lead
        packet.duration = lengths[int(stamps[k])]
        yield packet


def _encoded(frames: Iterator[av.VideoFrame], picture: VideoStream, timeline: Timeline) -> Iterator[Packet]:
    """Yield the picture as H.264 packets. The first frame begins at 0; each lasts until the next that decodes."""
    lengths: dict[int, int] = {}
    moments = timed(frames, timeline)
    shown = next(moments, None)
    if shown is None:
        raise UnreadableVideo("None of the video's frames can be decoded.")

    def finished(frame: av.VideoFrame | None) -> Iterator[Packet]:
        for packet in picture.encode(frame):
            packet.duration = lengths[packet.pts or 0]
            yield packet

    def ticks(time: int) -> int:
        return round((time - timeline.start) * timeline.time_base / ENCODED_TICKS)

    end = (timeline.end, shown[1])  # its frame is not encoded
    for (time, frame), (until, _) in pairwise(chain([(timeline.start, shown[1])], moments, [end])):
        lengths[ticks(time)] = ticks(until) - ticks(time)
        yield from finished(prepare(frame, picture, ticks(time)))
    yield from finished(None)


def _sound(soundtrack: Soundtrack, seconds: float, stream: AudioStream, limits: Limits) -> Iterator[Packet]:
    """Yield AAC packets of exactly `seconds`.

    AAC comes in frames of 1024 samples. Every player honours an edit list at the start (AAC's priming samples need it),
    but not at the end. So the last frame ends with the picture, and the silence that completes the frames precedes
    time 0.
    """
    total, rate, channels = DELIVERY.samples(seconds), DELIVERY.sample_rate, DELIVERY.channels
    run_up = -total % SOUND_FRAME
    blocks = (block.mix for block in mixed(soundtrack, seconds, limits))
    pieces = chain([np.zeros((run_up, channels), np.float32)], blocks)
    for number, piece in enumerate(of_length(pieces, run_up + total, channels, SOUND_FRAME)):
        planes = np.ascontiguousarray(np.clip(piece, -1, 1).T)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = number * SOUND_FRAME - run_up
        yield from stream.encode(frame)
    yield from stream.encode(None)
