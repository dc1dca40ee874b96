"""The soundtrack of a finished file: the dub, its stems and the original, mixed at the delivery's rate.

Nothing here holds a whole film at 48 kHz. The dub stays at the model's rate, the original stays in its file, gains are
curves of one point per millisecond, and the mix is made block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from a2s.audio.curve import gain_at
from a2s.audio.levels import db_to_amplitude
from a2s.audio.resampling import of_length, resampled, sliced
from a2s.errors import UnreadableAudio
from a2s.media.child import isolated
from a2s.media.original import original_pieces
from a2s.media.probe import probe_timeline
from a2s.settings import DELIVERY, Limits

FADE_SECONDS = 0.01
"""Length of the fades where a dubbed stretch begins and ends."""

BLOCK = DELIVERY.sample_rate
"""Samples of a block: one second."""


def _level() -> np.ndarray:
    """A gain curve that changes nothing."""
    return np.ones(1, np.float32)


@dataclass(frozen=True)
class OriginalTrack:
    """The original soundtrack of a film, as it is mixed in.

    path: of the film. number: of the sound stream, from 1, as players count. gain_db: where the dub sounds; None is
    silence. outside_db: outside the dubbed stretch.
    """

    path: Path
    number: int = 1
    gain_db: float | None = 0.0
    outside_db: float | None = 0.0


@dataclass(frozen=True)
class Stretch:
    """The dubbed part of a film, in seconds from its first frame. The rest keeps the original soundtrack."""

    start: float
    end: float


class Block(NamedTuple):
    """Up to one second of a soundtrack, each part (k, 2) float32 after all gains. mix: the sum of all sounds.

    action: of the dub; the rest of the dub is its ambience. None where the soundtrack has no such part.
    """

    mix: np.ndarray
    action: np.ndarray | None = None
    original: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Soundtrack:
    """A soundtrack by its parts.

    dub: (n,) or (n, 2) float32 at `sample_rate`: action and ambience together. It begins with the first frame, or with
    the stretch. action: as `dub`, the action alone, where it is known. dub_gain: curve (p,) for both, from their first
    sample on. original: None where none sounds. stretch: the part of the film that is dubbed; None is all of it.
    mix_gain: curve (p,) for the sum of dub and original, from the first frame on.
    """

    dub: np.ndarray
    sample_rate: int
    action: np.ndarray | None = field(default=None, repr=False)
    dub_gain: np.ndarray = field(default_factory=_level, repr=False)
    original: OriginalTrack | None = None
    stretch: Stretch | None = None
    mix_gain: np.ndarray = field(default_factory=_level, repr=False)

    def without_action(self) -> Soundtrack:
        """The same mix, for a caller that needs no stems."""
        return replace(self, action=None)


def soundtrack_blocks(soundtrack: Soundtrack, seconds: float, limits: Limits | None = None) -> Iterator[Block]:
    """Yield the soundtrack of a picture of `seconds`, exactly as long, in blocks of one second.

    An original soundtrack is decoded in a child process. Raises UnreadableAudio, UnreadableVideo, TooLarge.
    """
    limits = limits or Limits()
    if soundtrack.original is None:
        yield from mixed(soundtrack, seconds, limits)
    else:
        for parts in _mixed_isolated(soundtrack.original.path, soundtrack, seconds, limits=limits):
            yield Block(*parts)


def mixed_parts(path: Path, soundtrack: Soundtrack, seconds: float, *, limits: Limits) -> Iterator[tuple]:
    """`mixed`, with built-in types, for a child process. path: of the film."""
    for block in mixed(soundtrack, seconds, limits):
        yield tuple(block)


def mixed(soundtrack: Soundtrack, seconds: float, limits: Limits) -> Iterator[Block]:
    """Yield the blocks of a soundtrack in this process. A caller with an untrusted film is in a child process."""
    samples, rate = DELIVERY.samples(seconds), DELIVERY.sample_rate
    dub = _placed(soundtrack, soundtrack.dub, samples)
    action = None if soundtrack.action is None else _placed(soundtrack, soundtrack.action, samples)
    original = None if soundtrack.original is None else _original(soundtrack.original, samples, limits)
    for first in range(0, samples, BLOCK):
        mix = next(dub)
        gain = gain_at(soundtrack.mix_gain, first, len(mix), rate)[:, None]
        acted = next(action) * gain if action else None
        kept = None
        if original and soundtrack.original:
            kept = next(original) * _original_gain(soundtrack.original, soundtrack.stretch, first, len(mix))
            mix, kept = mix + kept, kept * gain
        yield Block(mix * gain, acted, kept)


def _placed(soundtrack: Soundtrack, waveform: np.ndarray, samples: int) -> Iterator[np.ndarray]:
    """Yield one second after the other of the dub or of its action, at its place in the film, with its gain."""
    rate, channels, stretch = DELIVERY.sample_rate, DELIVERY.channels, soundtrack.stretch
    start = 0 if stretch is None else DELIVERY.samples(stretch.start)
    most = samples - start if stretch is None else min(DELIVERY.samples(stretch.end), samples) - start

    def pieces() -> Iterator[np.ndarray]:
        for first in range(0, start, BLOCK):
            yield np.zeros((min(BLOCK, start - first), channels), np.float32)
        clean = (np.nan_to_num(piece) for piece in sliced(waveform, soundtrack.sample_rate, channels))
        own = resampled(clean, soundtrack.sample_rate, rate, channels)
        for number, piece in enumerate(of_length(own, most, channels, BLOCK)):
            gain = gain_at(soundtrack.dub_gain, number * BLOCK, len(piece), rate)
            if stretch is not None:
                gain = gain * _fade(number * BLOCK, len(piece), most)
            yield piece * gain[:, None]

    return of_length(pieces(), samples, channels, BLOCK)


def _fade(first: int, count: int, length: int) -> np.ndarray:
    """(count,) float32 from sample `first` on: 1, but rising from 0 at the start and falling to 0 at `length`."""
    index = np.arange(first, first + count, dtype=np.float64)
    fade = FADE_SECONDS * DELIVERY.sample_rate
    return np.clip(np.minimum(index, length - index) / fade, 0, 1).astype(np.float32)


def _original(track: OriginalTrack, samples: int, limits: Limits) -> Iterator[np.ndarray]:
    """Yield the original, one second after the other, from the first frame on."""
    timeline = probe_timeline(track.path, limits)
    start = float(timeline.start * timeline.time_base)
    return of_length(original_pieces(track.path, track.number, start, limits), samples, DELIVERY.channels, BLOCK)


def _original_gain(track: OriginalTrack, stretch: Stretch | None, first: int, count: int) -> np.ndarray:
    """(count, 1) float32: the gain of the original from sample `first` on; it changes where the dub fades."""
    inside, outside = (0.0 if gain is None else db_to_amplitude(gain) for gain in (track.gain_db, track.outside_db))
    if stretch is None:
        return np.full((count, 1), inside, np.float32)
    start, end = DELIVERY.samples(stretch.start), DELIVERY.samples(stretch.end)
    within = _fade(first - start, count, end - start)
    return (outside + (inside - outside) * within)[:, None].astype(np.float32)


_mixed_isolated = isolated(mixed_parts, UnreadableAudio)
