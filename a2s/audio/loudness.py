"""Bring a sound to a loudness target with its true peak below a ceiling (ITU-R BS.1770-4, EBU R 128).

All gains are curves of one point per millisecond, found from what `a2s.audio.metering` measured. So a film of any
length needs little memory, and the same curve serves the mix and each of its stems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from a2s.audio.compressor import DEEPEST_DB, STAGES, compression
from a2s.audio.curve import applied, gain_at
from a2s.audio.levels import amplitude_db, db_to_amplitude
from a2s.audio.metering import (
    MOMENTARY,
    SHORT_TERM,
    SILENCE_LUFS,
    Metered,
    integrated,
    loudest,
    loudness_range,
    metered,
)
from a2s.audio.resampling import sliced

MAX_GAIN_DB = 20.0
"""Largest gain. A dub that needs more is an ambience that was asked to be soft, and more would mostly raise noise."""

MAX_MAKEUP_DB = 40.0
"""Largest gain behind a compressor, which has made the loud parts softer before."""

MAX_LIMITING_DB = 6.0
"""Largest reduction of a peak. A hit needs its attack, so beyond that the whole sound becomes quieter."""

LOOK_AHEAD = 8
"""Milliseconds before a peak in which the limiter lowers the gain, and after it in which it returns."""

METER_TOLERANCE_DB = 0.05
"""How far two true-peak meters may differ. The limiter stays below its ceiling by that."""

CLOSE_LU = 0.05
"""Distance from the target that counts as reached."""

SEARCH = 9
"""Steps of the search for a threshold: to 0.1 dB."""

Pieces = Callable[[], Iterable[np.ndarray]]
"""A sound that can be gone through several times: (k, channels) float32 pieces."""


@dataclass(frozen=True)
class Loudness:
    """Loudness of a normalised sound.

    lufs: integrated loudness, at least -70. true_peak_db: true peak in dBTP, at least -120. gain_db: the applied gain.
    limited_db, compressed_db: the largest reduction by the limiter and by the compressor. held_by: what kept the sound
    from its target: "peaks", "gain", "silence"; "" where the target is reached or none was given. range_lu: loudness
    range (EBU Tech 3342). momentary, short_term: their maxima in LUFS.
    """

    lufs: float
    true_peak_db: float
    gain_db: float
    limited_db: float = 0.0
    compressed_db: float = 0.0
    held_by: str = ""
    range_lu: float = 0.0
    momentary: float = SILENCE_LUFS
    short_term: float = SILENCE_LUFS


def normalise(
    waveform: np.ndarray,
    sample_rate: int,
    target_lufs: float | None,
    ceiling_db: float = -1.0,
    compress: bool = False,
) -> tuple[np.ndarray, Loudness]:
    """Bring (n,) or (n, channels) float32 to `target_lufs` and keep its true peak at or below `ceiling_db` (dBTP).

    A look-ahead limiter reduces peaks above the ceiling by at most 6 dB. A sound that needs more (a few sharp hits in
    silence) stays below the target and keeps its attacks; with `compress`, a compressor brings it closer. With None as
    the target only the ceiling applies. Silence stays silence. Returns (an array of the same shape, its Loudness).
    """
    waveform = np.nan_to_num(np.asarray(waveform, np.float32))
    channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    curve, loudness = find_gain(
        lambda: sliced(waveform, sample_rate, channels), sample_rate, channels, target_lufs, ceiling_db, compress
    )
    return applied(curve, waveform, sample_rate), loudness


def find_gain(
    pieces: Pieces,
    rate: int,
    channels: int,
    target: float | None,
    ceiling_db: float = -1.0,
    compress: bool = False,
    within: slice | None = None,
) -> tuple[np.ndarray, Loudness]:
    """The gain curve (p,) float32 that `normalise` applies, and the loudness that it gives.

    within: milliseconds in which peaks are limited; outside, the sound stays as it is.
    """
    before = metered(pieces(), rate, channels)
    curve, loudness = _verified(pieces, before, (rate, channels), (target, ceiling_db, compress, within))
    middle = _middle(curve, len(before.power))
    power = before.power * np.square(middle, dtype=np.float64)
    return curve, replace(
        loudness,
        range_lu=loudness_range(power),
        momentary=loudest(power, MOMENTARY),
        short_term=loudest(power, SHORT_TERM),
    )


def _verified(
    pieces: Pieces,
    before: Metered,
    kind: tuple[int, int],
    wanted: tuple[float | None, float, bool, slice | None],
) -> tuple[np.ndarray, Loudness]:
    """Plan the gain, measure what it gives, and correct it. kind: rate and channels. wanted: of `find_gain`."""
    (rate, channels), (target, ceiling_db, compress, within) = kind, wanted
    aim, ceiling = target, ceiling_db - METER_TOLERANCE_DB
    for _ in range(4):
        if within is None:
            curve, loudness = planned(before, aim, ceiling, compress)
        else:
            curve, loudness = _limited(_only(before, within), 0.0, ceiling)
        if loudness.limited_db == 0 and loudness.gain_db == 0:
            return curve, Loudness(before.lufs, before.true_peak_db, 0.0, held_by=loudness.held_by)
        if loudness.limited_db == 0 and loudness.compressed_db == 0:
            break
        after = metered(gained(pieces(), curve, rate), rate, channels)
        over = _only(after, within).true_peak_db - ceiling_db
        missing = 0.0 if target is None else target - after.lufs
        loudness = replace(loudness, lufs=after.lufs, true_peak_db=after.true_peak_db)
        if over <= 0 and (loudness.held_by or abs(missing) < CLOSE_LU):
            break
        ceiling -= over + 1e-3 if over > 0 else 0.0
        aim = None if aim is None else aim + missing
    else:
        if over > 0 and within is None:  # less than a hundredth of a dB
            curve = curve * np.float32(db_to_amplitude(-over - 1e-4))
            loudness = replace(loudness, lufs=loudness.lufs - over, true_peak_db=ceiling_db)
    return curve, loudness


def _middle(curve: np.ndarray, count: int) -> np.ndarray:
    """(count,) the mean gain in each millisecond."""
    return (curve[1:] + curve[:-1]) / 2 if len(curve) > 1 else np.full(count, curve[0])


def _only(found: Metered, within: slice | None) -> Metered:
    """The measured sound with peaks in a part of it alone."""
    if within is None:
        return found
    peak = np.zeros_like(found.peak)
    peak[within] = found.peak[within]
    return replace(found, peak=peak)


def planned(
    before: Metered, target: float | None, ceiling_db: float, compress: bool = False
) -> tuple[np.ndarray, Loudness]:
    """The gain curve for a target, from one measurement. Its loudness is exact where the gain is constant.

    compress: where the peaks forbid the target, find the gentlest stage and the highest threshold of a compressor that
    allow it, or those that come closest.
    """
    curve, loudness = _aimed(before, target, ceiling_db)
    if not compress or loudness.held_by != "peaks":
        return curve, loudness
    for stage in STAGES:
        curve, loudness = _compressed(before, DEEPEST_DB, stage, target, ceiling_db)
        if not loudness.held_by:
            break
    enough, too_little = DEEPEST_DB, 0.0
    for _ in range(0 if loudness.held_by else SEARCH):
        depth = (enough + too_little) / 2
        found = _compressed(before, depth, stage, target, ceiling_db)
        if found[1].held_by:
            too_little = depth
        else:
            enough, (curve, loudness) = depth, found
    return curve, loudness


def _compressed(
    before: Metered, depth_db: float, stage: tuple[float, float], target: float | None, ceiling_db: float
) -> tuple[np.ndarray, Loudness]:
    """As `_aimed`, behind a compressor whose threshold is `depth_db` below the highest peak."""
    compressor = compression(before.peak, before.true_peak_db - depth_db, stage[0])
    middle = _middle(compressor, len(before.peak))
    shaped = Metered(before.peak * middle, before.power * np.square(middle, dtype=np.float64))
    curve, loudness = _aimed(shaped, target, ceiling_db, MAX_MAKEUP_DB, stage[1])
    return compressor * curve, replace(loudness, compressed_db=-amplitude_db(float(compressor.min())))


def _aimed(
    before: Metered,
    target: float | None,
    ceiling_db: float,
    most_gain: float = MAX_GAIN_DB,
    most_limiting: float = MAX_LIMITING_DB,
) -> tuple[np.ndarray, Loudness]:
    """The curve of a gain and a limiter that reach a target as far as the limits of both allow."""
    lufs, peak = before.lufs, before.true_peak_db
    if target is None or lufs <= SILENCE_LUFS:
        gain = min(0.0, ceiling_db + MAX_LIMITING_DB - peak)
        return _limited(before, gain, ceiling_db, "" if target is None else "silence")
    most = min(ceiling_db + most_limiting - peak, most_gain)
    gain = min(target - lufs, most)
    for _ in range(6):
        curve, loudness = _limited(before, gain, ceiling_db)
        missing = target - loudness.lufs  # limiting costs a little loudness
        better = min(gain + missing, most)
        if abs(better - gain) < CLOSE_LU / 5:
            break
        gain = better
    held = ("gain" if most == most_gain else "peaks") if target - loudness.lufs > CLOSE_LU else ""
    return curve, replace(loudness, gain_db=gain, held_by=held)


def _limited(before: Metered, gain_db: float, ceiling_db: float, held: str = "") -> tuple[np.ndarray, Loudness]:
    """The curve of a gain and a limiter, and what it makes of the measured sound."""
    gain = np.float32(db_to_amplitude(gain_db))
    limiter = limiting(before.peak * gain, ceiling_db)
    curve = gain * limiter
    if len(limiter) == 1:
        lufs = integrated(before.power * float(gain) ** 2)  # the absolute gate makes it differ from lufs + gain_db
        return curve, Loudness(lufs, before.true_peak_db + gain_db, gain_db, held_by=held)
    middle = _middle(curve, len(before.peak))
    lufs = integrated(before.power * np.square(middle, dtype=np.float64))
    peak = amplitude_db(float((before.peak * middle).max()))
    return curve, Loudness(lufs, peak, gain_db, -amplitude_db(float(limiter.min())), held_by=held)


def limiting(peak: np.ndarray, ceiling_db: float) -> np.ndarray:
    """(m + 1,) float32: the gain curve that keeps peaks at or below the ceiling; (1,) where none is above it.

    peak: (m,) largest magnitude of each millisecond. The gain is the lowest that a peak within the look-ahead needs,
    averaged over the look-ahead with a Hann window, so that it is at its minimum when the peak arrives.
    """
    from scipy.ndimage import minimum_filter1d  # keeps imports fast

    ceiling = np.float32(db_to_amplitude(ceiling_db))
    if not len(peak) or peak.max() <= ceiling:
        return np.ones(1, np.float32)
    asked = np.minimum(1, ceiling / np.maximum(peak, 1e-9))
    points = np.minimum(np.append(asked, asked[-1]), np.insert(asked, 0, asked[0]))  # a point bounds two milliseconds
    lowest = minimum_filter1d(np.pad(points, LOOK_AHEAD, mode="edge"), 2 * LOOK_AHEAD + 1, mode="nearest")
    window = np.hanning(2 * LOOK_AHEAD + 3)[1:-1]
    return np.clip(1 - np.convolve(1 - lowest, window / window.sum(), mode="valid"), 0, 1).astype(np.float32)


def gained(pieces: Iterable[np.ndarray], curve: np.ndarray, rate: int) -> Iterator[np.ndarray]:
    """Yield the pieces (k, channels) with a gain curve applied."""
    first = 0
    for piece in pieces:
        yield piece * gain_at(curve, first, len(piece), rate)[:, None]
        first += len(piece)


def integrated_lufs(waveform: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness of (n,) or (n, channels) in LUFS, at least -70. A sound shorter than 0.4 s is looped."""
    waveform = np.asarray(waveform)
    channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    return metered(sliced(waveform, sample_rate, channels), sample_rate, channels).lufs


def true_peak(waveform: np.ndarray, sample_rate: int) -> float:
    """True peak of (n,) or (n, channels) in dBTP, at least -120, also between the samples (BS.1770-4, annex 2)."""
    waveform = np.asarray(waveform)
    channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    return metered(sliced(waveform, sample_rate, channels), sample_rate, channels).true_peak_db
