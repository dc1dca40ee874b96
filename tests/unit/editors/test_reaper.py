"""The Reaper project, read back by the package rpp."""

from __future__ import annotations

import pytest
import rpp

from a2s.editors.options import PackageOptions
from a2s.editors.reaper import reaper_project
from tests.unit.editors.deliveries import CUES, FILMS, delivery, make_layout


def values(block, key):
    return [line[1:] for line in block if isinstance(line, list) and line[0] == key]


@pytest.mark.parametrize("lead", [PackageOptions(), PackageOptions(two_pop=True, handles=2.5)], ids=["plain", "lead"])
@pytest.mark.parametrize("film", FILMS)
def test_items_and_markers_lie_in_time(film, lead):
    timeline = delivery(make_layout(film, lead))
    project = rpp.loads(reaper_project(timeline))
    assert project.tag == "REAPER_PROJECT" and values(project, "SAMPLERATE")[0][0] == "48000"
    frame = float(1 / timeline.rate)
    start = float(values(project, "PROJOFFS")[0][0])
    assert start == pytest.approx(timeline.start * frame, abs=1e-6)
    base, drop = values(project, "TIMEMODE")[0][3:5]
    fraction = "1" if "drop" in film else "2" if timeline.rate.denominator == 1001 else "0"
    assert (base, drop) == (str(timeline.clock.nominal), fraction)
    for track, known in zip(project.findall("TRACK"), timeline.tracks, strict=True):
        item, source = track.find("ITEM"), track.find("ITEM").find("SOURCE")
        assert values(track, "NAME") == [[known.name]] and values(source, "FILE") == [[known.media.name]]
        assert source.attrib == ["VIDEO" if known.kind == "picture" else "WAVE"]
        for key, frames in (("POSITION", known.at), ("LENGTH", known.frames), ("SOFFS", known.skipped)):
            assert float(values(item, key)[0][0]) == pytest.approx(frames * frame, abs=1e-6)
    markers = [words for words in values(project, "MARKER") if words[2]]
    for words, cue in zip(markers, CUES, strict=True):
        assert float(words[1]) == pytest.approx(timeline.lead * frame + cue.time, abs=1e-6)


def test_a_cue_with_a_duration_is_a_region():
    lines = values(rpp.loads(reaper_project(delivery(make_layout("25")))), "MARKER")
    start, end = [words for words in lines if words[0] == "3"]
    assert (start[2], start[3], start[6]) == ("scrape metal", "1", "R") and end[2:] == ["", "1"]
    assert float(end[1]) - float(start[1]) == pytest.approx(0.4)
    assert sum(words[3:4] == ["0"] for words in lines) == 4


def test_the_sound_of_the_film_is_turned_down_and_the_stems_are_not():
    project = rpp.loads(reaper_project(delivery(make_layout("25"))))
    assert [values(track, "VOLPAN")[0][0] for track in project.findall("TRACK")] == ["0", "1", "1", "1"]


@pytest.mark.parametrize("name", ["it's", 'a "film"', 'it\'s a "film"', "`'\"", "line\nbreak", "byte \udcff"])
def test_a_name_cannot_break_out_of_its_line(name):
    plain = reaper_project(delivery(make_layout("25"))).splitlines()
    lines = reaper_project(delivery(make_layout("25"), name)).splitlines()
    assert len(lines) == len(plain)
    (file,) = [line.strip() for line in lines if ".mov" in line and "FILE" in line]
    mark = file[len("FILE ")]
    assert file.count(mark) == 2 and file.endswith(mark)
