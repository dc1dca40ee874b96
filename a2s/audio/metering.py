"""Loudness and true peak of a sound that arrives in pieces, in constant memory (ITU-R BS.1770-4, EBU Tech 3342)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from a2s.audio.curve import POINTS_PER_SECOND
from a2s.audio.levels import amplitude_db

SILENCE_LUFS = -70.0
"""The absolute gate of BS.1770, below which a sound has no loudness. It stands for silence too."""

PEAK_RATE = 192_000
"""Sample rate in Hz for true peaks: four times 48 kHz (BS.1770-4, annex 2). 64 kHz would miss up to 0.7 dB."""

MARGIN = 64
"""Samples on either side that the oversampling filter needs."""

OFFSET = -0.691
"""LUFS of a mean K-weighted power of 1 (BS.1770-4, equation 2)."""

MOMENTARY, SHORT_TERM, STEP = 400, 3000, 100
"""Milliseconds of a momentary block, of a short-term block, and from one block to the next."""


@dataclass(frozen=True, eq=False)
class Metered:
    """What `Meter` found in each millisecond.

    peak: (m,) float32, the largest magnitude of any channel, also between the samples. power: (m,) float64, mean
    K-weighted power, summed over the channels.
    """

    peak: np.ndarray
    power: np.ndarray

    @property
    def true_peak_db(self) -> float:
        """dBTP, at least -120."""
        return amplitude_db(float(self.peak.max(initial=0)))

    @property
    def lufs(self) -> float:
        """Integrated loudness, at least -70."""
        return integrated(self.power)


class Meter:
    """Measures (k, channels) pieces at `rate` Hz. `push` them in order, then `finish`."""

    def __init__(self, rate: int, channels: int) -> None:
        from pyloudnorm.iirfilter import IIRfilter  # keeps imports fast: scipy.signal

        self.rate, self.channels, self.samples = rate, channels, 0
        # The coefficients of pyloudnorm.Meter
        shelf, high_pass = (
            IIRfilter(4.0, 1 / math.sqrt(2), 1500.0, rate, "high_shelf"),
            IIRfilter(0.0, 0.5, 38.0, rate, "high_pass"),
        )
        self._filters = [(one.b, one.a) for one in (shelf, high_pass)]
        self._states = [np.zeros((2, channels)) for _ in self._filters]
        self._finer = max(1, -(-PEAK_RATE // rate))
        self._around = np.zeros((MARGIN, channels), np.float32)  # the samples before the next ones to oversample
        self._powers = _PerMillisecond(rate, np.add)
        self._peaks = _PerMillisecond(rate * self._finer, np.maximum)
        self._plain = _PerMillisecond(rate, np.maximum)

    def push(self, piece: np.ndarray) -> None:
        """piece: (k, channels) float32."""
        from scipy.signal import lfilter

        piece = np.ascontiguousarray(piece, np.float32)
        if not len(piece):
            return
        self.samples += len(piece)
        weighted = piece.astype(np.float64)
        for number, (b, a) in enumerate(self._filters):
            weighted, self._states[number] = lfilter(b, a, weighted, axis=0, zi=self._states[number])
        self._powers.push(np.square(weighted).sum(axis=1))
        self._plain.push(np.abs(piece).max(axis=1))
        self._oversample(piece)

    def _oversample(self, piece: np.ndarray) -> None:
        """Peaks also between the samples, for all but the last `MARGIN` samples so far."""
        from scipy.signal import resample_poly

        piece = np.concatenate([self._around, piece])
        if len(piece) > 2 * MARGIN:
            fine = np.abs(resample_poly(piece, self._finer, 1, axis=0)).max(axis=1)
            self._peaks.push(fine[MARGIN * self._finer : -MARGIN * self._finer])
        self._around = piece[-2 * MARGIN :]

    def finish(self) -> Metered:
        """What was found; called once. The last millisecond may be shorter."""
        self._oversample(np.zeros((MARGIN, self.channels), np.float32))
        count = math.ceil(self.samples * POINTS_PER_SECOND / self.rate)
        plain, fine = self._plain.finish(count), self._peaks.finish(count)
        power = self._powers.finish(count) / (self.rate / POINTS_PER_SECOND)
        return Metered(np.maximum(plain, fine).astype(np.float32), power)


class _PerMillisecond:
    """Reduces a stream of values to one for each millisecond, also where that is no whole number of samples."""

    def __init__(self, rate: int, reduce: np.ufunc) -> None:
        self.rate, self.reduce = rate, reduce
        self.found: list[np.ndarray] = []
        self.held, self.first, self.done = np.zeros(0), 0, 0  # first: number of the first held sample

    def push(self, values: np.ndarray) -> None:
        values = np.concatenate([self.held, values])
        done = (self.first + len(values)) * POINTS_PER_SECOND // self.rate  # whole milliseconds so far
        if done > self.done:
            edges = -(-np.arange(self.done, done + 1) * self.rate // POINTS_PER_SECOND) - self.first
            self.found.append(self.reduce.reduceat(values[: edges[-1]], edges[:-1]))
            values, self.first, self.done = values[edges[-1] :], self.first + int(edges[-1]), done
        self.held = values

    def finish(self, count: int) -> np.ndarray:
        """(count,) values; the rest of the stream belongs to the last one."""
        if len(self.held):
            self.found.append(self.reduce.reduce(self.held, keepdims=True))
        found = np.concatenate(self.found) if self.found else np.zeros(0)
        return np.pad(found[:count], (0, max(0, count - len(found))))


def metered(pieces: Iterable[np.ndarray], rate: int, channels: int) -> Metered:
    """Measure a whole sound."""
    meter = Meter(rate, channels)
    for piece in pieces:
        meter.push(piece)
    return meter.finish()


def block_power(power: np.ndarray, length: int) -> np.ndarray:
    """(b,) mean power of blocks of `length` ms that begin every 100 ms. power: (m,) of each millisecond."""
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - length + 1, STEP)
    return np.maximum(total[starts + length] - total[starts], 0) / length


def loudness_of(power: np.ndarray | float) -> np.ndarray:
    """LUFS of a mean K-weighted power, at least -70."""
    return np.maximum(OFFSET + 10 * np.log10(np.maximum(power, 1e-12)), SILENCE_LUFS)


def integrated(power: np.ndarray) -> float:
    """Integrated loudness in LUFS with both gates, at least -70 (BS.1770-4). A sound under 0.4 s is looped.

    power: (m,) mean K-weighted power of each millisecond.
    """
    if not len(power) or not power.any():
        return SILENCE_LUFS
    blocks = block_power(power if len(power) >= MOMENTARY else np.resize(power, MOMENTARY), MOMENTARY)
    audible = blocks[loudness_of(blocks) > SILENCE_LUFS]
    if not len(audible):
        return SILENCE_LUFS
    gated = audible[loudness_of(audible) > loudness_of(audible.mean()) - 10]
    return float(loudness_of(gated.mean()))


def loudness_range(power: np.ndarray) -> float:
    """Loudness range in LU (EBU Tech 3342): from the 10th to the 95th percentile of gated short-term loudness.

    power: (m,) mean K-weighted power of each millisecond. A sound shorter than 3 s has a range of 0.
    """
    blocks = block_power(power, SHORT_TERM)
    audible = blocks[loudness_of(blocks) > SILENCE_LUFS]
    if not len(audible):
        return 0.0
    gated = loudness_of(audible)[loudness_of(audible) > loudness_of(audible.mean()) - 20]
    low, high = np.percentile(gated, [10, 95])
    return float(high - low)


def loudest(power: np.ndarray, length: int) -> float:
    """The highest loudness of any block of `length` ms in LUFS, at least -70; of the whole where it is shorter."""
    blocks = block_power(power, min(length, len(power))) if len(power) else np.zeros(1)
    return float(loudness_of(blocks.max()))
