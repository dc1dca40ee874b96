"""Decide whether a film's picture is copied or encoded as H.264, how its frames change, and say why."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from a2s.media.containers import Container
from a2s.media.picture_table import FOR_THE_WEB, NEEDS_HEADER, PictureChoice, holds, plays_in_browsers
from a2s.media.timeline import Timeline

HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""Transfer functions of HDR pictures, by their number in ITU-T H.273."""
SDR_PRIMARIES = (0, 1, 2, 4, 5, 6, 7)
"""Colour primaries of standard-definition and HD pictures, or unspecified ones. Others are wider: BT.2020, P3."""
PROGRESSIVE = (0, 1)
"""Field orders of libavcodec: unknown, progressive. The others are interlaced."""

PLAYER_SIDE = 960
"""Longest side in pixels of a picture that is encoded only to be shown on a page."""

Crop = tuple[int, int, int, int]
"""Pixels that are cut from the left, top, right and bottom of the stored picture."""


@dataclass(frozen=True)
class Treatment:
    """What happens to the frames of a picture that is encoded, in this order."""

    deinterlace: bool = False
    crop: Crop | None = None
    flatten: bool = False  # transparency, over black
    to_bt709: bool = False  # from HDR or a wide colour space
    fit: int | None = None  # longest side in pixels; a larger picture becomes smaller

    def __bool__(self) -> bool:
        return self != Treatment()


@dataclass(frozen=True)
class PicturePlan:
    """reason: why the picture is not copied unchanged, as a clause; "" where it is. treatment: of encoded frames."""

    copied: bool
    reason: str
    treatment: Treatment = Treatment()


def plan_picture(
    source: VideoStream, frame: av.VideoFrame, timeline: Timeline, target: Container, choice: PictureChoice,
    crop: Crop | None = None, refused: bool = False,
) -> PicturePlan:  # fmt: skip
    """The plan for a picture.

    frame: the first one. crop: that the file states. refused: the target's writer has refused the packets before.
    """
    codec, pixels = source.codec_context.codec.canonical_name, source.codec_context.pix_fmt or ""
    fit = None
    if choice == "h264":
        obstacle = "as asked"
    elif choice == "browser" and not plays_in_browsers(codec, pixels):
        obstacle = "which every browser plays"
        fit = PLAYER_SIDE
    else:
        obstacle = _obstacle(source, timeline, target, refused)
    transparent = is_transparent(source, frame)
    if not obstacle:
        notes = [_lost_transparency(codec, target)] if transparent else []
        if choice == "copy" and target.name == "mp4" and codec in FOR_THE_WEB:
            notes.append("QuickTime and Premiere refuse it, --picture h264 converts it")
        return PicturePlan(True, "; ".join(filter(None, notes)))
    treatment = Treatment(
        deinterlace=frame.interlaced_frame or source.codec_context.field_order not in PROGRESSIVE,
        crop=crop,
        flatten=has_alpha(frame.format),
        to_bt709=frame.color_trc in HDR_TRANSFERS or frame.color_primaries not in SDR_PRIMARIES,
        fit=fit if fit is not None and fit < max(frame.width, frame.height) else None,
    )
    changes = [f"as H.264, {obstacle}", *_changes(frame, treatment, transparent)]
    return PicturePlan(False, "; ".join(changes), treatment)


def _obstacle(source: VideoStream, timeline: Timeline, target: Container, refused: bool) -> str:
    """Why the packets cannot be copied; "" where they can."""
    codec = source.codec_context.codec.canonical_name
    if not holds(target.name, codec):
        better = next((name for name in ("mov", "mkv") if holds(name, codec)), None)
        return f"because {target.name} cannot hold {codec}" + (f" ({better} holds it unchanged)" if better else "")
    if refused:
        return f"because {target.name} refuses its packets"
    if codec in NEEDS_HEADER and not source.codec_context.extradata:
        return "because the file lacks the settings of its decoder"
    if not timeline.exact:
        return "because the file states no presentation times"
    return "because an edit list hides frames inside it" if _hides_frames(timeline, target) else ""


def _hides_frames(timeline: Timeline, target: Container) -> bool:
    """Whether frames are hidden where the target cannot hide them."""
    until = np.flatnonzero(timeline.shown)[-1] + 1
    visible, stamps = timeline.shown[:until], timeline.stamps[:until]
    inside = ~visible & (stamps >= timeline.start)  # otherwise they are hidden at the ends only
    return bool(inside.any() if target.edit_lists else not visible.all())


def has_alpha(pixels: VideoFormat) -> bool:
    """Whether the pixel format has a channel of transparency."""
    return any(component.is_alpha for component in pixels.components) or pixels.has_palette


def is_transparent(source: VideoStream, frame: av.VideoFrame) -> bool:
    """Whether the picture may be transparent. WebM stores transparency beside the packets, not in the pixel format."""
    tags = {key.lower(): value for key, value in source.metadata.items()}
    return tags.get("alpha_mode") == "1" or has_alpha(frame.format)


def _lost_transparency(codec: str, target: Container) -> str:
    beside = codec in ("vp8", "vp9")
    return f"its transparency is lost, because {target.name} cannot hold it" if beside and target.name != "mkv" else ""


def _changes(frame: av.VideoFrame, treatment: Treatment, transparent: bool) -> list[str]:
    """What an encoded picture loses, as clauses."""
    pixels, changes = frame.format, []
    if transparent:
        changes.append("any transparency becomes black" if treatment.flatten else "transparency is lost")
    if treatment.to_bt709:
        kind = HDR_TRANSFERS.get(frame.color_trc)
        changes.append(f"{kind} HDR is tone-mapped to SDR BT.709" if kind else "wide colours are mapped to BT.709")
    bits = max(component.bits for component in pixels.components)
    if bits > 8:
        changes.append(f"{bits} bit becomes 8 bit")
    chroma = "" if pixels.is_rgb or pixels.has_palette else _chroma(pixels)
    if chroma not in ("", "4:2:0"):
        changes.append(f"{chroma} becomes 4:2:0")
    if treatment.deinterlace:
        changes.append("deinterlaced")
    if treatment.crop:
        changes.append("cropped as the file states")
    if treatment.fit:
        changes.append(f"made smaller, at most {treatment.fit} pixels wide and high")
    return changes


def _chroma(pixels: VideoFormat) -> str:
    """The chroma subsampling as 4:4:4, 4:2:2, ...; "" for grey."""
    if len(pixels.components) < 3:
        return ""
    across, down = 64 // pixels.chroma_width(64), 64 // pixels.chroma_height(64)
    return {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1", (4, 4): "4:1:0"}.get((across, down), "")
