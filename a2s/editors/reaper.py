"""A Reaper project: a text file of nested blocks. Positions are in seconds, so no tempo shapes them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence

from a2s.editors.timeline import DeliveryTimeline, Marker, TimelineTrack

SAMPLE_RATE = 48_000
NAMESPACE = uuid.UUID("6f1d3e0c-6a0f-5a55-9b1e-2f6d0c6a2b5e")
"""Root of the identifiers, which are the same for the same project."""

UNDECODED = frozenset(map(chr, range(0xDC80, 0xDD00)))
"""Bytes of a file name that are no UTF-8, as Python holds them; they are written as they were."""

TIME_UNIT = 5
"""Number of the ruler's unit hours:minutes:seconds:frames."""


def reaper_project(timeline: DeliveryTimeline) -> str:
    """The text of an .rpp file: a track and an item for each track of the timeline, and a marker for each cue.

    A cue with a duration becomes a region. The sound of the film's own file is turned down, as the original soundtrack
    has a track of its own where it is kept.
    """
    drop = 1 if timeline.clock.drop else 2 if timeline.rate.denominator == 1001 else 0
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        f"  PROJOFFS {_number(timeline.seconds(timeline.start))} 0 0",
        f"  TIMEMODE {TIME_UNIT} {TIME_UNIT} -1 {timeline.clock.nominal} {drop} 0 -1",
        "  TIMELOCKMODE 0",
        f"  SAMPLERATE {SAMPLE_RATE} 1 0",
        "  TEMPO 120 4 4",
        *_markers(timeline),
    ]
    for number, track in enumerate(timeline.tracks, 1):
        lines += _track(timeline, track, number)
    return "\n".join([*lines, ">", ""])


def _markers(timeline: DeliveryTimeline) -> Iterator[str]:
    for number, marker in enumerate(timeline.markers, 1):
        identifier, colour = _identifier(timeline, f"marker {number}"), _colour(marker)
        region = int(marker.duration > 0)
        kind = "R" if region else "B"
        name = _quoted(marker.name)
        yield f"  MARKER {number} {_number(marker.seconds)} {name} {region} {colour} 1 {kind} {identifier} 0"
        if region:
            yield f'  MARKER {number} {_number(marker.seconds + marker.duration)} "" 1'


def _track(timeline: DeliveryTimeline, track: TimelineTrack, number: int) -> Sequence[str]:
    identifier = _identifier(timeline, f"track {number}")
    volume, source = (0, "VIDEO") if track.kind == "picture" else (1, "WAVE")
    return [
        f"  <TRACK {identifier}",
        f"    NAME {_quoted(track.name)}",
        f"    VOLPAN {volume} 0 -1 -1 1",
        "    NCHAN 2",
        f"    TRACKID {identifier}",
        "    <ITEM",
        f"      POSITION {_number(timeline.seconds(track.at))}",
        f"      LENGTH {_number(timeline.seconds(track.frames))}",
        "      LOOP 0",
        f"      IGUID {_identifier(timeline, f'item {number}')}",
        f"      NAME {_quoted(track.media.name)}",
        f"      SOFFS {_number(timeline.seconds(track.skipped))}",
        f"      <SOURCE {source}",
        f"        FILE {_quoted(track.media.name)}",
        "      >",
        "    >",
        "  >",
    ]


def _number(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    """A text in the quotation marks that it does not contain; Reaper knows three kinds and no escapes."""
    text = "".join(character if character.isprintable() or character in UNDECODED else " " for character in text)
    mark = next((mark for mark in "\"'`" if mark not in text), None)
    return f"{mark}{text}{mark}" if mark else "`" + text.replace("`", "'") + "`"


def _colour(marker: Marker) -> int:
    """The colour as Reaper stores it: blue, green and red from the highest byte, and a bit that it is set."""
    red, green, blue = marker.colour.rgb
    return 1 << 24 | blue << 16 | green << 8 | red


def _identifier(timeline: DeliveryTimeline, text: str) -> str:
    name = f"{os.fsencode(timeline.name).hex()} {text}"
    return "{" + str(uuid.uuid5(NAMESPACE, name)).upper() + "}"
