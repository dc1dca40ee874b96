"""The shipped ambient bank: 70 procedural clips of 14 kinds. `a2s bank render-shipped` renders it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from a2s.ambient.bank import About, AmbientBank
from a2s.ambient.extension import seamless_loop
from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.ambience import make_ambience
from a2s.settings import AUDIO

SECONDS = 8.0
"""Length of a clip."""

FADE = 2.0
"""Cross-fade in s of a loop; long enough for a passing car or a wave at the seam."""

CLIPS: dict[str, tuple[tuple[str, float, dict[str, Any]], ...]] = {
    "room": (
        ("Bedroom at night", -58, {"knee": 100, "mains": False, "air": False, "thumps": False}),
        ("Office with the windows shut", -48, {"knee": 320, "mains": True, "air": True, "air_db": -6, "thumps": False}),
        ("Living room, neighbours upstairs", -52, {"knee": 150, "thumps": True}),
        ("Stone stairwell", -46, {"knee": 480, "mains": False, "air": True, "air_db": -3, "thumps": False}),
        ("Cellar", -54, {"knee": 110, "mains": True, "mains_db": -6, "air": False, "thumps": False}),
    ),
    "hum": (
        ("Transformer behind a wall", -44, {"source": "transformer", "mains_hz": 50, "breath_db": -20}),
        ("Old fluorescent lamp", -50, {"source": "lamp", "mains_hz": 60, "slope": 1.6}),
        ("Drinks fridge in a shop", -40, {"source": "fridge", "mains_hz": 50, "breath_db": -10}),
        ("Pump room", -33, {"source": "machine", "slope": 2, "breath_db": -9}),
        ("Guitar amplifier left on", -47, {"source": "lamp", "mains_hz": 50, "breath_db": -8}),
    ),
    "fan": (
        ("Desk fan", -40, {"blades_hz": 90, "top": 2600, "beat": True, "beat_hz": 1.2, "rattle": False}),
        (
            "Computer under the table",
            -50,
            {"blades_hz": 240, "top": 1500, "tone_db": -9, "beat": False, "rattle": False},
        ),
        ("Kitchen extractor", -34, {"blades_hz": 150, "top": 4200, "tone_db": -8, "beat": False, "rattle": False}),
        ("Rattling ceiling fan", -43, {"blades_hz": 50, "top": 1100, "beat": True, "beat_hz": 2.0, "rattle": True}),
        ("Ventilation shaft", -37, {"blades_hz": 60, "top": 1000, "tone_db": -16, "beat": False, "rattle": False}),
    ),
    "traffic": (
        ("Street below a closed window", -48, {"far": 260, "passes": 0.15, "near_db": -6, "wet": False, "horn": False}),
        ("City avenue", -32, {"far": 800, "passes": 0.33, "near_db": 5, "wet": False, "horn": True}),
        ("Wet street in the evening", -36, {"far": 500, "passes": 0.25, "near_db": 6, "wet": True, "horn": False}),
        ("Far motorway", -44, {"far": 420, "passes": 0.04, "near_db": -8, "wet": False, "horn": False}),
        (
            "Village road, a car now and then",
            -40,
            {"far": 250, "passes": 0.2, "near_db": 9, "wet": False, "horn": False},
        ),
    ),
    "wind": (
        ("Wind in bare trees", -38, {"centre": 300, "force": 4, "leaves": False, "whistle": False}),
        ("Wind in the leaves", -36, {"centre": 180, "leaves": True, "leaves_db": -1, "whistle": False}),
        (
            "Draught under a door",
            -46,
            {"centre": 220, "leaves": False, "whistle": True, "whistle_hz": 520, "whistle_db": 6},
        ),
        (
            "Gusts on an open field",
            -32,
            {"centre": 140, "force": 5.5, "gust_rate": 0.35, "leaves": False, "whistle": False},
        ),
        ("Light breeze in the grass", -47, {"force": 2.2, "leaves": True, "leaves_db": 0, "whistle": False}),
    ),
    "rain": (
        ("Rain on leaves", -38, {"surface": "leaves", "heavy": 0.5, "gutter": False}),
        ("Heavy rain on a tin roof", -29, {"surface": "roof", "heavy": 1.0, "drops_db": 6, "gutter": False}),
        ("Drops on the window", -43, {"surface": "window", "heavy": 0.05, "drops_db": 7, "gutter": False}),
        ("Downpour in the street", -31, {"surface": "street", "heavy": 1.0, "gutter": False}),
        ("Rain on a pond, gutter dripping", -39, {"surface": "water", "heavy": 0.4, "gutter": True}),
    ),
    "stream": (
        ("Mountain brook", -35, {"size": 650, "rate": 180, "wash_db": 3}),
        ("Trickle between stones", -44, {"size": 820, "rate": 70, "wash_db": -8}),
        ("River bend", -37, {"size": 460, "rate": 140, "wash_db": 2, "rush_db": -6}),
        ("Garden fountain", -39, {"size": 880, "rate": 220, "wash_db": 0}),
        ("Culvert", -41, {"size": 450, "rate": 100, "wash_db": -4, "high": 1800}),
    ),
    "sea": (
        ("Surf on sand", -33, {"period": 8, "near_db": 4, "gulls": False}),
        ("Calm bay at night", -44, {"period": 6.5, "near_db": -4, "gulls": False}),
        ("Breakers on a pebble beach", -29, {"period": 9, "near_db": 8, "gulls": False}),
        ("Harbour wall with gulls", -37, {"period": 7, "near_db": 0, "gulls": True}),
        ("Beach seen from the dunes", -42, {"period": 11, "near_db": -2, "gulls": True}),
    ),
    "birds": (
        ("Garden in the morning", -42, {"voices": ("chirp", "trill", "whistle"), "birds": 5, "near_db": 6}),
        ("Blackbird at dusk", -44, {"voices": ("whistle",), "birds": 2, "near_db": 9}),
        ("Forest edge", -46, {"voices": ("whistle", "chirp"), "birds": 4, "near_db": 3}),
        ("Doves on the roof", -45, {"voices": ("dove", "chirp"), "birds": 2, "near_db": 8}),
        ("Hedge full of sparrows", -40, {"voices": ("chirp",), "birds": 6, "near_db": 9}),
    ),
    "insects": (
        ("Crickets on a summer night", -41, {"insects": ("cricket", "cricket"), "crickets": 4, "near_db": 6}),
        ("Cicadas at noon", -35, {"insects": ("cicada",), "near_db": 8}),
        ("Single cricket in the grass", -49, {"insects": ("cricket",), "crickets": 1, "near_db": 3}),
        ("Grasshoppers in a meadow", -44, {"insects": ("bush", "cricket"), "near_db": 5}),
        ("Flies in a warm barn", -47, {"insects": ("fly", "cricket"), "near_db": 2}),
    ),
    "crowd": (
        ("Café at lunch", -34, {"speakers": 9, "clatter": True, "ring": 0.5}),
        ("People talking next door", -50, {"speakers": 5, "cutoff": 600, "far_db": -10, "clatter": False}),
        ("Station hall", -37, {"speakers": 12, "ring": 1.4, "far_db": 3, "clatter": False}),
        ("Schoolyard", -36, {"speakers": 12, "children": True, "high": 1.0, "ring": 0.3, "clatter": False}),
        ("Restaurant in the evening", -38, {"speakers": 12, "clatter": True, "far_db": 2, "ring": 0.8}),
    ),
    "kitchen": (
        ("Fridge in a small kitchen", -50, {"doing": "nothing", "clinks_db": 3, "mains_hz": 50}),
        ("Washing the dishes", -37, {"doing": "dishes", "clinks_db": 11}),
        ("Pot on the boil", -42, {"doing": "boiling", "clinks_db": 5}),
        ("Something in the frying pan", -36, {"doing": "frying", "clinks_db": 4}),
        ("Kitchen clock", -52, {"doing": "clock", "clinks_db": 2}),
    ),
    "workshop": (
        ("Hammering across the yard", -41, {"work": "hammer", "cutoff": 1800, "near_db": 9}),
        ("Drill on the floor above", -40, {"work": "drill", "cutoff": 1000, "near_db": 9}),
        ("Joiner sawing by hand", -43, {"work": "saw", "cutoff": 4000, "near_db": 6}),
        ("Grinder in the back room", -35, {"work": "grinder", "cutoff": 3500, "near_db": 11}),
        ("Lathe running", -33, {"work": "lathe", "near_db": 10}),
    ),
    "quiet": (
        ("Near silence", -70, {"knee": 120, "dark": 20, "self_db": -20, "mains": False}),
        ("Quiet studio", -67, {"knee": 300, "self_db": -14, "mains": False}),
        ("Snowed-in garden", -63, {"knee": 90, "dark": 24, "mains": False}),
        ("Empty library", -60, {"knee": 700, "mains": True}),
        ("Recorder on a shelf", -62, {"knee": 1400, "dark": 6, "self_db": -10, "mains": False}),
    ),
}
"""Per kind: (name, RMS level in dBFS, traits that the name implies). Other traits are random."""


def render_clips(seed: int = 0) -> Iterator[tuple[np.ndarray, About]]:
    """Yield (looping waveform (n,) float32 at 16 kHz, its metadata) of every clip, in the order of `CLIPS`."""
    samples, fade = round(SECONDS * AUDIO.sample_rate), round(FADE * AUDIO.sample_rate)
    for kind, clips in CLIPS.items():
        for name, level, traits in clips:
            # The seed contains the name, so that a changed clip does not change the others.
            rng = np.random.default_rng([seed, crc32(name.encode())])
            y = seamless_loop(make_ambience(kind, SECONDS + FADE, rng, AUDIO.sample_rate, traits), samples, fade)
            y *= db_to_amplitude(level) / np.sqrt(np.mean(y**2))
            yield y, {"name": name, "kind": kind, "author": "a2s", "licence": "CC0-1.0"}


def render_bank(out: Path, seed: int = 0) -> AmbientBank:
    """Render the bank into the folder `out`, without embeddings."""
    bank = AmbientBank.of(render_clips(seed))
    bank.save(out)
    return bank
