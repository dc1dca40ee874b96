"""Impacts and scrapes of materials without recordings, synthesised from measured modes.

The tables are those of ThreeDWorld's PyImpact (Traer, Cusimano, McDermott 2019; PyPI `tdw`, BSD-2-Clause): frequency,
level and RT60 of the modes of struck things in six sizes, and height profiles of scraped surfaces.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.sound import LN_1000

_NAMES: Mapping[str, str] = {
    "cardboard": "cardboard", "ceramic": "ceramic", "fabric": "cloth", "leather": "cloth", "glass": "glass",
    "metal": "metal", "paper": "paper", "plastic_hard": "plastic", "plastc_hard": "plastic", "rubber": "plastic",
    "stone": "stone", "wood_hard": "wood", "wood_medium": "wood", "wood_soft": "wood",
}  # fmt: skip
_SURFACES: Mapping[str, str] = {
    "acrylic": "plastic", "polycarbonate": "plastic", "polyethylene": "plastic", "pvc": "plastic", "vinyl": "plastic",
    "bass_wood": "wood", "plywood": "wood", "poplar_wood": "wood", "rough_wood": "wood", "ceramic": "ceramic",
    "sandpaper": "stone",
}  # fmt: skip


@dataclass(frozen=True)
class Modes:
    """One table. frequency: Hz; level: dB; rt60: s; each (modes,). size: 0 (small) to 5."""

    material: str
    size: int
    frequency: np.ndarray
    level: np.ndarray
    rt60: np.ndarray


@dataclass(frozen=True)
class ModalTables:
    """modes: of every measured thing; profiles: material -> heights of its surfaces, each (n,) at unit deviation."""

    modes: tuple[Modes, ...]
    profiles: Mapping[str, tuple[np.ndarray, ...]]


def read_tables(folder: str | Path) -> ModalTables:
    """Read `material_data` and `scrape_surfaces` of the package's folder `tdw/add_ons/py_impact`."""
    modes = []
    for file in sorted((Path(folder) / "material_data").glob("*.json")):
        name, size = file.stem.lower().removesuffix("_mm").rsplit("_", 1)
        if (material := _NAMES.get(name)) is None:
            continue
        values = json.loads(file.read_text(encoding="utf-8"))
        table = [np.asarray(values[key], np.float64) for key in ("cf", "op", "rt")]
        modes.append(Modes(material, int(size), *table))
    profiles: dict[str, tuple[np.ndarray, ...]] = {}
    for file in sorted((Path(folder) / "scrape_surfaces").glob("*.npy")):
        if material := _SURFACES.get(file.stem):
            heights = np.load(file, allow_pickle=False)
            profiles[material] = (*profiles.get(material, ()), heights / (heights.std() + 1e-30))
    return ModalTables(tuple(modes), profiles)


class ModalObject:
    """An object: a table of modes with small random changes, so that two objects of one material differ."""

    def __init__(self, tables: ModalTables, material: str, rng: np.random.Generator, rate: int) -> None:
        fitting = [modes for modes in tables.modes if modes.material == material]
        chosen = fitting[rng.integers(len(fitting))]
        loudest = np.argsort(chosen.level)[::-1][:60]
        stretch = 2 ** rng.uniform(-0.35, 0.35)
        self.rate, self.material = rate, material
        self.frequency = chosen.frequency[loudest] * stretch * 2 ** rng.normal(0, 0.02, len(loudest))
        self.amplitude = db_to_amplitude(chosen.level[loudest] + rng.normal(0, 2, len(loudest)))
        self.rt60 = np.clip(chosen.rt60[loudest] * rng.uniform(0.7, 1.4), 0.01, 3.0)
        keep = self.frequency < 0.45 * rate
        self.frequency, self.amplitude, self.rt60 = (
            values[keep] for values in (self.frequency, self.amplitude, self.rt60)
        )
        surfaces = tables.profiles.get(material) or tables.profiles.get("stone") or ()
        self.profile = surfaces[rng.integers(len(surfaces))] if surfaces else None

    def ringing(self, rng: np.random.Generator, brightness: float = 1.0) -> np.ndarray:
        """(n,) response to an impulse, at another point of the object each time. brightness: 0..1."""
        t = np.arange(int(self.rate * min(1.6, 1.1 * self.rt60.max() + 0.03))) / self.rate
        tilt = (self.frequency / self.frequency.min()) ** (0.4 * (brightness - 1))
        amplitude = self.amplitude * tilt * db_to_amplitude(rng.normal(0, 1.5, len(self.amplitude)))
        out = np.zeros(len(t))
        for a, f, decay in zip(amplitude, self.frequency, LN_1000 / self.rt60, strict=True):
            n = min(len(t), int(self.rate * 9.2 / decay) + 1)
            out[:n] += a * np.exp(-decay * t[:n]) * np.sin(2 * np.pi * f * t[:n])
        return out

    def hit(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        """(n,) one impact with peak `strength`: a contact of 0.3 to 3 ms, shorter the harder, then the modes."""
        contact = int(self.rate * rng.uniform(0.0003, 0.003) * (1.3 - strength)) + 4
        pulse = np.hanning(contact) * (1 + 0.2 * rng.standard_normal(contact))
        return _peaked(fftconvolve(self.ringing(rng, strength), pulse), strength)

    def scrape(self, seconds: float, strength: float, rng: np.random.Generator) -> np.ndarray:
        """(n,) a stroke of `seconds` over the surface: its profile, read at the stroke's speed, drives the modes."""
        n = max(8, int(seconds * self.rate))
        profile = rng.standard_normal(4 * self.rate) if self.profile is None else self.profile
        speed = np.sin(np.pi * np.linspace(0.04, 0.96, n)) ** 0.7 * rng.uniform(0.5, 2.0)
        path = rng.integers(len(profile)) + np.cumsum(speed)
        force = np.diff(np.interp(path, np.arange(len(profile)), profile, period=len(profile)), 2, prepend=[0, 0])
        force[:8] = 0
        swell = speed * (1 + 0.1 * np.interp(np.arange(n), np.linspace(0, n, 30), rng.standard_normal(30)))
        limit = 4 * force.std()
        driven = fftconvolve(np.clip(force, -limit, limit) * swell, self.ringing(rng))[:n]
        tail = min(n, int(0.02 * self.rate))
        driven[n - tail :] *= np.linspace(1, 0, tail)
        return _peaked(driven, strength)


def _peaked(y: np.ndarray, peak: float) -> np.ndarray:
    return y * (peak / (np.abs(y).max() + 1e-12))
