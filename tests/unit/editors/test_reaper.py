"""The Reaper project, read back by a small parser of its blocks."""

from __future__ import annotations

import shlex

import pytest

from a2s.editors.options import PackageOptions
from a2s.editors.reaper import reaper_project
from tests.unit.editors.deliveries import CUES, FILMS, delivery, make_layout


def parsed(text):
    """A block as {"name": first line, "lines": [[key, values...]], "blocks": [...]}."""
    stack = [{"lines": [], "blocks": []}]
    for line in text.splitlines():
        words = shlex.split(line.strip())
        if words[0].startswith("<"):
            stack.append({"name": [words[0][1:], *words[1:]], "lines": [], "blocks": []})
        elif words == [">"]:
            block = stack.pop()
            stack[-1]["blocks"].append(block)
        else:
            stack[-1]["lines"].append(words)
    (root,) = stack
    (project,) = root["blocks"]
    return project


def values(block, key):
    return [words[1:] for words in block["lines"] if words[0] == key]


@pytest.mark.parametrize("lead", [PackageOptions(), PackageOptions(two_pop=True, handles=2.5)], ids=["plain", "lead"])
@pytest.mark.parametrize("film", FILMS)
def test_items_and_markers_lie_in_time(film, lead):
    timeline = delivery(make_layout(film, lead))
    project = parsed(reaper_project(timeline))
    assert project["name"][0] == "REAPER_PROJECT" and values(project, "SAMPLERATE")[0][0] == "48000"
    frame = float(1 / timeline.rate)
    start = float(values(project, "PROJOFFS")[0][0])
    assert start == pytest.approx(timeline.start * frame, abs=1e-6)
    base, drop = values(project, "TIMEMODE")[0][3:5]
    fraction = "1" if "drop" in film else "2" if timeline.rate.denominator == 1001 else "0"
    assert (base, drop) == (str(timeline.clock.nominal), fraction)
    for track, known in zip(project["blocks"], timeline.tracks, strict=True):
        (item,) = track["blocks"]
        (source,) = item["blocks"]
        assert values(track, "NAME") == [[known.name]] and values(source, "FILE") == [[known.media.name]]
        assert source["name"] == ["SOURCE", "VIDEO" if known.kind == "picture" else "WAVE"]
        for key, frames in (("POSITION", known.at), ("LENGTH", known.frames), ("SOFFS", known.skipped)):
            assert float(values(item, key)[0][0]) == pytest.approx(frames * frame, abs=1e-6)
    markers = [words for words in values(project, "MARKER") if words[2]]
    for words, cue in zip(markers, CUES, strict=True):
        assert float(words[1]) == pytest.approx(timeline.lead * frame + cue.time, abs=1e-6)


def test_a_cue_with_a_duration_is_a_region():
    lines = values(parsed(reaper_project(delivery(make_layout("25")))), "MARKER")
    start, end = [words for words in lines if words[0] == "3"]
    assert (start[2], start[3], start[6]) == ("scrape metal", "1", "R") and end[2:] == ["", "1"]
    assert float(end[1]) - float(start[1]) == pytest.approx(0.4)
    assert sum(words[3:4] == ["0"] for words in lines) == 4


def test_the_sound_of_the_film_is_turned_down_and_the_stems_are_not():
    project = parsed(reaper_project(delivery(make_layout("25"))))
    assert [values(track, "VOLPAN")[0][0] for track in project["blocks"]] == ["0", "1", "1", "1"]


@pytest.mark.parametrize("name", ["it's", 'a "film"', 'it\'s a "film"', "`'\"", "line\nbreak", "byte \udcff"])
def test_a_name_cannot_break_out_of_its_line(name):
    plain = reaper_project(delivery(make_layout("25"))).splitlines()
    lines = reaper_project(delivery(make_layout("25"), name)).splitlines()
    assert len(lines) == len(plain)
    (file,) = [line.strip() for line in lines if ".mov" in line and "FILE" in line]
    mark = file[len("FILE ")]
    assert file.count(mark) == 2 and file.endswith(mark)
