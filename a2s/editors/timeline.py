"""The delivery timeline: one description of picture, sound and markers that the writers of all formats take.

Times are whole frames of the timeline's rate. A frame number counts from timecode 00:00:00:00, or, where stated, from
the first frame of the timeline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from a2s.cues import CueTrack
from a2s.cues.colours import MarkerColour, colour_of
from a2s.cues.formats import FrameClock
from a2s.editors.options import PackageOptions

RATES = tuple(Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60"))
"""Frame rates that the timelines of all four editors have, with an SMPTE timecode."""

WHOLE_RATES = tuple(rate for rate in RATES if rate.denominator == 1)
FACTORS = (1, 2, 3, 4, 5, 6, Fraction(1, 2), Fraction(1, 3), Fraction(1, 4), Fraction(1, 5))
"""Ratios of the timeline's rate to the film's, in the order in which they are tried."""

POP_SECONDS = 2
"""Seconds of timecode from the start of a 2-pop to the first frame."""

DEFAULT_START = "01:00:00:00"
"""Timecode of the first frame where the film has none, or one that leaves no room for a lead; editors' default too."""


@dataclass(frozen=True)
class Media:
    """A file that a timeline refers to by its name alone: it lies beside the timeline.

    start: frame number of its first frame. frames: its length. channels: of its sound, 0 without. width, height: of its
    picture in pixels, 0 without.
    """

    name: str
    start: int
    frames: int
    channels: int = 0
    width: int = 0
    height: int = 0

    @property
    def has_picture(self) -> bool:
        """Whether the file has a picture."""
        return self.width > 0


@dataclass(frozen=True)
class TimelineTrack:
    """A track with one clip. kind: "picture" or "sound".

    at, frames: where the clip lies, from the first frame of the timeline. skipped: frames of the media before the clip.
    """

    name: str
    kind: str
    media: Media
    at: int
    frames: int
    skipped: int = 0


@dataclass(frozen=True)
class Marker:
    """A cue on the timeline.

    frame: from the first frame of the timeline, the one nearest to the cue. frames: at least 1. seconds: of the cue,
    exact, from the start of the timeline. duration: seconds.
    """

    name: str
    note: str
    colour: MarkerColour
    frame: int
    frames: int
    seconds: float
    duration: float


@dataclass(frozen=True)
class DeliveryTimeline:
    """Tracks and markers of one take.

    clock: rate and the timecode of the film's first frame. start: frame number of the timeline's first frame. lead:
    frames of the timeline before the film.
    """

    name: str
    clock: FrameClock
    start: int
    lead: int
    tracks: tuple[TimelineTrack, ...]
    markers: tuple[Marker, ...]

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.clock.rate

    @property
    def frames(self) -> int:
        """Length of the timeline."""
        return max(track.at + track.frames for track in self.tracks)

    @property
    def picture(self) -> TimelineTrack:
        """The track of the film."""
        return next(track for track in self.tracks if track.kind == "picture")

    def seconds(self, frames: int) -> float:
        """Duration of a number of frames."""
        return float(frames / self.rate)


@dataclass(frozen=True)
class Layout:
    """Where things lie in the sound files, in whole frames.

    clock: rate and the timecode of the film's first frame. frames: of the film. lead, tail: in the sound files before
    and after the film. pop: from the 2-pop to the film, 0 without a 2-pop.
    """

    clock: FrameClock
    frames: int
    lead: int
    tail: int
    pop: int

    @property
    def media_start(self) -> int:
        """Frame number of the first frame of every sound file."""
        return self.clock.first - self.lead

    @property
    def media_frames(self) -> int:
        """Length of every sound file."""
        return self.lead + self.frames + self.tail

    def samples(self, frames: int, sample_rate: int) -> int:
        """Samples that last as long as `frames`."""
        return round(frames / self.clock.rate * sample_rate)


def editing_rate(fps: float) -> Fraction:
    """The rate of the timeline for a film of mean rate `fps`: the film's own, where editors have it.

    Otherwise its smallest multiple or largest part that they have: 15 becomes 30, 120 becomes 60. A film of variable
    frame rate gets a whole rate near its mean, or near a multiple of it.
    """
    for rates, tolerance in ((RATES, 4e-4), (WHOLE_RATES, 0.05)):  # 24 and 23.976 are 1e-3 apart
        for factor in FACTORS:
            wanted = fps * factor
            near = min(rates, key=lambda rate: abs(rate - wanted))
            if abs(near - wanted) <= tolerance * wanted:
                return near
    return min(WHOLE_RATES, key=lambda rate: abs(rate - fps))


def lay_out(fps: float, duration: float, timecode: str | None, options: PackageOptions) -> Layout:
    """Where film, handles and 2-pop lie. fps, duration (s), timecode: of the film; None where it has no timecode.

    Raises BadCues for a start timecode that does not exist at the rate.
    """
    rate = editing_rate(fps)
    clock = _clock(rate, options.start or timecode or DEFAULT_START)
    handles = round(options.handles * rate)
    pop = POP_SECONDS * clock.nominal if options.two_pop else 0
    lead = max(handles, pop)
    if clock.first < lead:
        clock = _clock(rate, DEFAULT_START[:-3] + (";" if clock.drop else ":") + DEFAULT_START[-2:])
    return Layout(clock, max(1, round(duration * rate)), lead, handles, pop)


def check_start(options: PackageOptions, fps: float) -> None:
    """Raises BadCues for a start timecode that does not exist at the rate of a film."""
    if options.start is not None:
        lay_out(fps, 1.0, None, options)


def _clock(rate: Fraction, start: str) -> FrameClock:
    clock = FrameClock(rate, start)
    return FrameClock(rate, start, ";" in start and clock.can_drop)


def make_timeline(
    name: str, film: Media, sounds: Iterable[tuple[str, Media]], cues: CueTrack, layout: Layout
) -> DeliveryTimeline:
    """The timeline of a take: the film, a track for each (name, media) of `sounds`, and a marker for each cue."""
    tracks = [TimelineTrack("Picture", "picture", film, layout.pop, layout.frames)]
    for title, media in sounds:
        tracks.append(TimelineTrack(title, "sound", media, 0, layout.pop + layout.frames, layout.lead - layout.pop))
    start = layout.clock.first - layout.pop
    markers = tuple(_markers(cues, layout))
    return DeliveryTimeline(name, layout.clock, start, layout.pop, tuple(tracks), markers)


def _markers(cues: CueTrack, layout: Layout) -> Iterable[Marker]:
    rate, before = layout.clock.rate, float(layout.pop / layout.clock.rate)
    for cue in cues:
        frame = min(round(cue.time * rate), layout.frames - 1)
        frames = max(1, min(round(cue.duration * rate), layout.frames - frame))
        name = " ".join(part for part in (cue.action, cue.material) if part) or "cue"
        note = f"strength {cue.strength:.2f}"
        yield Marker(name, note, colour_of(cue.action), layout.pop + frame, frames, before + cue.time, cue.duration)
