"""Procedural ambiences of fourteen kinds.

Every call draws the spectrum, the slow modulation, and the density and distance of events anew. Each maker takes the
`Soundscape` s that it is made for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.creatures import bird_phrase, cricket_song, fly_past, gull_call, syllable
from a2s.datasets.foley_world.grains import bubble, power_tool, raindrop, sawing, spaced
from a2s.datasets.foley_world.soundscape import Soundscape, faded, gain, unit

CREST = 9.0
"""Peaks are limited softly to this multiple of the RMS, so that loud ambiences do not clip."""

SURFACE_BANDS = {
    "leaves": (900, 5500),
    "roof": (250, 2500),
    "window": (500, 4000),
    "street": (1200, 7000),
    "water": (600, 6000),
}
"""Surfaces that rain falls on: the band in Hz of its drops."""

BIRD_MIXES = (
    ("chirp",),
    ("whistle",),
    ("chirp", "trill"),
    ("whistle", "chirp"),
    ("dove", "chirp"),
    ("trill", "whistle"),
)
INSECT_MIXES = (("cricket",), ("cicada",), ("bush",), ("cricket", "cicada"), ("bush", "cricket"), ("fly", "cricket"))


def _room(s: Soundscape) -> np.ndarray:
    knee = s.between("knee", 90, 500)
    y = s.noise((30, 0), (knee, -4), (knee * 4, -22 - 8 * s.rng.random()), (7500, -52), ripple=2.5) * s.swell(0.15, 1.0)
    if s.choose("mains", (True, False)):
        y = y + gain(s.between("mains_db", -16, -4)) * s.hum(s.choose("mains_hz", (50, 60)), (-4, 0, -14, -8, -22, -16))
    if s.choose("air", (True, False)):
        y = y + gain(s.between("air_db", -14, -2)) * s.band(200, 1800, -4) * s.swell(0.2, 1.5)
    if s.choose("thumps", (True, False, False)):  # footsteps upstairs, distant doors
        thuds = [s.struck(s.rng.uniform(50, 110), 2, 0.12, 1.0) for _ in range(4)]
        y = y + gain(8) * s.distant(s.scatter(thuds, s.times(0.25)), 200, 0.4)
    return y


def _hum(s: Soundscape) -> np.ndarray:
    base, source = (
        float(s.choose("mains_hz", (50, 60))),
        s.choose("source", ("transformer", "fridge", "lamp", "machine")),
    )
    slope = s.between("slope", 1.5, 5)
    levels = -slope * np.arange(16) + s.rng.normal(0, 4, 16)
    if source in ("transformer", "lamp"):
        levels[::2] -= 14  # transformers and lamps hum at twice the mains frequency
    if source == "lamp":
        levels = levels + np.minimum(0, np.arange(16) - 5) * 3.0
    if source == "machine":
        base *= s.between("speed", 0.45, 0.98)
    y = s.hum(base, levels, s.between("wobble", 0.05, 0.6), -14 if source == "transformer" else -8)
    y = y + gain(s.between("breath_db", -24, -8)) * s.noise((40, 0), (300, -6), (2000, -20), (7500, -36))
    if source == "fridge":  # the slow beat of the compressor
        y = y * (1 + 0.3 * s.upsampled(np.sin(2 * np.pi * s.rng.uniform(0.4, 1.6) * s.clock()))) * s.swell(0.3, 1)
    return y


def _fan(s: Soundscape) -> np.ndarray:
    blades = s.between("blades_hz", 45, 320)
    top = s.between("top", 900, 5000)
    air = s.noise((40, -10), (120, 0), (top / 4, -2), (top, -12), (7800, -40), ripple=2.5)
    tones = s.hum(blades, -s.between("slope", 3, 8) * np.arange(10) + s.rng.normal(0, 3, 10), 0.6, -4)
    y = air + gain(s.between("tone_db", -22, -3)) * tones
    if s.choose("beat", (True, False)):  # an uneven blade
        depth, hz = s.rng.uniform(0.05, 0.3), s.between("beat_hz", 0.8, 9)
        y = y * (1 + depth * s.upsampled(np.sin(2 * np.pi * hz * s.clock())))
    if s.choose("rattle", (True, False, False)):
        y = y + 0.12 * s.band(1500, 5000) * s.upsampled(np.clip(s.drift(6) - 0.8, 0, 2))
    return y * s.swell(0.2, 0.6)


def _traffic(s: Soundscape) -> np.ndarray:
    far = s.between("far", 250, 900)
    y = s.noise((35, -3), (70, 0), (far, -8), (far * 3, -24), (7500, -48)) * s.swell(0.25, 2)
    passing, clock = s.between("passes", 0.03, 0.35), s.clock()
    body, tyres = np.zeros(len(clock)), np.zeros(len(clock))
    for t in s.times(passing, 0):
        width, loud = s.rng.uniform(0.7, 2.6), gain(s.rng.normal(0, 4))
        nearness = 1 / (1 + ((clock - t) / width) ** 2)
        body, tyres = body + loud * nearness, tyres + loud * nearness**2.5
    near = s.between("near_db", -8, 10)
    y = y + gain(near) * s.upsampled(body) * s.noise((40, -2), (90, 0), (500, -8), (2500, -22), (7500, -45))
    wet = 1500 if s.choose("wet", (True, False, False)) else 600
    y = y + gain(near - 3 + (wet > 1000) * 4) * s.upsampled(tyres) * s.band(wet / 2, wet * 2.5, -3, 9)
    if s.choose("horn", (True, False, False, False)):
        horn = faded(s.tone(s.rng.uniform(0.2, 0.7), s.rng.uniform(330, 480), (1, 0.7, 0.5, 0.4, 0.2)))
        y = y + gain(-2) * s.distant(s.scatter([horn], s.times(0.06)), 1500, 0.8)
    return y


def _wind(s: Soundscape) -> np.ndarray:
    rate, force = s.between("gust_rate", 0.12, 0.6), s.between("force", 2.0, 6.0)
    gust = np.clip(s.drift(rate) + 0.25 * s.drift(rate * 5), -2.2, 2.4)
    centre = s.between("centre", 120, 500)
    y = s.noise((30, -4), (centre / 2, 0), (centre * 2, -12), (centre * 8, -34), (7900, -60))
    y = y * s.upsampled(db_to_amplitude(gust * force))
    y = y + 0.6 * s.band(centre, centre * 4, -5) * s.upsampled(10 ** (gust * force / 10 - 0.35))
    if s.choose("leaves", (True, False)):
        rustle = s.band(1500, 6000, -2, 8) * s.upsampled(10 ** (gust * force / 12)) * s.swell(6, 2.5)
        y = y + gain(s.between("leaves_db", -14, 0)) * rustle
    if s.choose("whistle", (True, False, False)):
        # A gap whistles: two narrow bands whose levels follow the gusts, the upper one in strong gusts.
        f = s.between("whistle_hz", 350, 1100)
        strong = s.upsampled(np.clip(gust, 0, 2.4) / 2.4)
        song = s.band(f * 0.96, f, 0, 60) * (1 - strong) + s.band(f * 1.1, f * 1.16, 0, 60) * strong
        y = y + gain(s.between("whistle_db", -12, -3)) * strong * song
    return y


def _rain(s: Soundscape) -> np.ndarray:
    surface, heavy = s.choose("surface", tuple(SURFACE_BANDS)), s.between("heavy", 0.06, 1.0)
    low, high = SURFACE_BANDS[surface]
    y = s.noise((60, -26), (low, -3), (high, 0), (7800, -8 - 10 * s.rng.random())) * s.swell(0.3, 0.8)
    y = y + gain(-18) * s.noise((40, 0), (300, -10), (2000, -30))
    if surface in ("roof", "window", "leaves"):
        drops = [raindrop(s, low, high) for _ in range(30)]
    else:
        drops = [s.hiss(0.01, low, high) * np.exp(-np.linspace(0, 6, round(0.01 * s.rate))) for _ in range(30)]
        drops += [bubble(s, np.exp(s.rng.uniform(np.log(900), np.log(4500)))) for _ in range(40)]
    y = y + gain(s.between("drops_db", -2, 8)) * s.scatter(drops, s.times(8 + 140 * heavy), 6)
    if s.choose("gutter", (True, False, False)):
        drips = [bubble(s, s.rng.uniform(500, 1400)) for _ in range(5)]
        y = y + gain(6) * s.scatter(drips, s.times(s.rng.uniform(1.5, 6)), 3)
    return y


def _stream(s: Soundscape) -> np.ndarray:
    low, high = s.between("low", 250, 700), s.between("high", 1800, 5000)
    y = s.noise((50, -24), (low, -2), (high / 2, 0), (high, -6), (7900, -24)) * s.swell(4, 1.2) * s.swell(0.4, 1)
    size, rate = s.between("size", 450, 900), s.between("rate", 60, 240)
    bubbles = [bubble(s, size * np.exp(s.rng.normal(0.4, 0.5))) for _ in range(48)]
    y = gain(s.between("wash_db", -8, 4)) * y + s.scatter(bubbles, s.times(rate), 6) * gain(4) * s.swell(1.5, 2)
    return y + gain(s.between("rush_db", -20, -6)) * s.noise((40, 0), (250, -4), (1200, -24)) * s.swell(0.5, 1.5)


def _sea(s: Soundscape) -> np.ndarray:
    period, clock = s.between("period", 6, 12), s.clock()
    swell, crash, wash = (np.zeros(len(clock)) for _ in range(3))
    t = -period * s.rng.random() - period
    while t < s.seconds + period:
        loud, x = gain(s.rng.normal(0, 3)), (clock - t) / period
        swell += loud * np.exp(-0.5 * ((x + 0.06) / 0.2) ** 2)
        rise = 1 / (1 + np.exp(-np.clip(x / 0.025, -30, 30)))
        crash += loud * rise * np.exp(-np.maximum(x, 0) / 0.13)
        wash += loud / (1 + np.exp(-np.clip((x - 0.12) / 0.05, -30, 30))) * np.exp(-np.maximum(x - 0.12, 0) / 0.25)
        t += period * s.rng.uniform(0.8, 1.25)
    near = s.between("near_db", -5, 8)
    y = s.noise((30, -2), (80, 0), (400, -9), (2000, -26), (7900, -44)) * (0.45 + s.upsampled(swell)) * s.swell(1.2, 1)
    y = y + gain(near) * s.upsampled(crash) * s.noise((60, -8), (300, 0), (1500, -4), (7900, -18)) * s.swell(5, 1.2)
    y = y + gain(near - 5) * s.upsampled(wash) * s.noise((300, -24), (2000, -3), (5500, 0), (7900, -5)) * s.swell(
        8, 1.2
    )
    if s.choose("gulls", (True, False, False)):
        calls = [gull_call(s) for _ in range(4)]
        y = y + gain(-1) * s.distant(s.scatter(calls, s.times(0.15)), 3500, 0.5)
    return y


def _birds(s: Soundscape) -> np.ndarray:
    air = s.noise((40, -2), (120, 0), (600, -10), (2500, -22), (7500, -38)) * s.swell(0.3, 1.5)
    leaves = gain(s.between("leaves_db", -16, -4)) * s.band(900, 5500, -2, 8) * s.swell(0.5, 3)
    voices = s.choose("voices", BIRD_MIXES)
    y, near = air + leaves, s.between("near_db", -4, 10)
    for index in range(max(len(voices), int(s.between("birds", 2, 6)))):
        voice = voices[index % len(voices)]
        phrases = [bird_phrase(s, voice) for _ in range(2)]
        calls = s.scatter(phrases, spaced(s, s.rng.uniform(1.5, 5.0)), 2)
        distance = s.rng.uniform(0, 12)
        y = y + gain(near - distance) * s.distant(calls, 7000 - 350 * distance, 0.35 if index == 0 else 0.0, 0.25)
    return y


def _insects(s: Soundscape) -> np.ndarray:
    y = s.noise((40, 0), (200, -4), (1500, -20), (7500, -34)) * s.swell(0.3, 1)
    for insect in s.choose("insects", INSECT_MIXES):
        near = gain(s.between("near_db", 0, 9))
        if insect == "cricket":
            for k in range(int(s.between("crickets", 1, 6))):
                y = y + near * gain(-s.rng.uniform(0, 4 + 2 * k)) * cricket_song(s)
        elif insect == "cicada":
            f, pulse = s.rng.uniform(3800, 6200), s.rng.uniform(9, 40)
            buzz = s.band(f * 0.9, f * 1.15, 0, 36) * (1 + 0.7 * s.upsampled(np.sin(2 * np.pi * pulse * s.clock())))
            y = y + near * 0.6 * buzz * s.swell(0.25, 4)
        elif insect == "bush":
            f, pulse = s.rng.uniform(5000, 7000), s.rng.uniform(0.1, 0.35)
            rasp = s.hiss(pulse * 0.7, f * 0.8, f * 1.1)
            rasp = rasp * np.abs(np.sin(np.linspace(0, np.pi * s.rng.integers(4, 12), len(rasp))))
            moments = np.arange(s.rng.random(), s.seconds, pulse * s.rng.uniform(1.2, 2.5))
            y = y + near * s.scatter([rasp], moments, 0.8) * s.swell(0.1, 4)
        else:
            y = y + near * s.scatter([fly_past(s) for _ in range(2)], spaced(s, 4.0), 3)
    return y


def _crowd(s: Soundscape) -> np.ndarray:
    speakers, y = int(s.between("speakers", 5, 13)), np.zeros(s.n, np.float32)
    for _ in range(speakers):
        high = s.rng.random() < s.trait("high", 0.5)
        pitch = s.rng.uniform(165, 260) if high else s.rng.uniform(85, 150)
        pitch, tract = (pitch * 1.4, 1.35) if s.trait("children", False) else (pitch, 1.16 if high else 1.0)
        pool = [syllable(s, pitch, tract) for _ in range(5)]
        period = s.rng.uniform(0.15, 0.24)
        moments = np.arange(s.rng.random() * period, s.seconds, period)
        moments = moments + s.rng.normal(0, 0.2 * period, len(moments))
        talking = np.interp(moments, s.clock(), s.drift(s.rng.uniform(0.15, 0.4))) > -0.3  # phrases and pauses
        y += gain(-s.rng.uniform(0, 10)) * s.scatter(pool, moments[talking], 3)
    far = s.noise((90, -10), (220, 0), (600, -2), (1500, -12), (7500, -48)) * s.swell(3.5, 2)
    far = (far + 0.4 * s.band(900, 3000, -5) * s.swell(4, 3)) * s.swell(0.3, 1.2)
    y = s.distant(unit(y), s.between("cutoff", 1200, 4500), s.between("ring", 0.3, 1.4), 0.8)
    y = unit(y) + gain(s.between("far_db", -10, 4)) * far
    if s.choose("clatter", (True, False)):
        cups = [s.struck(s.rng.uniform(1100, 3200), 4, s.rng.uniform(0.08, 0.3)) for _ in range(4)]
        y = y + gain(2) * s.distant(s.scatter(cups, s.times(0.7), 5), 3500, 0.5)
    return y


def _kitchen(s: Soundscape) -> np.ndarray:
    base = s.choose("mains_hz", (50, 60)) * s.rng.uniform(0.96, 1.0)
    fridge = s.hum(base, -3.0 * np.arange(12) + s.rng.normal(0, 4, 12), 0.3, -8)
    fridge = fridge + 0.3 * s.noise((40, 0), (200, -3), (1500, -20), (7000, -40))
    y = fridge * s.swell(0.2, 0.8) + 0.35 * s.noise((30, 0), (250, -6), (2000, -26), (7500, -46))
    doing = s.choose("doing", ("nothing", "dishes", "boiling", "frying", "tap", "clock"))
    clinks = [s.struck(s.rng.uniform(900, 3400), 5, s.rng.uniform(0.08, 0.5)) for _ in range(6)]
    busy = 1.4 if doing == "dishes" else 0.25
    level = s.between("clinks_db", 2, 12)
    y = y + gain(level) * s.distant(s.scatter(clinks, s.times(busy), 5), 4500, s.between("ring", 0.2, 0.6), 0.4)
    if doing == "boiling":
        bubbles = [bubble(s, s.rng.uniform(180, 700)) for _ in range(24)]
        y = y + gain(2) * s.scatter(bubbles, s.times(45), 5)
        y = y + 0.8 * s.noise((80, -6), (500, 0), (2500, -12), (7000, -30)) * s.swell(3, 1.5)
    elif doing == "frying":
        decay = np.exp(-np.linspace(0, 5, round(0.012 * s.rate)))
        spits = [faded(s.hiss(0.012, 2500, 7500) * decay) for _ in range(16)]
        y = y + 1.2 * s.band(2200, 7500, 1, 9) * s.swell(2, 1.2) + gain(6) * s.scatter(spits, s.times(40), 6)
    elif doing == "tap":
        y = y + gain(s.rng.uniform(0, 6)) * s.noise((120, -16), (700, -2), (2500, 0), (7500, -9)) * s.swell(2, 0.8)
    elif doing == "clock":
        ticks = [faded(s.struck(s.rng.uniform(1800, 3200), 3, 0.03, 0.8)) for _ in range(2)]
        y = y + gain(4) * s.scatter(ticks, np.arange(s.rng.random(), s.seconds, 1.0), 0.5)
    return y


def _workshop(s: Soundscape) -> np.ndarray:
    y = s.noise((35, 0), (120, -2), (700, -16), (3000, -30), (7500, -46)) * s.swell(0.2, 1)
    vent = s.band(90, 1500, -4) + 0.4 * s.hum(s.choose("mains_hz", (50, 60)), (0, -2, -9, -6))
    y = y + gain(s.between("vent_db", -14, 0)) * vent
    work = s.choose("work", ("hammer", "drill", "saw", "grinder", "hammer+drill", "lathe"))
    track = np.zeros(s.n, np.float32)
    if "hammer" in work:
        blow = [s.struck(s.rng.uniform(180, 900), 6, s.rng.uniform(0.08, 0.35), 0.8) for _ in range(3)]
        starts, period = spaced(s, s.rng.uniform(2.5, 5)), s.rng.uniform(0.28, 0.6)
        blows = np.concatenate([t + period * np.arange(s.rng.integers(3, 8)) for t in starts] or [np.zeros(0)])
        track += gain(3) * s.scatter(blow, blows + s.rng.normal(0, 0.012, len(blows)), 2.5)
    if "drill" in work or work == "grinder":
        track += s.scatter([power_tool(s, work == "grinder") for _ in range(2)], spaced(s, s.rng.uniform(3, 6)), 2)
    if work == "saw":
        track += sawing(s)
    if work == "lathe":
        track += 0.6 * s.hum(s.rng.uniform(60, 190), -3 * np.arange(20) + s.rng.normal(0, 5, 20), 0.8, -3)
        track += 0.5 * s.band(700, 4000, -3) * s.swell(1, 3)
    near = gain(s.between("near_db", 4, 14))
    return y + near * s.distant(track, s.between("cutoff", 900, 4500), s.between("ring", 0.4, 1.3), 0.5)


def _quiet(s: Soundscape) -> np.ndarray:
    knee = s.between("knee", 60, 1500)
    y = s.noise((25, 0), (knee, -3), (knee * 3, -14), (7900, -14 - s.between("dark", 4, 26)), ripple=2)
    microphone = s.noise((50, -8), (1000, -4), (7900, 0), ripple=0.5)
    y = y + gain(s.between("self_db", -30, -10)) * microphone
    if s.choose("mains", (True, False, False)):
        y = y + gain(s.rng.uniform(-18, -8)) * s.hum(s.choose("mains_hz", (50, 60)), (0, -3, -10, -8, -18))
    return y * s.swell(0.1, 0.4)


MAKERS: dict[str, Callable[[Soundscape], np.ndarray]] = {
    "room": _room, "hum": _hum, "fan": _fan, "traffic": _traffic, "wind": _wind, "rain": _rain, "stream": _stream,
    "sea": _sea, "birds": _birds, "insects": _insects, "crowd": _crowd, "kitchen": _kitchen, "workshop": _workshop,
    "quiet": _quiet,
}  # fmt: skip
KINDS: tuple[str, ...] = tuple(MAKERS)
"""The kinds of ambience. The order is fixed: the class of a kind is its index."""


def make_ambience(
    kind: str,
    seconds: float,
    rng: np.random.Generator,
    sample_rate: int = 16_000,
    traits: Mapping[str, Any] | None = None,
) -> np.ndarray:
    """(n,) float32 of unit RMS: an ambience of `kind` that depends on the state of `rng` alone.

    traits: values that replace random ones, by name, e.g. {"surface": "roof"} for rain. Raises ValueError for an
    unknown kind.
    """
    if kind not in MAKERS:
        raise ValueError(f"The kind of ambience must be one of {', '.join(KINDS)}, not {kind!r}")
    y = unit(MAKERS[kind](Soundscape(seconds, rng, sample_rate, traits)))
    y = unit(y - np.mean(y))
    return unit(CREST * np.tanh(y / CREST))
