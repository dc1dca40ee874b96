"""The picture of a dub as packets: copied from the film, or encoded as H.264."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, pairwise

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from a2s.errors import UnreadableVideo
from a2s.media.decode import timed
from a2s.media.encode import Format, add_h264, encoded_base, prepare
from a2s.media.picture_filter import filtered
from a2s.media.picture_plan import PicturePlan, Treatment
from a2s.media.probe import UPRIGHT, display_matrix
from a2s.media.source import packets
from a2s.media.timeline import Timeline


def add_picture(
    out: OutputContainer, source: VideoStream, frame: av.VideoFrame, timeline: Timeline, plan: PicturePlan
) -> VideoStream:
    """Add the stream of the picture to `out`. frame: the first one of the source."""
    if plan.copied:
        picture = out.add_stream_from_template(source, opaque=True)
        picture.time_base = timeline.placed_base
        if timeline.grid:
            picture.codec_context.framerate = timeline.rate  # Matroska states it beside its rounded times
        if out.format.name in ("mp4", "mov") and (tag := _tag(source, out.format.name)):
            picture.codec_context.codec_tag = tag
    else:
        sized = replace(plan.treatment, deinterlace=False, to_bt709=False)
        _, sample = next(filtered(iter([(0, frame)]), sized))
        aspect = source.sample_aspect_ratio or Fraction(1)
        kind = Format(timeline.rate, encoded_base(timeline), aspect, plan.treatment.to_bt709)
        picture = add_h264(out, sample, kind)
    if (matrix := display_matrix(frame)) != UPRIGHT:
        picture.set_display_matrix(matrix)
    return picture


def _tag(source: VideoStream, container: str) -> str:
    """The four-character code of a copied picture; "" lets the writer choose it."""
    codec, tag = source.codec_context.codec.canonical_name, source.codec_context.codec_tag
    if codec == "hevc":  # Apple's players refuse hev1; a Dolby Vision picture has codes of its own
        return "dvh1" if tag in ("dvh1", "dvhe") else "hvc1"
    keeps = codec == "prores" or "mov" in source.container.format.name.split(",")
    return tag if container == "mov" and keeps and tag.isprintable() and tag.strip() else ""


def copied_packets(
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


def encoded_packets(
    frames: Iterator[av.VideoFrame], picture: VideoStream, timeline: Timeline, treatment: Treatment
) -> Iterator[Packet]:
    """Yield the picture as H.264 packets. The first frame begins at 0; each lasts until the next that decodes."""
    lengths: dict[int, int] = {}
    base = encoded_base(timeline)
    moments = filtered(timed(frames, timeline), treatment)
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
