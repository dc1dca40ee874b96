"""The action stem: modal impacts, friction and water, synthesised from the contacts of a plan.

An impact is a sum of decaying modes plus a short burst of noise (van den Doel and Pai, "The sounds of physical shapes",
1998). An object keeps its modes through a video, so all its hits sound like the same object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve, lfilter

from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.plan import Activity, Contact, Plan

LN_1000 = 6.9
"""Decay exponent of an amplitude that falls by 60 dB."""


@dataclass(frozen=True)
class Timbre:
    """The sound of a material. Ranges are in Hz and s.

    fundamental: of the lowest mode. modes: their number. t60: decay by 60 dB. noise, noise_cutoff: level and low-pass
    of the contact noise. tilt: mode k has amplitude k^-tilt. friction: band of a scrape.
    """

    fundamental: tuple[float, float]
    modes: int
    t60: tuple[float, float]
    noise: float
    noise_cutoff: float
    tilt: float
    friction: tuple[float, float]


TIMBRES = {
    "wood": Timbre((140, 520), 7, (0.05, 0.16), 0.5, 2500, 0.9, (300, 2500)),
    "metal": Timbre((450, 1900), 12, (0.45, 1.4), 0.25, 7000, 0.35, (1500, 7000)),
    "glass": Timbre((1300, 3000), 7, (0.2, 0.6), 0.25, 7500, 0.5, (2000, 7500)),
    "ceramic": Timbre((700, 1700), 7, (0.09, 0.26), 0.4, 6000, 0.5, (900, 5500)),
    "stone": Timbre((900, 2600), 6, (0.018, 0.05), 1.0, 6500, 0.3, (700, 6500)),
    "cloth": Timbre((60, 140), 3, (0.05, 0.12), 1.0, 500, 1.4, (200, 1400)),
    "plastic": Timbre((280, 800), 5, (0.035, 0.09), 0.6, 3500, 0.7, (500, 3500)),
    "water": Timbre((200, 500), 2, (0.05, 0.1), 1.0, 3000, 1.0, (400, 4000)),
}


class SoundingObject:
    """An object with fixed modes, drawn from `rng`. Calls of `hit` vary slightly."""

    def __init__(self, material: str, rng: np.random.Generator, sample_rate: int = 16_000) -> None:
        timbre = TIMBRES[material]
        self.material, self.timbre, self.sample_rate = material, timbre, sample_rate
        k = np.arange(timbre.modes)
        fundamental = np.exp(rng.uniform(*np.log(timbre.fundamental)))
        ratios = (1 + k * rng.uniform(0.55, 1.1)) ** rng.uniform(0.9, 1.25) * (1 + 0.04 * rng.standard_normal(len(k)))
        ratios[0] = 1.0
        self.frequencies = np.clip(fundamental * ratios, 40, 0.45625 * sample_rate)
        self.t60 = rng.uniform(*timbre.t60) / (1 + 0.12 * k)
        self.amplitudes = (1.0 + k) ** -timbre.tilt * rng.uniform(0.4, 1, len(k))
        self.noise = timbre.noise * rng.uniform(0.6, 1.4)
        self.cutoff = timbre.noise_cutoff * rng.uniform(0.7, 1.2)
        self.noise_decay = rng.uniform(0.008, 0.03) * (2.2 if material in ("cloth", "water") else 1.0)

    def hit(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        """One impact, (n,) float64 with peak `strength`. A harder hit is also brighter."""
        rate = self.sample_rate
        t = np.arange(int(rate * np.clip(self.t60.max() * 1.1, 0.06, 1.6))) / rate
        brightness = (0.5 + 0.5 * strength) ** (np.arange(len(self.amplitudes)) * 0.5)
        amplitude = self.amplitudes * rng.uniform(0.6, 1.2, len(self.amplitudes)) * brightness
        decay = np.exp(-LN_1000 * t / self.t60[:, None])
        phase = 2 * np.pi * self.frequencies[:, None] * t + rng.uniform(0, 0.5)
        modes = (amplitude[:, None] * decay * np.sin(phase)).sum(0)
        burst_t = np.arange(int(0.12 * rate)) / rate
        pole = np.exp(-2 * np.pi * self.cutoff * (0.6 + 0.5 * strength) / rate)
        burst = lfilter([1 - pole], [1, -pole], rng.standard_normal(len(burst_t)) * np.exp(-burst_t / self.noise_decay))
        out = modes / (np.abs(modes).max() + 1e-6)
        n = min(len(out), len(burst))
        out[:n] += 1.2 * self.noise * (burst / (np.abs(burst).max() + 1e-6))[:n]
        return out / (np.abs(out).max() + 1e-6) * strength


def coloured_noise(n: int, low: float, high: float, rng: np.random.Generator, rate: int = 16_000) -> np.ndarray:
    """Noise between two corner frequencies in Hz, (n,), unit RMS."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.fft.rfftfreq(n, 1 / rate) + 1
    y = np.fft.irfft(spectrum / (1 + (low / f) ** 4) / (1 + (f / high) ** 4), n)
    return y / (y.std() + 1e-9)


