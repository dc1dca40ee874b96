"""Delivery timelines for the tests of the writers."""

from __future__ import annotations

from fractions import Fraction

from a2s.cues import Cue, CueTrack
from a2s.editors.options import PackageOptions
from a2s.editors.timeline import DeliveryTimeline, Layout, Media, lay_out, make_timeline

CUES = CueTrack(
    (
        Cue(0.0, 1.0, "hit", "wood"),
        Cue(0.5, 0.25, "knock", "glass"),
        Cue(1.037, 0.8, "scrape", "metal", duration=0.4),
        Cue(1.5, 0.1),
        Cue(1.96, 0.6, "step", "stone"),
    )
)
SECONDS = Fraction(2)

FILMS = {
    "23.976": (Fraction(24000, 1001), "01:00:00:00"),
    "25": (Fraction(25), "10:11:12:13"),
    "29.97 drop-frame": (Fraction(30000, 1001), "00:59:59;28"),
    "29.97": (Fraction(30000, 1001), "00:59:59:28"),
    "59.94 drop-frame": (Fraction(60000, 1001), "00:00:59;58"),
    "60": (Fraction(60), "00:00:10:00"),
}
"""(rate, timecode of the first frame) by name."""


def make_layout(film: str, options: PackageOptions = PackageOptions()) -> Layout:  # noqa: B008  (frozen)
    rate, timecode = FILMS[film]
    frames = round(SECONDS * rate)
    return lay_out(float(rate), float(frames / rate), timecode, options)


def delivery(layout: Layout, name: str = "a film") -> DeliveryTimeline:
    film = Media(f"{name}.mov", layout.clock.first, layout.frames, 2, 64, 48)
    sounds = [
        (title, Media(f"{title.lower()}.wav", layout.media_start, layout.media_frames, channels))
        for title, channels in (("Action", 1), ("Ambience", 1), ("Original", 2))
    ]
    return make_timeline(name, film, sounds, CUES, layout)
