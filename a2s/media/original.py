"""The original soundtrack of a film at the delivery's rate, folded to stereo, in time with the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from a2s.audio.resampling import resampled
from a2s.errors import UnreadableAudio
from a2s.io import display_name
from a2s.media.decode import GAP_SECONDS
from a2s.media.source import decoded, open_media
from a2s.settings import DELIVERY, Limits

HALF = 0.5**0.5
"""-3 dB, the share of the centre and of the surround channels in each side (ITU-R BS.775-3, table 2)."""

BOTH = ("FC", "BC", "TC", "TFC", "TBC", "BFC")
LEFT = ("BL", "SL", "FLC", "WL", "TFL", "TBL", "TSL", "SDL", "BFL", "SSL", "TTL")
RIGHT = ("BR", "SR", "FRC", "WR", "TFR", "TBR", "TSR", "SDR", "BFR", "SSR", "TTR")
USUAL = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""Layout that is assumed for a number of channels where a file names none."""


@dataclass(frozen=True)
class SoundStream:
    """A sound stream of a file. number: from 1, as players count. default: of those that a player takes by itself."""

    number: int
    codec: str
    layout: str
    sample_rate: int
    title: str = ""
    language: str = ""
    default: bool = False

    @property
    def decodable(self) -> bool:
        """Whether the stream has a decoder."""
        return self.sample_rate > 0

    def __str__(self) -> str:
        named = ", ".join(filter(None, (self.title, self.language, self.layout)))
        return f"{self.number} ({named})"


def sound_streams(path: Path, *, limits: Limits) -> list[tuple]:
    """The values of `SoundStream` for each sound stream of a file, in order. Raises UnreadableVideo, TooLarge."""
    with open_media(path, limits) as container:
        return [_values(number, stream) for number, stream in enumerate(container.streams.audio, 1)]


def _values(number: int, stream: AudioStream) -> tuple:
    context, tags = stream.codec_context, stream.metadata
    codec, layout, rate = (context.codec.canonical_name, context.layout.name, context.sample_rate) if context else (
        "unknown", "", 0,
    )  # fmt: skip
    language = tags.get("language", "")
    default = bool(stream.disposition & Disposition.default) and context is not None
    return number, codec, layout, rate, tags.get("title", ""), "" if language == "und" else language, default


def original_pieces(path: Path, number: int, start: float, limits: Limits) -> Iterator[np.ndarray]:
    """Yield (k, 2) float32 at the delivery's rate. Sample 0 is the time `start` of the file, in seconds.

    number: of the sound stream, from 1. Gaps become silence, and a stream that begins late is preceded by silence.
    Raises UnreadableAudio for a stream that cannot be decoded, TooLarge.
    """
    name = display_name(path.name)
    with open_media(path, limits, sound=True) as container:
        streams = container.streams.audio
        if not 1 <= number <= len(streams) or streams[number - 1].codec_context is None:
            raise UnreadableAudio(f"Sound track {number} of {name} cannot be decoded.")
        for rate, pieces in _runs(container, streams[number - 1], start):
            yield from resampled(pieces, rate, DELIVERY.sample_rate, DELIVERY.channels)


def _runs(container: InputContainer, stream: AudioStream, start: float) -> Iterator[tuple[int, Iterable[np.ndarray]]]:
    """Yield (rate, pieces) for each part of the stream that has one sample rate; mostly there is one part."""
    frames = Placed(decoded(container, stream), start)
    while frames.rate is not None:
        yield frames.rate, frames.pieces()


class Placed:
    """Frames as stereo pieces in time: silence in gaps, and what precedes `start` (s) is cut off."""

    def __init__(self, frames: Iterator[AudioFrame], start: float) -> None:
        self.frames, self.clock, self.start = frames, start, start
        self.frame = next(frames, None)
        self.begun = False

    @property
    def rate(self) -> int | None:
        """Sample rate of the next frame; None at the end."""
        return self.frame.sample_rate if self.frame else None

    def pieces(self) -> Iterator[np.ndarray]:
        """Yield (k, 2) float32 until the sample rate changes or the stream ends."""
        rate, cut = self.rate, 0
        assert rate is not None
        while self.frame is not None and self.frame.sample_rate == rate:
            frame = self.frame
            stamped = frame.pts is not None and frame.time_base is not None
            time = float(frame.pts * frame.time_base) if stamped else self.clock  # type: ignore[operator]
            gap = time - self.clock
            if not self.begun or gap > GAP_SECONDS:
                yield from silence(round(max(gap, 0.0) * rate))
                cut += round(max(-gap, 0.0) * rate)
                self.clock, self.begun = time, True
            self.clock += frame.samples / rate
            piece = stereo(frame)
            yield piece[cut:]
            cut = max(0, cut - len(piece))
            self.frame = next(self.frames, None)


def silence(samples: int, block: int = DELIVERY.sample_rate) -> Iterator[np.ndarray]:
    """Yield silent stereo blocks, `samples` in all."""
    for first in range(0, samples, block):
        yield np.zeros((min(block, samples - first), DELIVERY.channels), np.float32)


def stereo(frame: AudioFrame) -> np.ndarray:
    """The frame as (k, 2) float32, its channels folded by their names (ITU-R BS.775-3), at the frame's rate."""
    raw, count = frame.to_ndarray(), len(frame.layout.channels)
    planes = raw if frame.format.is_planar else raw.reshape(-1, count).T
    if planes.dtype.kind in "iu":
        scale = 2.0 ** (8 * planes.dtype.itemsize - 1)
        planes = (planes.astype(np.float64) - (scale if planes.dtype.kind == "u" else 0)) / scale
    return (fold_matrix(frame.layout) @ np.nan_to_num(planes).astype(np.float32)).T


def fold_matrix(layout: av.AudioLayout) -> np.ndarray:
    """(2, channels) float32: the share of each channel in left and right.

    Centre and surround channels have -3 dB, a rear centre -6 dB, and low-frequency effects are left out. One channel
    goes to both sides. Channels without names count as the usual layout of their number; of more than eight, the first
    two are taken.
    """
    names = [channel.name for channel in layout.channels]
    if len(names) == 1:
        return np.ones((2, 1), np.float32)
    shares = np.array([_share(name) for name in names], np.float32).T
    if shares.any():
        return shares
    usual = USUAL.get(len(names))
    if usual:
        return fold_matrix(av.AudioLayout(usual))
    return np.eye(2, len(names), dtype=np.float32)


def _share(name: str) -> tuple[float, float]:
    """The share of a channel in (left, right)."""
    if name in ("FL", "DL"):
        return 1.0, 0.0
    if name in ("FR", "DR"):
        return 0.0, 1.0
    if name == "AMBI0":  # of an ambisonic sound: all directions alike
        return 1.0, 1.0
    if name in BOTH:
        return (0.5, 0.5) if name == "BC" else (HALF, HALF)
    return (HALF if name in LEFT else 0.0), (HALF if name in RIGHT else 0.0)
