"""Sounds of objects in ambiences: drops, bubbles, tools. `s` is the `Soundscape` that they are made for."""

from __future__ import annotations

import numpy as np

from a2s.datasets.foley_world.soundscape import Soundscape, faded


def raindrop(s: Soundscape, low: float, high: float) -> np.ndarray:
    """A drop that hits a surface with a band of `low` to `high` Hz."""
    seconds = s.rng.uniform(0.006, 0.03)
    f = np.exp(s.rng.uniform(np.log(low), np.log(high)))
    y = s.tone(seconds, f) + 0.8 * s.hiss(seconds, low, high)
    return faded(y * np.exp(-np.linspace(0, 6, len(y))))


def bubble(s: Soundscape, hz: float) -> np.ndarray:
    """A ringing air bubble (Minnaert 1933).

    A smaller one is higher and shorter; the pitch rises towards the surface.
    """
    seconds = min(0.12, 22 / hz + 0.008)
    y = s.tone(seconds, hz * np.linspace(1, 1 + s.rng.uniform(0.05, 0.35), 16))
    return faded(y * np.exp(-np.linspace(0, 5, len(y))))


def power_tool(s: Soundscape, grinder: bool) -> np.ndarray:
    """A power tool: it starts up, slows under load and runs down."""
    f, seconds = s.rng.uniform(260, 520) if grinder else s.rng.uniform(130, 300), s.rng.uniform(1.0, 3.5)
    curve = f * np.array([0.45, 0.97, 1.0, 0.93, 0.9, 0.93, 0.98, 0.5])
    y = s.tone(seconds, curve, 1 / np.arange(1, 16) ** s.rng.uniform(0.5, 1.0) * s.rng.uniform(0.3, 1, 15))
    y = y / np.std(y) + (1.0 if grinder else 0.4) * s.hiss(seconds, 1500, 6500)[: len(y)]
    return y * np.interp(np.linspace(0, 1, len(y)), (0, 0.12, 0.85, 1), (0, 1, 0.9, 0))


def sawing(s: Soundscape) -> np.ndarray:
    """(n,): sawing by hand, with pauses."""
    rate, clock = s.rng.uniform(1.1, 2.2), s.clock()
    stroke = np.sin(np.pi * rate * clock + s.rng.normal(0, 0.1) * s.drift(0.3))
    on = np.clip(3 * (s.drift(0.2) + 0.9), 0, 1)
    teeth = s.band(500, 4500, -1, 9) * s.swell(30, 2)
    return teeth * s.upsampled(on * np.abs(stroke) ** 0.8 * np.where(stroke > 0, 1.0, 0.45)) * 1.6


def spaced(s: Soundscape, pause: float, jitter: float = 0.5) -> np.ndarray:
    """Times in s, about `pause` s apart, from a random start."""
    gaps = pause * np.exp(s.rng.normal(0, jitter, int(s.seconds / pause * 2) + 3))
    moments = np.cumsum(gaps) - gaps[0] * s.rng.random()
    return moments[moments < s.seconds]
