"""Which pictures a container holds unchanged, and which of them browsers play."""

from __future__ import annotations

from typing import Literal

PictureChoice = Literal["copy", "h264", "browser"]
"""copy: the picture's packets are kept where the container holds them, else the picture becomes H.264. h264: it becomes
H.264 in any case, for Premiere, QuickTime and the web. browser: packets are kept where every browser plays them,
else a small H.264 picture is made, for a page's player."""

_ALL = ("mp4", "mov", "mkv")

COPIED: dict[str, tuple[str, ...]] = {
    "h264": _ALL,
    "hevc": _ALL,
    "mpeg4": _ALL,
    "av1": ("mp4", "mkv"),
    "vp9": ("mp4", "mkv"),
    "vp8": ("mkv",),
    "ffv1": ("mkv",),
    "mpeg1video": ("mov", "mkv"),
    "mpeg2video": ("mov", "mkv"),
    "prores": ("mov", "mkv"),
    "mjpeg": ("mov", "mkv"),
    "jpeg2000": ("mov", "mkv"),
    "dnxhd": ("mov",),
    "cfhd": ("mov",),
    "png": ("mov",),
    "qtrle": ("mov",),
    "v210": ("mov",),
    "r210": ("mov",),
    "hap": ("mov",),
    "dvvideo": ("mov",),
    "magicyuv": ("mov",),
    "cinepak": ("mov",),
    "svq1": ("mov",),
}
"""By codec: the containers in which its packets stand unchanged. A codec that is not listed is encoded again. mp4 holds
more by the letter (MPEG-2, png, FFV1), but no player or editor expects it there."""

NEEDS_HEADER = ("h264", "hevc", "av1", "mpeg4", "ffv1")
"""Codecs whose packets cannot be decoded without the settings that the container stores."""

BROWSERS = {
    "h264": ("yuv420p", "yuvj420p"),
    "vp9": ("yuv420p",),
    "av1": ("yuv420p", "yuv420p10le"),
}
"""Codecs and pixel formats that current Chrome, Firefox and Safari play in mp4. HEVC is not one of them: it plays on
some hardware only."""


FOR_THE_WEB = ("vp8", "vp9", "av1")
"""Codecs that QuickTime and Premiere refuse in mp4."""


def holds(container: str, codec: str) -> bool:
    """Whether a container ("mp4", "mov" or "mkv") holds a codec's packets unchanged."""
    return container in COPIED.get(codec, ())


def plays_in_browsers(codec: str, pixel_format: str) -> bool:
    """Whether every current browser plays such a picture in an mp4."""
    return pixel_format in BROWSERS.get(codec, ())
