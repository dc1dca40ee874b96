"""Long scenes of recorded objects, silence and ambience, to train a VAE or a vocoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.sound import LN_1000
from a2s.datasets.recordings.sound_library import SoundLibrary

BARE = 0.4
"""Share of scenes without ambience: single events and the silence around them."""


@dataclass(frozen=True)
class Voice:
    """How one object sounds in one scene. pitch: of playback; tilt: -1..1, dark to bright; level: dB below full."""

    takes: list[np.ndarray]
    pitch: float
    tilt: float
    level: float


def draw_voice(library: SoundLibrary, rng: np.random.Generator) -> Voice:
    """A random object; in half of the scenes as recorded, else re-pitched and tilted."""
    names = list(library.objects)
    takes = library.objects[names[rng.integers(len(names))]]
    changed = rng.random() < 0.5
    pitch = 2 ** rng.uniform(-0.4, 0.4) if changed else 1.0
    return Voice(takes, pitch, rng.uniform(-0.5, 0.5) if changed else 0.0, rng.uniform(-26, -1))


def sounding(voice: Voice, rng: np.random.Generator) -> np.ndarray:
    """(n,) float32: the object sounds once, its peak near its level."""
    take = voice.takes[rng.integers(len(voice.takes))]
    if voice.pitch != 1.0:
        pitch = voice.pitch * 2 ** rng.normal(0, 0.015)
        take = np.interp(np.arange(0, len(take) - 1, pitch), np.arange(len(take)), take)
    if voice.tilt:
        take = take + 4 * voice.tilt * np.diff(take, prepend=take[:1])
    peak = db_to_amplitude(voice.level + rng.normal(0, 3))
    return (take * min(0.98, peak) / (np.abs(take).max() + 1e-6)).astype(np.float32)


def room_response(rate: int, rng: np.random.Generator) -> np.ndarray:
    """The direct sound, a few reflections and a tail that decays sooner in the highs. (n,), first sample 1."""
    seconds = rng.uniform(0.08, 0.7)
    n = int(rate * seconds)
    t = np.arange(n) / rate
    low = rng.standard_normal(n)
    low = np.convolve(low, np.ones(24) / 24**0.5, "same") * np.exp(-LN_1000 * t / seconds)
    high = np.diff(rng.standard_normal(n), prepend=0) * np.exp(-LN_1000 * t / (seconds * rng.uniform(0.25, 0.7)))
    tail = low * rng.uniform(0.5, 1) + high
    tail *= rng.uniform(0.03, 0.35) / np.sqrt((tail**2).sum())
    for _ in range(int(rng.integers(1, 7))):
        tail[rng.integers(int(0.002 * rate), int(0.03 * rate))] += rng.uniform(-0.3, 0.4)
    tail[0] = 1
    return tail


def microphone_colour(sound: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """A gentle random response of up to 8 dB, a low cut at times and a high cut at times."""
    spectrum = np.fft.rfft(sound)
    f = np.fft.rfftfreq(len(sound), 1 / rate)
    knots = np.geomspace(40, rate / 2, 7)
    curve = np.interp(np.log(f + 1), np.log(knots), rng.normal(0, 3, 7).clip(-8, 8))
    if rng.random() < 0.5:
        curve = curve - 12 * np.log2(np.maximum(1, rng.uniform(30, 150) / (f + 1)))
    if rng.random() < 0.4:
        curve = curve - 12 * np.log2(np.maximum(1, f / rng.uniform(5000, 16000)))
    return np.fft.irfft(spectrum * db_to_amplitude(curve), len(sound)).astype(np.float32)


def recorded_ambience(library: SoundLibrary, samples: int, rng: np.random.Generator) -> np.ndarray:
    """(samples,) float32 at RMS 1 from one recording, from a random point on, joined to itself where it is short."""
    names = list(library.ambiences)
    sound = library.ambiences[names[rng.integers(len(names))]]
    out, filled, fade = np.zeros(samples, np.float32), 0, library.rate // 4
    first = int(rng.integers(max(1, len(sound) - 2 * fade)))
    while filled < samples:
        piece = sound[first : first + samples - filled + fade].copy()
        ramp = min(fade, len(piece) // 2)
        if filled:
            piece[:ramp] *= np.linspace(0, 1, ramp)
        end = min(samples, filled + len(piece))
        if end < samples:
            piece[len(piece) - ramp :] *= np.linspace(1, 0, ramp)
        out[filled:end] += piece[: end - filled]
        filled, first = max(filled + 1, filled + len(piece) - ramp), 0
    return out / (np.sqrt(np.mean(out**2)) + 1e-6)


def scene(
    library: SoundLibrary, seconds: float, rng: np.random.Generator, ambience: np.ndarray | None = None
) -> np.ndarray:
    """(seconds * rate,) float32 in [-1, 1]. ambience: (n,) at RMS 1 to use instead of a recorded one."""
    samples = int(seconds * library.rate)
    action: np.ndarray = np.zeros(samples, np.float32)
    voices = [draw_voice(library, rng) for _ in range(int(rng.integers(2, 6)))]
    t, slow = rng.uniform(0, 1), rng.choice([0.35, 0.8, 1.6])
    while t < seconds - 0.05:
        voice = voices[int(t / seconds * len(voices))]
        sound, first = sounding(voice, rng), int(t * library.rate)
        action[first : first + len(sound)] += sound[: samples - first]
        t += slow * rng.uniform(0.4, 1.8)
    if rng.random() < 0.4:
        action = fftconvolve(action, room_response(library.rate, rng))[:samples]
    bare = rng.random() < BARE
    floor = rng.uniform(-95, -60) if bare else rng.uniform(-62, -24)
    if bare and rng.random() < 0.5:
        mixed = action
    elif bare:
        mixed = action + db_to_amplitude(floor) * rng.standard_normal(samples)
    else:
        place = recorded_ambience(library, samples, rng) if ambience is None else ambience
        mixed = action + db_to_amplitude(floor) * place
    if rng.random() < 0.3:
        mixed = microphone_colour(mixed, library.rate, rng)
    return (mixed / max(1.0, np.abs(mixed).max() * 1.02)).astype(np.float32)
