"""The sounds of birds, insects and voices in ambiences. `s` is the `Soundscape` that they are made for."""

from __future__ import annotations

import numpy as np

from a2s.datasets.foley_world.soundscape import Soundscape


def gull_call(s: Soundscape) -> np.ndarray:
    """Two to five falling cries."""
    cries, top = [], s.rng.uniform(900, 1400)
    for _ in range(s.rng.integers(2, 6)):
        cry = s.tone(s.rng.uniform(0.2, 0.38), top * np.array([0.75, 1.05, 1.0, 0.8, 0.65]), (0.6, 1, 0.7, 0.4, 0.2))
        cries += [cry * np.hanning(len(cry)), np.zeros(int(s.rng.uniform(0.03, 0.12) * s.rate))]
    return np.concatenate(cries)


def bird_phrase(s: Soundscape, voice: str) -> np.ndarray:
    """One phrase of a bird. voice: dove, trill, whistle or chirp."""
    f, notes = s.rng.uniform(2300, 5200), []
    if voice == "dove":
        f, count, gap = s.rng.uniform(380, 560), int(s.rng.integers(2, 5)), 0.12
    elif voice == "trill":
        count, gap = int(s.rng.integers(8, 22)), s.rng.uniform(0.01, 0.04)
    elif voice == "whistle":
        count, gap = int(s.rng.integers(2, 5)), s.rng.uniform(0.05, 0.15)
    else:
        count, gap = int(s.rng.integers(1, 7)), s.rng.uniform(0.04, 0.16)
    shapes = [s.rng.uniform(-0.28, 0.28, 3) for _ in range(3)]
    for k in range(count):
        if voice == "dove":
            seconds, curve = s.rng.uniform(0.2, 0.5), f * np.array([0.96, 1.04, 1.0])
        elif voice == "trill":
            seconds, curve = s.rng.uniform(0.025, 0.04), f * (1 + shapes[0] * 0.7)
        elif voice == "whistle":
            seconds, curve = s.rng.uniform(0.15, 0.45), f * 0.8 * (1 + shapes[k % 3][0] + 0.15 * shapes[k % 3])
        else:
            seconds, curve = s.rng.uniform(0.05, 0.14), f * (1 + shapes[k % 3])
        note = s.tone(seconds, np.clip(curve, 150, 7200), (1, 0.08, 0.03))
        pause = np.zeros(int(gap * s.rng.uniform(0.8, 1.2) * s.rate))
        notes += [note * np.hanning(len(note)) * s.rng.uniform(0.6, 1), pause]
    return np.concatenate(notes)


def cricket_song(s: Soundscape) -> np.ndarray:
    """(n,) one cricket for the whole time: chirps of a few pulses, at a random pitch and rate."""
    f, pulses, pulse_rate = s.rng.uniform(3200, 5400), int(s.rng.integers(2, 6)), s.rng.uniform(22, 45)
    length, sounding = int(s.rate / pulse_rate), int(0.65 * s.rate / pulse_rate)
    pulse = s.tone(sounding / s.rate, f * np.array([1.004, 0.996])) * np.hanning(sounding)
    pulse = np.pad(pulse, (0, length - sounding))
    chirp = np.concatenate([0.6 * pulse, *[pulse] * (pulses - 1)])
    gap = pulses / pulse_rate * s.rng.uniform(1.3, 4.0)
    moments = np.arange(s.rng.random() * gap, s.seconds, gap)
    return s.scatter([chirp], moments + s.rng.normal(0, 0.02 * gap, len(moments)), 0.7) * s.swell(0.1, 2)


def fly_past(s: Soundscape) -> np.ndarray:
    """A fly that passes: a buzz whose pitch drifts."""
    seconds, f = s.rng.uniform(0.8, 3.0), s.rng.uniform(140, 240)
    buzz = s.tone(seconds, f * (1 + np.cumsum(s.rng.normal(0, 0.03, 20))), 1 / np.arange(1, 12) ** 0.8)
    return buzz * np.hanning(len(buzz)) ** 1.5


VOWELS = np.array(
    [[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480], [570, 840, 2410], [660, 1720, 2410]]
)
"""First three formants in Hz of English vowels, means of men (Peterson and Barney 1952)."""


def syllable(s: Soundscape, pitch: float, tract: float) -> np.ndarray:
    """A voiced syllable: harmonics of `pitch` Hz under vowel formants, in some cases with the noise of a consonant.

    tract: formants of the speaker relative to those of a man; above 1 for a shorter vocal tract.
    """
    seconds = s.rng.uniform(0.09, 0.28)
    harmonics = np.arange(1, int(3600 / pitch) + 1)
    away = (harmonics * pitch - tract * VOWELS[s.rng.integers(len(VOWELS))][:, None]) / np.array([[80], [110], [160]])
    formants = np.array([1.0, 0.45, 0.2]) @ (1 / (1 + away**2))
    curve = pitch * (1 + s.rng.normal(0, 0.06, 3)) * np.array([1.03, 1.0, 0.94])
    y = s.tone(seconds, curve, (formants + 0.02) / harmonics**0.3)
    y = y * np.hanning(len(y)) ** 0.6
    if s.rng.random() < 0.45:
        noise = s.hiss(s.rng.uniform(0.03, 0.09), 2000, 6500)
        y[: len(noise)] += 0.25 * float(np.std(y)) * (noise * np.hanning(len(noise)))[: len(y)]
    return y
