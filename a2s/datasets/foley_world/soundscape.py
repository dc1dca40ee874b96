"""Noise, tones and grains: the building blocks of ambiences.

Noise is shaped in the frequency domain, and events are short grains added to the track. 24 s take a few hundredths of a
second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from scipy import fft
from scipy.interpolate import CubicSpline

from a2s.audio.levels import db_to_amplitude

CONTROL_RATE = 100
"""Rate in Hz of slow control signals: gusts, waves, passing cars."""

T = TypeVar("T")


def unit(y: np.ndarray) -> np.ndarray:
    """`y` scaled to RMS 1; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(y, dtype=np.float64))))
    return (y / rms if rms > 1e-9 else y).astype(np.float32)


def gain(db: float) -> float:
    """dB as a factor on the waveform."""
    return 10.0 ** (db / 20.0)


class Soundscape:
    """Makes the parts of one ambience, `n` samples long, from a random generator.

    A trait (the surface that rain falls on, the period of waves) is drawn at random unless `traits` gives it.
    `requested` collects the names of all traits that were asked for.
    """

    def __init__(
        self, seconds: float, rng: np.random.Generator, rate: int, traits: Mapping[str, Any] | None = None
    ) -> None:
        self.n = max(1, round(seconds * rate))
        self.seconds, self.rng, self.rate = self.n / rate, rng, rate
        self.traits, self.requested = dict(traits or {}), set[str]()
        self._size = fft.next_fast_len(self.n + rate // 4, real=True)  # longer than n, so that the noise does not loop
        self._log_frequency = np.log(np.fft.rfftfreq(self._size, 1 / rate)[1:].astype(np.float32))

    def trait(self, name: str, default: T) -> T:
        """The value of a trait, or `default` where it is not given."""
        self.requested.add(name)
        return self.traits.get(name, default)

    def choose(self, name: str, options: Sequence[T]) -> T:
        """The value of a trait, or a random one of `options`."""
        return self.trait(name, options[int(self.rng.integers(len(options)))])

    def between(self, name: str, low: float, high: float) -> float:
        """The value of a trait, or a random number, uniform in log where `low` is above zero, else linearly."""
        logarithmic = low > 0
        drawn = np.exp(self.rng.uniform(np.log(low), np.log(high))) if logarithmic else self.rng.uniform(low, high)
        return float(self.trait(name, float(drawn)))

    def noise(self, *curve: tuple[float, float], ripple: float = 1.5) -> np.ndarray:
        """(n,) noise of unit RMS: a spectrum through (Hz, dB) points, with random deviations of `ripple` dB."""
        hz, db = np.array(curve, np.float64).T
        grid = np.geomspace(15, self.rate / 2, 160)
        shape = np.interp(np.log(grid), np.log(hz), db)
        colour = self.rng.standard_normal(14)
        shape += ripple * np.interp(np.log(grid), np.linspace(2.7, np.log(self.rate / 2), 14), colour)
        shape += np.where(grid < 35, -30 * np.log2(35 / grid), 0)  # no infrasound
        spectrum = self.rng.standard_normal((len(self._log_frequency) + 1, 2), np.float32).view(np.complex64)[:, 0]
        spectrum[0] = 0
        spectrum[1:] *= np.interp(self._log_frequency, np.log(grid), db_to_amplitude(shape)).astype(np.float32)
        return unit(fft.irfft(spectrum, self._size)[: self.n])

    def band(self, low: float, high: float, tilt: float = 0.0, slope: float = 12.0) -> np.ndarray:
        """(n,) noise of unit RMS between two frequencies. tilt, slope: dB per octave inside and outside of them."""
        width = np.log2(high / low)
        return self.noise((low / 8, -3 * slope), (low, 0), (high, tilt * width), (high * 8, tilt * width - 3 * slope))

    def hum(
        self, base: float, db: Sequence[float] | np.ndarray, wobble: float = 0.15, level: float = -12.0
    ) -> np.ndarray:
        """(n,) harmonics of `base` Hz at `db` each, of unit RMS. Each carries noise, `wobble` Hz wide at `level` dB."""
        spectrum = np.zeros(self._size // 2 + 1, np.complex64)
        per_bin = self.rate / self._size
        width = max(2, round(4 * wobble / per_bin))
        offset = np.arange(-width, width + 1)
        for k, level_db in enumerate(db, 1):
            centre = round(k * base / per_bin)
            if centre <= width or centre + width >= len(spectrum):
                continue
            side = np.exp(-0.5 * (offset * per_bin / wobble) ** 2)
            side = side * (self.rng.standard_normal(len(offset)) + 1j * self.rng.standard_normal(len(offset)))
            side *= gain(level) / np.sqrt(np.sum(np.abs(side) ** 2))
            side[width] += np.exp(2j * np.pi * self.rng.random())
            spectrum[centre - width : centre + width + 1] += gain(level_db) * side
        return unit(fft.irfft(spectrum, self._size)[: self.n])

    def clock(self) -> np.ndarray:
        """Times in s of the control signals."""
        return np.linspace(0, self.seconds, max(8, int(self.seconds * CONTROL_RATE)))

    def drift(self, hz: float) -> np.ndarray:
        """A smooth random control signal of about unit variance that changes direction about `hz` times per second."""
        knots = np.arange(-1, int(self.seconds * 2 * hz) + 3)
        start = self.rng.random()
        return CubicSpline(knots, self.rng.standard_normal(len(knots)))(self.clock() * 2 * hz + start)

    def upsampled(self, control: np.ndarray) -> np.ndarray:
        """A control signal at the sample rate, (n,)."""
        return np.interp(np.linspace(0, len(control) - 1, self.n), np.arange(len(control)), control).astype(np.float32)

    def swell(self, hz: float, db: float) -> np.ndarray:
        """(n,) random gain around 1 with a standard deviation of `db`."""
        return self.upsampled(db_to_amplitude(np.clip(self.drift(hz), -2.2, 2.2) * db))

    def tone(
        self, seconds: float, hz: float | np.ndarray, harmonics: Sequence[float] | np.ndarray = (1.0,)
    ) -> np.ndarray:
        """A short tone. hz: its pitch, or a curve of its pitch over time."""
        size = max(16, round(seconds * self.rate))
        pitch = np.interp(np.linspace(0, 1, size), np.linspace(0, 1, np.size(hz)), np.atleast_1d(hz))
        phase = 2 * np.pi * np.cumsum(pitch) / self.rate + self.rng.uniform(0, 6)
        parts = [a * np.sin(k * phase) for k, a in enumerate(harmonics, 1) if k * pitch.max() < self.rate / 2.1]
        return np.sum(parts, 0).astype(np.float32) if parts else np.zeros(size, np.float32)

    def hiss(self, seconds: float, low: float, high: float) -> np.ndarray:
        """A short burst of band noise of unit RMS."""
        size = max(16, round(seconds * self.rate))
        spectrum = fft.rfft(self.rng.standard_normal(size).astype(np.float32))
        f = np.fft.rfftfreq(size, 1 / self.rate) + 1
        return unit(fft.irfft(spectrum / (1 + (low / f) ** 4) / (1 + (f / high) ** 4), size))

    def struck(self, hz: float, partials: int, ring: float, thud: float = 0.3) -> np.ndarray:
        """A struck object: `partials` inharmonic modes from `hz` up with a T60 of `ring` s, and the contact noise."""
        size = round(min(1.2, 1.2 * ring + 0.05) * self.rate)
        t = np.arange(size) / self.rate
        y = thud * np.exp(-t / 0.006) * self.hiss(size / self.rate, hz / 2, min(6000, hz * 5))[:size]
        for k in range(partials):
            f = hz * (1 + k * self.rng.uniform(0.6, 1.1)) ** 1.15
            if f < self.rate / 2.2:
                decay = 6.9 / (ring / (1 + 0.25 * k))
                y += self.rng.uniform(0.3, 1) / (1 + 0.3 * k) * np.exp(-decay * t) * np.sin(2 * np.pi * f * t + 1)
        return faded(y)

    def times(self, per_second: float, at_least: int = 1) -> np.ndarray:
        """Random times in s, sorted; their number follows a Poisson distribution."""
        count = max(at_least, int(self.rng.poisson(per_second * self.seconds)))
        return np.sort(self.rng.uniform(0, self.seconds, count))

    def scatter(self, grains: Sequence[np.ndarray], times: np.ndarray, spread: float = 5.0) -> np.ndarray:
        """(n,) random ones of `grains` at `times` in s, each of unit RMS and a random gain of `spread` dB."""
        longest = max(map(len, grains))
        y = np.zeros(self.n + longest, np.float32)
        grains = [unit(grain) for grain in grains]
        gains = 10 ** (self.rng.normal(0, spread / 20, len(times)))
        which = self.rng.integers(len(grains), size=len(times))
        for start, index, loudness in zip((np.asarray(times) * self.rate).astype(int), which, gains, strict=True):
            if 0 <= start < self.n:
                grain = grains[index]
                y[start : start + len(grain)] += np.float32(loudness) * grain
        return y[: self.n]

    def distant(self, y: np.ndarray, cutoff: float, ring: float = 0.0, wet: float = 0.5) -> np.ndarray:
        """`y` from afar: a low-pass at `cutoff` Hz and, for `ring` > 0, reverberation of `ring` s."""
        size = fft.next_fast_len(self.n + int(ring * self.rate), real=True)
        spectrum = fft.rfft(y.astype(np.float32), size)
        f = np.fft.rfftfreq(size, 1 / self.rate).astype(np.float32)
        spectrum /= 1 + (f / np.float32(cutoff)) ** 2
        if ring > 0:
            tail = self.rng.standard_normal(int(ring * self.rate)).astype(np.float32)
            tail *= np.exp(-6.9 * np.linspace(0, 1, len(tail))).astype(np.float32)
            tail *= wet / np.sqrt(np.sum(tail**2))
            tail[0] = 1
            spectrum *= fft.rfft(tail, size)
        return fft.irfft(spectrum, size)[: self.n]


def faded(y: np.ndarray, share: float = 0.1) -> np.ndarray:
    """`y` with 2 ms of fade-in and a fade-out over the last `share`, so that a grain does not click."""
    tail, head = max(2, int(len(y) * share)), min(len(y), 32)
    y = np.array(y, np.float32)
    y[-tail:] *= np.linspace(1, 0, tail, dtype=np.float32)
    y[:head] *= np.linspace(0, 1, head, dtype=np.float32)
    return y