def bubbles(
    seconds: float, per_second: float, low: float, high: float, rng: np.random.Generator, rate: int = 16_000
) -> np.ndarray:
    """(seconds * rate,) of peak 1.

    Bubbles in water, rising and decaying sines between `low` and `high` Hz (Minnaert).
    """
    n = int(round(seconds * rate))
    y = np.zeros(n + rate // 4)
    for _ in range(max(1, int(per_second * seconds))):
        f = np.exp(rng.uniform(np.log(low), np.log(high)))
        t = np.arange(int(rate * min(0.1, 25 / f + 0.01))) / rate
        i = rng.integers(0, max(n, 1))
        y[i : i + len(t)] += rng.uniform(0.2, 1) * np.exp(-5 * t / t[-1]) * np.sin(2 * np.pi * f * t * (1 + 1.5 * t))
    return y[:n] / (np.abs(y).max() + 1e-6)


def _chop(body: SoundingObject, strength: float, rng: np.random.Generator) -> np.ndarray:
    rate = body.sample_rate
    crunch = coloured_noise(int(0.07 * rate), 1500, 6000, rng, rate) * np.exp(
        -np.arange(int(0.07 * rate)) / rate / 0.012
    )
    return _mix(body.hit(strength, rng) * (0.25 + 0.75 * strength), 0.12 * strength * crunch)


def _step(body: SoundingObject, strength: float, rng: np.random.Generator) -> np.ndarray:
    """The heel, then the sole."""
    rate = body.sample_rate
    n = int(0.18 * rate)
    sole = coloured_noise(n, 60, 3500 if body.material == "stone" else 300, rng, rate) * np.exp(
        -np.arange(n) / rate / 0.03
    )
    later = int(rng.uniform(0.03, 0.09) * rate)
    heel = _mix(0.7 * body.hit(strength, rng) * (0.25 + 0.75 * strength), 0.3 * strength * sole)
    return _mix(heel, np.concatenate([np.zeros(later), 0.15 * strength * sole]))


def _splash(body: SoundingObject, strength: float, rng: np.random.Generator) -> np.ndarray:
    rate = body.sample_rate
    n = int(rng.uniform(0.25, 0.5) * rate)
    t = np.arange(n) / rate
    wash = coloured_noise(n, 400, 5000, rng, rate) * np.exp(-t / 0.09) * np.minimum(1, t / 0.006)
    return 0.35 * strength * wash + 0.5 * strength * bubbles(n / rate, 70, 500, 2500, rng, rate)[:n] * np.exp(-t / 0.2)


def _pour(seconds: float, strength: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    n = int(seconds * rate)
    t = np.arange(n) / rate
    edge = np.minimum(1, t / 0.03) * np.minimum(1, (seconds - t) / 0.08)
    fine = 0.05 * coloured_noise(n, 700, 5500, rng, rate)
    return strength * edge * (0.5 * bubbles(seconds, rng.uniform(60, 120), 350, 2200, rng, rate)[:n] + fine)


def _scrape(body: SoundingObject, seconds: float, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Noise in the friction band of the material, with random roughness; loudest in the middle of the stroke."""
    n = int(seconds * body.sample_rate)
    knots = rng.standard_normal(max(4, int(seconds * 60) + 4))
    rough = np.exp(0.35 * np.interp(np.linspace(0, len(knots) - 1, n), np.arange(len(knots)), knots))
    swell = np.sin(np.pi * np.clip((np.arange(n) + 0.04 * n) / (1.04 * n), 0, 1)) ** 0.5
    return 0.2 * strength * swell * rough * coloured_noise(n, *body.timbre.friction, rng, body.sample_rate)


def _mix(y: np.ndarray, more: np.ndarray) -> np.ndarray:
    out = np.zeros(max(len(y), len(more)))
    out[: len(y)] += y
    out[: len(more)] += more
    return out


def contact_sound(action: str, body: SoundingObject, contact: Contact, rng: np.random.Generator) -> np.ndarray:
    """The sound of one contact, (n,), peak about its strength."""
    if action == "pour":
        return _pour(contact.duration, contact.strength, rng, body.sample_rate)
    if action == "scrape":
        return _scrape(body, contact.duration, contact.strength, rng)
    special = {"chop": _chop, "step": _step, "splash": _splash}.get(action)
    if special:
        return special(body, contact.strength, rng)
    return body.hit(contact.strength, rng) * (0.25 + 0.75 * contact.strength)


def reverberated(y: np.ndarray, rng: np.random.Generator, rate: int = 16_000) -> np.ndarray:
    """`y` in a small room: the direct sound and a tail of exponentially decaying noise."""
    n = int(rate * rng.uniform(0.08, 0.5))
    tail = rng.standard_normal(n) * np.exp(-LN_1000 * np.arange(n) / n)
    tail *= rng.uniform(0.03, 0.22) / np.sqrt((tail**2).sum())
    tail[0] += 1
    return fftconvolve(y, tail)[: len(y)]


def action_stem(plan: Plan, sample_rate: int = 16_000) -> np.ndarray:
    """(plan.seconds * sample_rate,) float32 in (-1, 1): the sounds of all contacts of a plan."""
    rng = np.random.default_rng([plan.seed, 1])
    objects: dict[tuple[str, str], SoundingObject] = {}
    stem = np.zeros(int(plan.seconds * sample_rate) + 4 * sample_rate)
    for activity in plan.activities:
        body = objects.setdefault(
            (activity.action, activity.material), SoundingObject(activity.material, rng, sample_rate)
        )
        for contact in _contacts(activity, plan.seconds):
            y = contact_sound(activity.action, body, contact, rng)
            i = int(round(contact.time * sample_rate))
            stem[i : i + len(y)] += y[: len(stem) - i]
    if rng.random() < 0.6:
        stem = reverberated(stem, rng, sample_rate)
    gain = db_to_amplitude(plan.action_db)
    return np.tanh(0.8 * gain * stem[: int(plan.seconds * sample_rate)]).astype(np.float32)


def _contacts(activity: Activity, seconds: float) -> Iterator[Contact]:
    for gesture in activity.gestures:
        for contact in gesture.contacts:
            if contact.time < seconds - 0.02:
                yield contact
