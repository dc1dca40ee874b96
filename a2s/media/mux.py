"""Combine a film's picture and its further streams with a new soundtrack in one file."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from time import monotonic

from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from a2s.errors import Cancelled, CannotWrite, UnreadableVideo
from a2s.io import atomic_file, display_name
from a2s.media.child import isolated
from a2s.media.containers import Container, container_of, open_output
from a2s.media.crop import read_crop
from a2s.media.grafts import Grafts, finish
from a2s.media.kept import KeptStreams, described, grafts_for, replaced_track
from a2s.media.picture_packets import add_picture, copied_packets, encoded_packets
from a2s.media.picture_plan import PicturePlan, is_transparent, plan_picture
from a2s.media.picture_table import PictureChoice
from a2s.media.probe import decoded_picture, first_frame, probe_timeline
from a2s.media.sound_packets import sound_packets
from a2s.media.soundtrack import Soundtrack
from a2s.media.source import FAULTS, open_media, picture_stream
from a2s.media.start_timecode import timecode_of
from a2s.media.streams import MuxReport
from a2s.media.tags import film_tags, fitting_timecode, keep_chapters, stream_tags
from a2s.media.timeline import Timeline
from a2s.settings import DELIVERY, Limits

STRIDE = 64
"""Packets after which the child reports progress."""

SHARE_SECONDS = 0.3
"""Seconds after which it does so in any case: a packet of an encoded UHD picture takes long."""


def mux_soundtrack(
    video: str | os.PathLike,
    soundtrack: Soundtrack,
    out: str | os.PathLike,
    limits: Limits | None = None,
    comment: str | None = None,
    cancelled: Callable[[], bool] | None = None,
    picture: PictureChoice = "copy",
    on_share: Callable[[float], object] | None = None,
) -> MuxReport:
    """Write `video`'s picture with `soundtrack` as its first sound track to `out`.

    The name of `out` chooses the container: .mp4, .mov or .mkv. The picture's packets are copied bit for bit where the
    container holds them, else encoded as H.264 of constant quality, each frame at its own time. The
    first frame and the first sample are at time 0; the sound is cut or padded to the length of the picture. Further
    sound tracks, subtitles, chapters, tags and the other streams are kept where the container holds them (`kept`).
    The write is atomic.
    comment: text for the file's comment tag. cancelled: called about once per second of film; True stops the writing.
    picture: whether it may be copied. on_share: called as often, with the part of the film that is written, 0 to 1.
    Returns what became of each stream. Raises CannotWrite, UnreadableVideo, TooLarge, Cancelled.
    """
    video, out = Path(video), Path(out)
    container_of(out)
    if out.exists() and video.exists() and out.samefile(video):
        raise CannotWrite(f"{display_name(out.name)} is the video itself; choose another name for the dub.")
    with atomic_file(out) as part:
        steps = _write_isolated(
            video, soundtrack.without_action(), part, out, comment, picture, limits=limits or Limits()
        )
        report = None
        for step in steps:
            if cancelled and cancelled():
                raise Cancelled("The dub was cancelled.")
            if isinstance(step, MuxReport):
                report = step
            elif on_share:
                on_share(step)
    assert report is not None, "the child ends with a report"
    return report


@dataclass(frozen=True)
class _Attempt:
    """How a file is written. may_copy: the picture. refused: streams to leave out, by index, with the reason."""

    video: Path
    timeline: Timeline
    target: Container
    comment: str | None
    choice: PictureChoice
    limits: Limits
    may_copy: bool = True
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The film's name in messages."""
        return display_name(self.video.name)


class _RefusedPacket(Exception):
    """The writer refuses a packet of a kept stream; its index is the argument."""


def write_steps(
    video: Path,
    soundtrack: Soundtrack,
    part: Path,
    out: Path,
    comment: str | None,
    choice: PictureChoice = "copy",
    *,
    limits: Limits,
) -> Iterator[MuxReport | float]:
    """Write the file of `mux_soundtrack` as `part`, in a child. Yields the part that is done regularly, and
    at the end the report.

    out: the file's name in messages.
    """
    attempt = _Attempt(video, probe_timeline(video, limits), container_of(out), comment, choice, limits)
    while True:
        target = attempt.target.name
        try:
            with open_output(part, attempt.target) as container:
                report, grafts = yield from _write(container, attempt, soundtrack)
            if grafts and grafts.needed:
                for _ in finish(part, grafts):
                    yield 1.0
            frames = len(attempt.timeline.times)
            if not report.picture_copied or len(probe_timeline(part, limits).times) == frames:
                break
            attempt = replace(attempt, may_copy=False)
        except _RefusedPacket as refusal:
            attempt = replace(attempt, refused=attempt.refused | {refusal.args[0]: f"{target} cannot hold its packets"})
        except OSError as fault:
            reason = fault.strerror or "the disk refuses"
            raise CannotWrite(f"{display_name(out)} cannot be written: {reason}.") from fault
        except (*FAULTS, UnreadableVideo) as fault:  # packets that the container cannot hold unchanged
            if not attempt.may_copy:
                message = f"The picture of {attempt.name} cannot be written as {target}."
                raise UnreadableVideo(message) from fault
            attempt = replace(attempt, may_copy=False)
    yield report


