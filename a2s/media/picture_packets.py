"""The picture of a dub as packets: copied from the film, or encoded as H.264."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from a2s.errors import UnreadableVideo
from a2s.media.containers import Container
from a2s.media.decode import timed
from a2s.media.encode import encoded_base, prepare
from a2s.media.source import packets
from a2s.media.timeline import Timeline

COPIED = {
    "h264": ("yuv420p", "yuvj420p"),
    "vp9": ("yuv420p",),
    "av1": ("yuv420p", "yuv420p10le"),
}
"""Codecs and pixel formats that current Chrome, Firefox and Safari play in mp4. HEVC is not one of them: it plays on
some hardware only, and a dub without a picture is worse than one that was encoded again."""


def can_copy(stream: VideoStream, timeline: Timeline, target: Container) -> bool:
    """Whether `target` can hold the stream's packets unchanged and browsers can play them."""
    context = stream.codec_context
    family = context.codec.canonical_name
    described = family == "vp9" or bool(context.extradata)
    until = np.flatnonzero(timeline.shown)[-1] + 1
    visible, stamps = timeline.shown[:until], timeline.stamps[:until]
    hidden_inside = (~visible & (stamps >= timeline.start)).any()  # an edit list that cuts inside, not only at the ends
    hidden = hidden_inside if target.edit_lists else not visible.all()
    return context.pix_fmt in COPIED.get(family, ()) and described and timeline.exact and not hidden


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


def encoded_packets(frames: Iterator[av.VideoFrame], picture: VideoStream, timeline: Timeline) -> Iterator[Packet]:
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
