"""Combine a video's picture with a new soundtrack in one mp4."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import chain, pairwise, repeat
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from a2s.errors import Cancelled, CannotWrite, UnreadableVideo
from a2s.io import atomic_file, display_name
from a2s.media.child import isolated
from a2s.media.decode import timed
from a2s.media.encode import add_h264, encoded_base, open_mp4, prepare
from a2s.media.probe import UPRIGHT, decoded_picture, display_matrix, first_frame, probe_timeline
from a2s.media.source import FAULTS, open_media, packets, picture_stream
from a2s.media.timeline import Timeline
from a2s.settings import Limits

SOUND_RATE, SOUND_BITS, SOUND_FRAME = 48_000, 192_000, 1024
"""AAC, stereo, 48 kHz, in Hz, bit/s and samples: every browser and editor reads it."""

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
    waveform: np.ndarray,
    sample_rate: int,
    out: str | os.PathLike,
    limits: Limits | None = None,
    comment: str | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bool:
    """Write `video`'s picture with `waveform` (n,) float in [-1, 1] as its only soundtrack to `out`, an .mp4.

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
    if np.ndim(waveform) != 1:
        raise ValueError(f"waveform must have the shape (n,), not {np.shape(waveform)}")
    with atomic_file(out) as part:
        steps = _write_isolated(
            video, np.asarray(waveform, np.float32), sample_rate, part, out, comment, limits=limits or Limits()
        )
        copied = False
        for step in steps:
            if cancelled and cancelled():
                raise Cancelled("The dub was cancelled.")
            copied = bool(step)
    return copied


def write_steps(
    video: Path, waveform: np.ndarray, sample_rate: int, part: Path, out: Path, comment: str | None, *, limits: Limits
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
                copied = yield from _write(container, video, timeline, waveform, sample_rate, limits, may_copy)
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
    waveform: np.ndarray,
    sample_rate: int,
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
            picture.time_base = timeline.placed_base
        else:
            picture = add_h264(out, frame, timeline.rate, encoded_base(timeline), source.sample_aspect_ratio)
        if (matrix := display_matrix(frame)) != UPRIGHT:
            picture.set_display_matrix(matrix)
    sound = out.add_stream("aac", rate=SOUND_RATE, layout="stereo", bit_rate=SOUND_BITS)
    out.start_encoding()
    with open_media(video, limits) as container:  # opened again, because the first frame was read from it
        source = picture_stream(container, name)
        if copied:
            shown_packets = _copied(container, source, picture, timeline)
        else:
            shown_packets = _encoded(decoded_picture(container, source, limits), picture, timeline)
        heard_packets = _sound(waveform, sample_rate, timeline.seconds, sound)
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
    stamps = timeline.placed(timeline.stamps[:count])
    order = np.sort(stamps)
    lead = int((order - stamps).max())
    lengths = dict(zip(order.tolist(), np.diff(order, append=timeline.placed(timeline.end)).tolist(), strict=True))
    for k, packet in enumerate(packets(container, source), -timeline.skipped):
        if k < 0:
            continue
        if k >= count:
            return
        packet.stream = picture
        packet.time_base = timeline.placed_base
        packet.pts, packet.dts = int(stamps[k]), int(order[k]) - lead
        packet.duration = lengths[int(stamps[k])]
        yield packet


def _encoded(frames: Iterator[av.VideoFrame], picture: VideoStream, timeline: Timeline) -> Iterator[Packet]:
    """Yield the picture as H.264 packets. The first frame begins at 0; each lasts until the next that decodes."""
    lengths: dict[int, int] = {}
    base = encoded_base(timeline)
    moments = timed(frames, timeline)
    shown = next(moments, None)
    if shown is None:
        raise UnreadableVideo("None of the video's frames can be decoded.")

    def finished(frame: av.VideoFrame | None) -> Iterator[Packet]:
        for packet in picture.encode(frame):
            packet.duration = lengths[packet.pts or 0]
            yield packet

    def ticks(time: int) -> int:
        return round(int(timeline.placed(time)) * timeline.placed_base / base)

    end = (timeline.end, shown[1])  # its frame is not encoded
    for (time, frame), (until, _) in pairwise(chain([(timeline.start, shown[1])], moments, [end])):
        lengths[ticks(time)] = ticks(until) - ticks(time)
        yield from finished(prepare(frame, picture, ticks(time), base))
    yield from finished(None)


def _sound(waveform: np.ndarray, sample_rate: int, seconds: float, stream: AudioStream) -> Iterator[Packet]:
    """Yield AAC packets of exactly `seconds`, the waveform in both channels.

    AAC comes in frames of 1024 samples. Every player honours an edit list at the start (AAC's priming samples need it),
    but not at the end. So the last frame ends with the picture, and the silence that completes the frames precedes
    time 0.
    """
    total = round(seconds * SOUND_RATE)
    run_up = -total % SOUND_FRAME
    for time, block in enumerate(_blocks(waveform, sample_rate, run_up, total)):
        frame = av.AudioFrame.from_ndarray(np.repeat(block[None], 2, axis=0), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
        frame.pts = time * SOUND_FRAME - run_up
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _blocks(waveform: np.ndarray, sample_rate: int, run_up: int, total: int) -> Iterator[np.ndarray]:
    """Yield frames of 1024 samples at 48 kHz: `run_up` of silence, then `total`: the waveform, then silence."""
    waveform = np.clip(np.nan_to_num(np.asarray(waveform, np.float32)), -1, 1)

    def pieces() -> Iterator[np.ndarray]:
        yield np.zeros(run_up, np.float32)
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE)
        for first in range(0, len(waveform), sample_rate):  # second by second, to bound the memory
            second = waveform[None, first : first + sample_rate]
            frame = av.AudioFrame.from_ndarray(second, format="fltp", layout="mono")
            frame.sample_rate, frame.time_base = sample_rate, Fraction(1, sample_rate)
            yield from (piece.to_ndarray()[0] for piece in resampler.resample(frame))
        yield from (piece.to_ndarray()[0] for piece in (resampler.resample(None) if len(waveform) else ()))
        yield from repeat(np.zeros(SOUND_FRAME, np.float32))

    supply, held = pieces(), np.zeros(0, np.float32)
    for _ in range((run_up + total) // SOUND_FRAME):
        while len(held) < SOUND_FRAME:
            held = np.concatenate([held, next(supply)])
        yield held[:SOUND_FRAME]
        held = held[SOUND_FRAME:]