_write_isolated = isolated(write_steps, UnreadableVideo, writes=True)


def _write(
    out: OutputContainer, attempt: _Attempt, soundtrack: Soundtrack
) -> Generator[float, None, tuple[MuxReport, Grafts | None]]:
    """Fill the container. Yields the part that is done, 0 to 1, regularly.

    Returns what became of each stream and what to add.
    """
    limits, timeline, target = attempt.limits, attempt.timeline, attempt.target
    with open_media(attempt.video, limits) as container:
        source = picture_stream(container, attempt.name)
        picture, plan = _add_picture(out, container, source, attempt)
        outcome = replace(described(source), outcome="copied" if plan.copied else "re-encoded", reason=plan.reason)
        sound = out.add_stream("aac", rate=DELIVERY.sample_rate, layout="stereo", bit_rate=DELIVERY.aac_bits)
        picture.disposition = sound.disposition = Disposition.default
        replaced = replaced_track(container, soundtrack.original)
        timecode = fitting_timecode(timecode_of(container, attempt.name), timeline.rate)
        grafts = grafts_for(container, target, timeline)
        mixed = soundtrack.original is not None
        kept = KeptStreams(target, timeline, replaced, timecode, attempt.refused, grafts, mixed)
        with open_media(attempt.video, limits) as beginning:
            kept.add(beginning, source.index, out)
        tags = film_tags(container.metadata, attempt.comment)
        kept.add_tags(tags, container, out, picture)
        if grafts is not None:
            grafts.take_picture_boxes(source.id, outcome.outcome == "copied")
            if grafts.needed:
                out.options.pop("movflags")  # `finish` moves the index to the front
        chapters = keep_chapters(container, out, timeline)
    out.start_encoding()
    with ExitStack() as open_files:  # opened again, because the first frame was read from it
        reader, further = (open_files.enter_context(open_media(attempt.video, limits)) for _ in range(2))
        source = picture_stream(reader, attempt.name)
        if plan.copied:
            shown_packets = copied_packets(reader, source, picture, timeline)
        else:
            frames = decoded_picture(reader, source, limits)
            shown_packets = encoded_packets(frames, picture, timeline, plan.treatment)
        due = 0.0
        heard_packets = sound_packets(soundtrack, timeline.seconds, sound, target.edit_lists, limits)
        for number, packet in enumerate(_interleaved(shown_packets, heard_packets, kept.packets(further))):
            _mux(out, *packet)
            if number % STRIDE == 0 or monotonic() > due:
                due = monotonic() + SHARE_SECONDS
                yield _share(packet[1], timeline.seconds)
    streams = sorted([outcome, *kept.outcomes], key=lambda stream: stream.index)
    return MuxReport(tuple(streams), chapters), grafts


def _add_picture(
    out: OutputContainer, container: InputContainer, source: VideoStream, attempt: _Attempt
) -> tuple[VideoStream, PicturePlan]:
    """Add the picture's stream to the output. Returns it, and what is done with the source's stream."""
    frame = first_frame(container, source, attempt.name, attempt.limits)
    plan = plan_picture(
        source, frame, attempt.timeline, attempt.target, attempt.choice, read_crop(attempt.video), not attempt.may_copy
    )
    picture = add_picture(out, source, frame, attempt.timeline, plan)
    picture.metadata.update(stream_tags(source.metadata))
    if plan.copied and attempt.target.name == "mkv" and is_transparent(source, frame):
        picture.metadata["alpha_mode"] = "1"
    return picture, plan


Numbered = tuple[int | None, Packet]
"""A packet and the index of the kept stream that it comes from; None for picture and sound."""


def _interleaved(picture: Iterator[Packet], sound: Iterator[Packet], kept: Iterator[Numbered]) -> Iterator[Numbered]:
    """Yield all packets, in the order of their decode times."""
    made = (((None, packet) for packet in packets) for packets in (picture, sound))
    yield from heapq.merge(*made, kept, key=_decode_time)


def _decode_time(numbered: Numbered) -> Fraction:
    packet = numbered[1]
    assert packet.dts is not None and packet.time_base is not None, "an encoded packet has a decode time"
    return packet.dts * packet.time_base


def _share(packet: Packet, seconds: float) -> float:
    """The part of the film that is written when this packet is, 0 to 1."""
    return min(max(float(packet.dts * packet.time_base) / seconds, 0.0), 1.0)  # type: ignore[operator]


def _mux(out: OutputContainer, index: int | None, packet: Packet) -> None:
    """Write a packet. Raises _RefusedPacket for one of a kept stream that the container cannot hold."""
    try:
        out.mux(packet)
    except OSError:
        raise
    except FAULTS as fault:
        if index is None:
            raise
        raise _RefusedPacket(index) from fault
