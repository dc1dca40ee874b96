"""Mastering: the gain of a dub, the limiter of its mix with the original soundtrack, and the figures of the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from a2s.audio.curve import POINTS_PER_SECOND, applied
from a2s.audio.delivered_loudness import delivered_gain
from a2s.audio.levels import quietest_db
from a2s.audio.loudness import Loudness, find_gain
from a2s.dubbing.notes import loudness_notes
from a2s.dubbing.recipe import LoudnessFigures
from a2s.media import OriginalTrack, Soundtrack, Stretch, soundtrack_blocks
from a2s.settings import AUDIO, DELIVERY, DubSettings, Limits


@dataclass(frozen=True)
class Setting:
    """What surrounds a dub. seconds: of the picture. original: the soundtrack to keep. stretch: the dubbed part."""

    seconds: float
    original: OriginalTrack | None = None
    stretch: Stretch | None = None
    limits: Limits | None = None


@dataclass(frozen=True, eq=False)
class Mastered:
    """soundtrack: the dub with its gains, and the original. figures: of the finished sound. waveform: (n,) or (n, 2)
    float32, the dub alone at the model's rate, with its gain. ambience_level_db: of its quietest half second, dBFS.
    notes: sentences about a target that is not reached.
    """

    soundtrack: Soundtrack
    waveform: np.ndarray
    figures: LoudnessFigures
    ambience_level_db: float
    notes: tuple[str, ...] = ()


def master(
    raw: np.ndarray,
    settings: DubSettings,
    place: Setting,
    action: np.ndarray | None = None,
    sample_rate: int = AUDIO.sample_rate,
) -> Mastered:
    """Bring the dub to its loudness, add the original soundtrack, limit the mix and measure it.

    The gain is decided on the dub alone, as it is delivered, so a kept original changes no level of the dub.
    raw, action: (n,) or (n, 2) float32, as the vocoder returns them.
    """
    raw = np.nan_to_num(np.asarray(raw, np.float32))
    curve, loudness = delivered_gain(raw, sample_rate, settings.loudness, settings.compress)
    soundtrack = Soundtrack(raw, sample_rate, action, curve, place.original, place.stretch)
    waveform = applied(curve, raw, sample_rate)
    if place.original is not None:
        mix_gain, mix = _mix_gain(soundtrack, place)
        soundtrack = replace(soundtrack, mix_gain=mix_gain)
    else:
        mix = loudness
    figures = LoudnessFigures(
        mix.lufs, mix.true_peak_db, loudness.gain_db, settings.loudness, loudness.lufs, loudness.limited_db,
        loudness.compressed_db, mix.range_lu, mix.momentary, mix.short_term,
    )  # fmt: skip
    mono = waveform if waveform.ndim == 1 else waveform.mean(axis=1)
    level = round(quietest_db(mono, sample_rate), 2)
    return Mastered(soundtrack, waveform, figures, level, loudness_notes(settings, loudness))


def _mix_gain(soundtrack: Soundtrack, place: Setting) -> tuple[np.ndarray, Loudness]:
    """The limiter of the mix of dub and original; outside a dubbed stretch nothing is changed."""

    def pieces() -> Iterator[np.ndarray]:
        mix = soundtrack.without_action()
        yield from (block.mix for block in soundtrack_blocks(mix, place.seconds, place.limits))

    within = None
    if place.stretch is not None:
        within = slice(*(round(time * POINTS_PER_SECOND) for time in (place.stretch.start, place.stretch.end)))
    return find_gain(pieces, DELIVERY.sample_rate, DELIVERY.channels, None, DELIVERY.ceiling_db, within=within)
