"""OpenTimelineIO and Final Cut Pro 7 XML, read back by OpenTimelineIO and as plain XML."""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

from a2s.editors.interchange import fcp_xml_text, otio_text
from a2s.editors.options import PackageOptions
from tests.unit.editors.deliveries import FILMS, delivery, make_layout

WRITERS = {"otio_json": otio_text, "fcp_xml": fcp_xml_text}
LEADS = {"plain": PackageOptions(), "two-pop and handles": PackageOptions(two_pop=True, handles=2.5)}


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("film", FILMS)
@pytest.mark.parametrize("adapter", WRITERS)
def test_otio_reads_the_places_of_all_clips_and_markers(adapter, film, lead):
    layout = make_layout(film, LEADS[lead])
    timeline = delivery(layout)
    read = otio.adapters.read_from_string(WRITERS[adapter](timeline), adapter)
    rate = float(timeline.rate)
    assert read.name == "a film"
    assert read.global_start_time == otio.opentime.RationalTime(timeline.start, rate)
    assert read.duration() == otio.opentime.RationalTime(timeline.frames, rate)
    assert [track.kind for track in read.tracks] == ["Video", "Audio", "Audio", "Audio"]
    for track, known in zip(read.tracks, timeline.tracks, strict=True):
        clip = track[-1]
        placed, source = clip.range_in_parent(), clip.source_range
        assert (placed.start_time.value, placed.duration.value) == (known.at, known.frames)
        assert source.start_time == otio.opentime.RationalTime(known.media.start + known.skipped, rate)
        assert unquote(clip.media_reference.target_url) == known.media.name
        assert clip.media_reference.available_range.duration.value == known.media.frames
    for marker, known in zip(read.tracks.markers, timeline.markers, strict=True):
        assert (marker.name, marker.marked_range.start_time.value) == (known.name, known.frame)
        assert marker.marked_range.duration.value == known.frames


@pytest.mark.parametrize("film", FILMS)
def test_the_xml_states_the_true_rate_and_the_timecode(film):
    timeline = delivery(make_layout(film))
    sequence = ElementTree.fromstring(fcp_xml_text(timeline)).find(".//sequence")
    ntsc = "TRUE" if timeline.rate.denominator == 1001 else "FALSE"
    assert (sequence.findtext("rate/timebase"), sequence.findtext("rate/ntsc")) == (str(timeline.clock.nominal), ntsc)
    assert sequence.findtext("timecode/string") == FILMS[film][1]
    assert sequence.findtext("timecode/displayformat") == ("DF" if "drop" in film else "NDF")
    picture = sequence.find("media/video/format/samplecharacteristics")
    assert [picture.findtext(name) for name in ("width", "height", "rate/timebase", "rate/ntsc")] == [
        "64", "48", str(timeline.clock.nominal), ntsc,
    ]  # fmt: skip
    starts = {element.findtext("timecode/string") for element in sequence.iter("file") if len(element)}
    assert starts == {FILMS[film][1]}
    assert int(sequence.findtext("duration")) == timeline.frames


def test_a_stereo_file_has_a_track_for_each_channel_in_xml():
    root = ElementTree.fromstring(fcp_xml_text(delivery(make_layout("25"))))
    tracks = root.findall(".//audio/track")
    channels = [track.findtext("clipitem/sourcetrack/trackindex") for track in tracks]
    assert channels == ["1", "1", "1", "2"]
    assert [track.get("currentExplodedTrackIndex") for track in tracks] == [None, None, "0", "1"]
    assert [element.findtext("media/audio/channelcount") for element in root.iter("file") if len(element)] == [
        "2", "1", "1", "2",
    ]  # fmt: skip


def test_markers_have_the_colour_of_their_action_in_every_palette():
    timeline = delivery(make_layout("25"))
    read = otio.adapters.read_from_string(otio_text(timeline), "otio_json")
    assert [marker.color for marker in read.tracks.markers] == ["RED", "ORANGE", "PURPLE", "WHITE", "GREEN"]
    assert read.tracks.markers[1].comment == "strength 0.25"
    markers = ElementTree.fromstring(fcp_xml_text(timeline)).findall(".//sequence/marker")
    assert [marker.findtext("pproColor") for marker in markers] == [
        "4281740498", "4280578025", "4289825711", "4294967295", None,
    ]  # fmt: skip
    assert markers[0].findtext("color/red") == "210" and markers[0].findtext("comment") == "strength 1.00"


@pytest.mark.parametrize("name", ["a film", "größe & <b> 100%", "two\nlines", "byte \udcff"])
def test_any_file_name_survives_as_a_relative_url(name):
    timeline = delivery(make_layout("25"), name)
    for adapter, write in WRITERS.items():
        text = write(timeline)
        text.encode("utf-8")
        clip = otio.adapters.read_from_string(text, adapter).tracks[0][-1]
        url = clip.media_reference.target_url
        assert unquote(url, errors="surrogateescape") == f"{name}.mov" and "/" not in url


def test_the_same_timeline_gives_the_same_bytes():
    one, two = (delivery(make_layout("23.976")) for _ in range(2))
    assert otio_text(one) == otio_text(two) and fcp_xml_text(one) == fcp_xml_text(two)
