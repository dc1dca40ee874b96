"""The page of a package: what is in it, and how each editing program takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from a2s.editors.timeline import DeliveryTimeline, Layout

WIDTH = 24
"""Columns of the names in the list of files."""


@dataclass(frozen=True)
class Contents:
    """What the page describes. files: (name, description) in the order of the list. film_inside: it is in the package.

    film: name of its file. fps: its own mean rate.
    """

    files: Sequence[tuple[str, str]]
    film: str
    film_inside: bool
    fps: float


def readme_text(contents: Contents, timeline: DeliveryTimeline, layout: Layout) -> str:
    """The text of README.txt."""
    width = max(WIDTH, *(len(name) + 2 for name, _ in contents.files))
    listed = "\n".join(f"{name:<{width}}{about}" for name, about in contents.files)
    return "\n\n".join([
        f"Package for editors: {timeline.name}",
        listed,
        _film(contents),
        _times(contents, timeline, layout),
        IMPORT,
        f"Markers\n-------\n{_marker_lines(timeline)}",
    ]) + "\n"  # fmt: skip


IMPORT = """\
How to import
-------------
DaVinci Resolve: File > Import > Timeline, choose timeline.otio or timeline.xml. Resolve asks where the media are.
  Markers alone: right-click a timeline in the media pool, Timelines > Import > Timeline markers from EDL, choose
  markers.edl. The timeline must begin at the timecode given above; Resolve's own default is 01:00:00:00.
Premiere Pro: File > Import, choose timeline.xml. In the window "Link Media", locate one file; it finds the others.
Kdenlive: Project > OpenTimelineIO Import, choose timeline.otio.
Reaper: File > Open project, choose session.rpp.
Other programs: import the sound files at their timecode (BWF time reference), or at the start of the film."""


def _film(contents: Contents) -> str:
    if contents.film_inside:
        return f"The film, {contents.film}, is in the package. The timelines refer to the files by name."
    return (
        f"The film, {contents.film}, is not in the package. Unpack the package into the folder of the film,\n"
        "or copy the film beside these files. The timelines refer to the files by name."
    )


def _times(contents: Contents, timeline: DeliveryTimeline, layout: Layout) -> str:
    clock, rate = timeline.clock, float(timeline.rate)
    lines = [
        "Times\n-----",
        f"Frame rate of the timelines: {rate:.6g} fps, timecode {'drop-frame' if clock.drop else 'non-drop'}.",
        f"First frame of the film: {clock.timecode(0)}.",
        f"Length of the film: {layout.frames} frames, {timeline.seconds(layout.frames):.3f} s.",
        f"First frame of the timelines: {clock.timecode(-timeline.seconds(timeline.lead))}.",
        "Sound files: 48 kHz, 24 bit, Broadcast Wave with a time reference. The stems add up to the mix.",
        "cues.csv and cues.mid count from the first frame of the film.",
    ]
    if abs(contents.fps - rate) > 4e-4 * rate:
        lines.append(f"The film has {contents.fps:.3f} fps on average; the timelines use {rate:.6g} fps.")
    if layout.lead or layout.tail:
        lines.append(
            f"The sound files begin {layout.lead} frames before the film and end {layout.tail} frames after it."
        )
    if layout.pop:
        lines.append(f"2-pop: 1 kHz, one frame, {layout.pop} frames before the first frame, in every sound file.")
    return "\n".join(lines)


def _marker_lines(timeline: DeliveryTimeline) -> str:
    colours = {marker.name.split()[0]: marker.colour for marker in timeline.markers}
    if not colours:
        return "The take has no cues, so there are no markers."
    named = ", ".join(f"{action} {colour.otio.lower()}" for action, colour in sorted(colours.items()))
    return f"A marker stands at the frame nearest to each of the {len(timeline.markers)} cues. Colours: {named}."
