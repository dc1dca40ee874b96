"""Timelines for editing programs: OpenTimelineIO, and the XML of Final Cut Pro 7 through its adapter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from a2s.editors.timeline import DeliveryTimeline, Marker, Media, TimelineTrack

if TYPE_CHECKING:
    from opentimelineio import opentime, schema

SAMPLE_RATE, DEPTH = 48_000, 24


def otio_text(timeline: DeliveryTimeline) -> str:
    """The text of an .otio file."""
    from opentimelineio import adapters

    return adapters.write_to_string(otio_timeline(timeline), "otio_json") + "\n"


def fcp_xml_text(timeline: DeliveryTimeline) -> str:
    """The text of an .xml file (xmeml) that Premiere, Resolve and Final Cut Pro 7 import."""
    from opentimelineio import adapters

    return adapters.write_to_string(_with_fcp_details(timeline), "fcp_xml")


def otio_timeline(timeline: DeliveryTimeline) -> schema.Timeline:
    """The timeline as OpenTimelineIO has it. Media are referred to by relative, percent-encoded URLs."""
    from opentimelineio import schema

    made = schema.Timeline(_printable(timeline.name), global_start_time=_time(timeline, timeline.start))
    for track in timeline.tracks:
        made.tracks.append(_track(timeline, track))
    made.tracks.markers.extend(_marker(timeline, marker) for marker in timeline.markers)
    return made


def _track(timeline: DeliveryTimeline, track: TimelineTrack) -> schema.Track:
    from opentimelineio import schema

    kind = schema.TrackKind.Video if track.kind == "picture" else schema.TrackKind.Audio
    made = schema.Track(track.name, kind=kind)
    if track.at:
        made.append(schema.Gap(source_range=_range(timeline, 0, track.at)))
    media = track.media
    reference = schema.ExternalReference(media_url(media), _range(timeline, media.start, media.frames))
    reference.name = _printable(media.name)
    source = _range(timeline, media.start + track.skipped, track.frames)
    made.append(schema.Clip(_printable(media.name), reference, source))
    return made


def _marker(timeline: DeliveryTimeline, marker: Marker) -> schema.Marker:
    from opentimelineio import schema

    made = schema.Marker(marker.name, _range(timeline, marker.frame, marker.frames), marker.colour.otio)
    made.comment = marker.note
    return made


def media_url(media: Media) -> str:
    """The relative URL of a file beside the timeline, percent-encoded."""
    return quote(os.fsencode(media.name))


def _with_fcp_details(timeline: DeliveryTimeline) -> schema.Timeline:
    """The timeline with what the XML format has besides: formats, channels, drop frame and colours of markers.

    A stereo file lies on two tracks there, one for each channel, as Premiere and Resolve write it.
    """
    made = otio_timeline(timeline)
    display = {"timecode": {"displayformat": "DF" if timeline.clock.drop else "NDF"}}
    made.metadata["fcp_xml"] = {
        **display,
        "media": {
            "video": {"format": {"samplecharacteristics": _picture_format(timeline.picture.media, timeline)}},
            "audio": {"numOutputChannels": "2", "format": {"samplecharacteristics": _sound_format()}},
        },
    }
    for mark, marker in zip(made.tracks.markers, timeline.markers, strict=True):
        mark.metadata["fcp_xml"] = _marker_details(marker)
    tracks = list(made.tracks)
    made.tracks[:] = []
    for lane, track in zip(tracks, timeline.tracks, strict=True):
        lane[-1].media_reference.metadata["fcp_xml"] = {**display, "media": _file_format(track.media, timeline)}
        made.tracks.extend([lane] if track.kind == "picture" else _channel_tracks(lane, track.media.channels))
    return made


def _channel_tracks(track: schema.Track, channels: int) -> Iterator[schema.Track]:
    for index in range(channels):
        one = track.deepcopy()
        if channels > 1:
            exploded = {"@currentExplodedTrackIndex": str(index), "@totalExplodedTrackCount": str(channels)}
            one.metadata["fcp_xml"] = {**exploded, "@premiereTrackType": "Stereo", "outputchannelindex": str(index + 1)}
        one[-1].metadata["fcp_xml"] = {"sourcetrack": {"mediatype": "audio", "trackindex": str(index + 1)}}
        yield one


def _file_format(media: Media, timeline: DeliveryTimeline) -> dict[str, Any]:
    kinds: dict[str, Any] = {}
    if media.has_picture:
        kinds["video"] = {"samplecharacteristics": _picture_format(media, timeline)}
    if media.channels:
        kinds["audio"] = {"samplecharacteristics": _sound_format(), "channelcount": str(media.channels)}
    return kinds


def _picture_format(media: Media, timeline: DeliveryTimeline) -> dict[str, Any]:
    ntsc = "TRUE" if timeline.rate.denominator > 1 else "FALSE"
    return {
        "rate": {"timebase": str(timeline.clock.nominal), "ntsc": ntsc},
        "width": str(media.width),
        "height": str(media.height),
        "pixelaspectratio": "square",
    }


def _sound_format() -> dict[str, str]:
    return {"depth": str(DEPTH), "samplerate": str(SAMPLE_RATE)}


def _marker_details(marker: Marker) -> dict[str, Any]:
    red, green, blue = (str(part) for part in marker.colour.rgb)
    details: dict[str, Any] = {
        "comment": marker.note,
        "color": {"red": red, "green": green, "blue": blue, "alpha": "0"},
    }
    if marker.colour.premiere is not None:
        details["pproColor"] = str(marker.colour.premiere)
    return details


def _range(timeline: DeliveryTimeline, start: int, frames: int) -> opentime.TimeRange:
    from opentimelineio import opentime

    return opentime.TimeRange(_time(timeline, start), _time(timeline, frames))


def _time(timeline: DeliveryTimeline, frames: int) -> opentime.RationalTime:
    from opentimelineio import opentime

    return opentime.RationalTime(frames, float(timeline.rate))


def _printable(text: str) -> str:
    """A name without characters that XML or a list of clips cannot show."""
    return "".join(character if character.isprintable() else "?" for character in text)
