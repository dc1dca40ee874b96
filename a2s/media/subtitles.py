"""Text subtitles in the codec of another container."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from a2s.media.source import FAULTS

TEXT = ("subrip", "ass", "ssa", "webvtt", "mov_text", "text")
"""Codecs of subtitles as text, by ffmpeg's names."""

BITMAPS = ("hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub")
"""Codecs of subtitles as pictures."""

TICKS = Fraction(1, 1000)

STYLES = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""The ASS script that every text codec of ffmpeg decodes to and encodes from."""


def add_text(out: OutputContainer, codec: str) -> SubtitleStream:
    """Add a stream of text subtitles that is encoded."""
    stream = cast(SubtitleStream, out.add_stream(codec))
    stream.codec_context.subtitle_header = STYLES
    stream.codec_context.time_base = stream.time_base = TICKS
    return stream


def converted(packet: Packet, output: Stream) -> Packet | None:
    """The text of a packet, encoded for `output`, at the same time. None where there is no text, as between titles."""
    try:
        text = cast(SubtitleStream, packet.stream).decode2(packet)
        if not text or not len(text):
            return None
        made = cast(SubtitleStream, output).codec_context.encode_subtitle(text)
    except FAULTS:
        return None
    made.pts, made.dts, made.duration, made.time_base = packet.pts, packet.pts, packet.duration, packet.time_base
    return made
