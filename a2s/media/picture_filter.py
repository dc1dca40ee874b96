"""Filters of libavfilter for frames that are encoded: fields, crop, transparency, colours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

import av
import av.filter
from av.video.frame import VideoFrame

from a2s.media.picture_plan import Treatment

TO_BT709 = "out_color_matrix=bt709:out_range=tv:out_primaries=bt709:out_transfer=bt709:intent=perceptual:flags=bicubic"
"""libswscale's colour mapping. From HDR it compresses highlights in ICtCp with a curve as in ITU-R BT.2390, up to the
peak that the mastering display states (without one, 10 000 cd/m2)."""

Timed = tuple[int, VideoFrame]
"""Time in ticks, frame."""


def filtered(frames: Iterator[Timed], treatment: Treatment) -> Iterator[Timed]:
    """Yield each frame, treated, with its own time; as many as there are. Their size or format may change midway."""
    if not treatment:
        yield from frames
        return
    graph = _Graph(treatment)
    for ticks, frame in frames:
        yield from graph.push(ticks, frame)
    yield from graph.finish()


class _Graph:
    """A chain of filters that is built again when the size or the format of the frames changes."""

    def __init__(self, treatment: Treatment) -> None:
        self.treatment = treatment
        self.kind: tuple | None = None
        self.graph: av.filter.Graph | None = None
        self.waiting: deque[int] = deque()
        self.pushed = 0

    def push(self, ticks: int, frame: VideoFrame) -> Iterator[Timed]:
        """Yield the frames that this one completes: a deinterlacer waits for the next frame."""
        kind = frame.width, frame.height, frame.format.name, frame.color_trc, frame.color_primaries, frame.colorspace
        if kind != self.kind:
            yield from self.finish()
            self.kind, self.graph = kind, _built(frame, self.treatment)
        frame.pts, frame.time_base = self.pushed, Fraction(1, 25)  # any even times; its own are in `waiting`
        self.pushed += 1
        self.waiting.append(ticks)
        assert self.graph is not None
        self.graph.push(frame)
        yield from self._ready()

    def finish(self) -> Iterator[Timed]:
        """Yield the frames that are still waiting."""
        if self.graph is not None:
            self.graph.push(None)
            yield from self._ready()
        self.graph, self.kind = None, None
        self.waiting.clear()

    def _ready(self) -> Iterator[Timed]:
        while self.waiting and self.graph is not None:
            try:
                frame = self.graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, VideoFrame)
            yield self.waiting.popleft(), frame


def _built(frame: VideoFrame, treatment: Treatment) -> av.filter.Graph:
    graph = av.filter.Graph()
    last = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    for name, options in _chain(frame, treatment):
        step = graph.add(name, options)
        last.link_to(step)
        last = step
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _chain(frame: VideoFrame, treatment: Treatment) -> Iterator[tuple[str, str]]:
    """(name, options) of the filters."""
    if treatment.deinterlace:
        yield "bwdif", "mode=send_frame:parity=auto:deint=interlaced"
    if treatment.crop:
        left, top, right, bottom = treatment.crop
        size = max(frame.width - left - right, 2), max(frame.height - top - bottom, 2)
        yield "crop", f"{size[0]}:{size[1]}:{left}:{top}:exact=1"
    if treatment.flatten:
        yield "format", _with_alpha(frame)
        yield "premultiply", "inplace=1"
    if treatment.fit:
        side = treatment.fit
        yield "scale", f"{side}:{side}:force_original_aspect_ratio=decrease:force_divisible_by=2:reset_sar=0"
    if treatment.to_bt709:
        yield "scale", TO_BT709
        yield "format", "yuv420p"


def _with_alpha(frame: VideoFrame) -> str:
    """A planar format with transparency that `premultiply` takes, as near as possible to the frame's own."""
    return frame.format.name if frame.format.name.startswith(("yuva4", "gbrap")) else "gbrap"
