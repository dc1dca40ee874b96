"""The part of a film that is dubbed: its bounds, and its cues and places in the film's time and in its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from a2s.errors import BadSettings
from a2s.settings import SHORTEST_PLACE, SHORTEST_STRETCH, DubSettings

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.media import Stretch
    from a2s.pipelines.ambience import Ambience

ROUNDING = 0.05
"""Seconds by which the end may lie behind the film's end: people round up."""

DIGITS = 9
"""Decimals of a shifted time, so that there and back is the same number."""


@dataclass(frozen=True)
class Part:
    """The dubbed part of a film, in seconds from its first frame. whole: it is all of the film."""

    start: float
    end: float
    whole: bool = False

    @property
    def seconds(self) -> float:
        """Length."""
        return self.end - self.start

    def stretch(self) -> Stretch | None:
        """The part for the soundtrack; None is the whole film."""
        from a2s.media import Stretch  # keeps `import a2s` fast: PyAV

        return None if self.whole else Stretch(self.start, self.end)

    def inside(self, track: CueTrack) -> CueTrack:
        """The cues of a film that lie in the part, with times from the part's start."""
        return track if self.whole else _shifted(track.between(self.start, self.end), -self.start)

    def in_film(self, track: CueTrack) -> CueTrack:
        """Cues with times from the part's start, with those from the film's first frame."""
        return track if self.whole else _shifted(track, self.start)

    def trimmed(self, settings: DubSettings) -> DubSettings:
        """The settings without the places that lie outside the part; times are the film's."""
        if self.whole:
            return settings
        clip = settings.ambient_clip
        changes = []
        for change in settings.ambient_changes:
            if change.time < self.start + SHORTEST_PLACE:
                clip = change.clip
            elif change.time < self.end:
                changes.append(change)
        return replace(settings, ambient_clip=clip, ambient_changes=tuple(changes))

    def local(self, settings: DubSettings) -> DubSettings:
        """Trimmed settings, with times from the part's start."""
        if self.whole:
            return settings
        changes = (replace(change, time=round(change.time - self.start, DIGITS)) for change in settings.ambient_changes)
        return replace(settings, ambient_changes=tuple(changes))

    def places_in_film(self, places: Sequence[Ambience]) -> tuple[Ambience, ...]:
        """Places with times from the part's start, with those from the film's first frame."""
        if self.whole:
            return tuple(places)
        times = (round(place.source.time + self.start, DIGITS) for place in places)
        return tuple(
            replace(place, source=replace(place.source, time=time)) for place, time in zip(places, times, strict=True)
        )


def part_of(settings: DubSettings, seconds: float) -> Part:
    """The part that the settings choose of a film of `seconds`. Raises BadSettings where it is not in the film."""
    start = settings.start or 0.0
    end = seconds if settings.end is None else settings.end
    if start >= seconds or end > seconds + ROUNDING:
        raise BadSettings(
            f"The stretch to dub must lie within the film, which is {seconds:.2f} s long, not from {start:g} s to"
            f" {end:g} s."
        )
    end = min(end, seconds)
    if end - start < min(SHORTEST_STRETCH, seconds):
        raise BadSettings(
            f"The stretch to dub must last at least {SHORTEST_STRETCH:g} s, not from {start:g} s to {end:g} s."
        )
    return Part(start, end, start <= 0 and end >= seconds)


def _shifted(track: CueTrack, by: float) -> CueTrack:
    cues = (replace(cue, time=max(0.0, round(cue.time + by, DIGITS))) for cue in track)
    return replace(track, cues=tuple(cues))
