"""Edit decision lists (CMX 3600), with the marker lines of DaVinci Resolve and the locators of Avid."""

from __future__ import annotations

import re
from dataclasses import dataclass

from a2s.cues.colours import colour_of
from a2s.cues.cue import CueTrack
from a2s.cues.formats.clock import FrameClock
from a2s.cues.formats.rows import Row, decode_text, track_of, write_label
from a2s.errors import BadCues
from a2s.settings import Limits

DEFAULT_START = "01:00:00:00"
"""Timecode at which editors start the timeline of a film that has none."""

_TC = r"(\d{2}:\d{2}:\d{2}[:;]\d{2,3})"
_EVENT = re.compile(rf"\s*\d{{1,6}}\s.{{0,200}}?\s{_TC}\s+{_TC}\s+{_TC}\s+{_TC}\s*")
_MARKER = re.compile(r"([^|]*)\|C:ResolveColor(\w+)\s*\|M:([^|]*)\|D:\s*(\d{1,9})\s*")
_LOCATOR = re.compile(rf"\*\s*LOC:\s*{_TC}\s+(\w+)\s*(.*)")
_COMMENT = re.compile(r"\*\s*(?:FROM CLIP NAME|TO CLIP NAME|COMMENT|CLIP NAME)\s*:\s*(.*)", re.IGNORECASE)


@dataclass
class _Event:
    """record_in: timecode. frames: duration of its marker. marker: whether a line names one."""

    record_in: str
    text: str = ""
    frames: int = 1
    marker: bool = False


def read(data: bytes, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read markers and locators; events without them are cues too if the list has none. Raises BadCues."""
    if clock is None:
        raise BadCues("An edit decision list holds timecodes, which need the film's frame rate.")
    events: list[_Event] = []
    locators: list[_Event] = []
    drop: bool | None = None
    for line in decode_text(data).splitlines():
        line = line.strip()[:1000]
        if line.upper().startswith("FCM:"):
            drop = "NON" not in line.upper()
        elif found := _EVENT.fullmatch(line):
            events.append(_Event(found.group(3)))
        elif found := _LOCATOR.fullmatch(line):
            locators.append(_Event(found.group(1), found.group(3), marker=True))
        elif events and (found := _MARKER.fullmatch(line)):
            event = events[-1]
            event.text, event.frames, event.marker = f"{found.group(3)} {found.group(1)}", int(found.group(4)), True
        elif events and not events[-1].marker and (found := _COMMENT.fullmatch(line)):
            events[-1].text += f" {found.group(1)}"
        if len(events) + len(locators) > limits.max_cues:
            raise BadCues(
                f"The edit decision list has more than {limits.max_cues} events, which is the limit"
                f" ({limits.raised_by('max_cues')})."
            )
    marked = locators + [event for event in events if event.marker]
    chosen = marked or events
    if not chosen:
        raise BadCues("The edit decision list holds no event and no marker.")
    return track_of(_rows(chosen, clock, drop), limits)


def _rows(events: list[_Event], clock: FrameClock, drop: bool | None) -> list[Row]:
    """A marker of one frame is an impact. The length of an event is that of a clip, not of a sound."""
    times = clock.times([event.record_in for event in events], drop)
    return [
        Row(time, event.text, duration=float(event.frames / clock.rate) if event.frames > 1 else None)
        for event, time in zip(events, times, strict=True)
    ]


def write(track: CueTrack, clock: FrameClock | None) -> bytes:
    """An event with a marker for each cue, for "Import timeline markers from EDL" of DaVinci Resolve."""
    if clock is None:
        raise BadCues("An edit decision list needs the film's frame rate.")
    if clock.start is None:
        clock = FrameClock(clock.rate, DEFAULT_START, clock.drop, clock.seconds)
    mode = "DROP FRAME" if clock.drop and clock.can_drop else "NON-DROP FRAME"
    lines = ["TITLE: cues", f"FCM: {mode}", ""]
    for number, cue in enumerate(track, 1):
        start, end = clock.timecode(cue.time), clock.timecode(cue.time + float(1 / clock.rate))
        frames = max(1, round(cue.duration * clock.rate))
        lines.append(f"{number:03d}  001      V     C        {start} {end} {start} {end}")
        lines += [f" |C:ResolveColor{colour_of(cue.action).resolve} |M:{write_label(cue)} |D:{frames}", ""]
    return "\r\n".join([*lines, ""]).encode()
