"""Cue files of every format: a round trip, files of other programs, and hostile ones."""

from __future__ import annotations

import random

import mido
import pytest

from a2s.cues import Cue, CueTrack
from a2s.cues.formats import CUE_SUFFIXES, FrameClock, read_cues, write_cues
from a2s.errors import BadCues, CannotWrite
from a2s.settings import Limits

CLOCK = FrameClock.of(24, "10:00:00:00", 60)
TRACK = CueTrack(
    (
        Cue(0.25, 0.8, "hit", "wood"),
        Cue(1.0, 1.0, "chop", None),
        Cue(1.0, 0.3, None, "water"),
        Cue(2.5, 0.55, "scrape", "metal", duration=1.25),
        Cue(50.125, 0.15),
    )
)
TIME = {".edl": 0.5 / 24 + 1e-6, ".srt": 5.1e-4, ".mid": 5.1e-4, ".midi": 5.1e-4}
STRENGTH = {".mid": 0.5 / 127 + 1e-6, ".midi": 0.5 / 127 + 1e-6, ".srt": 5.1e-3, ".edl": 5.1e-3, ".txt": 5.1e-3}


@pytest.fixture
def load(tmp_path):
    """Read cues from the text or bytes of a file with a suffix."""

    def once(suffix, content, clock=CLOCK, **more):
        path = tmp_path / f"cues{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_cues(path, clock, **more)

    return once


def plain(track):
    return [(round(cue.time, 3), round(cue.strength, 2), cue.action, cue.material) for cue in track]


@pytest.mark.parametrize("suffix", [suffix for suffix in CUE_SUFFIXES if suffix != ".tsv"])
def test_a_round_trip_keeps_times_strengths_and_classes(suffix, tmp_path):
    path = tmp_path / f"cues{suffix}"
    write_cues(TRACK, path, CLOCK)
    read = read_cues(path, CLOCK)
    key = lambda cue: (cue.time, cue.action or "")  # noqa: E731
    pairs = list(zip(sorted(TRACK, key=key), sorted(read, key=key), strict=True))
    for wrote, got in pairs:
        assert got.time == pytest.approx(wrote.time, abs=TIME.get(suffix, 1e-6))
        assert got.strength == pytest.approx(wrote.strength, abs=STRENGTH.get(suffix, 1e-6))
        assert (got.action, got.material) == (wrote.action, wrote.material)
        assert got.duration == pytest.approx(wrote.duration, abs=2 * TIME.get(suffix, 1e-6))
    before = path.read_bytes()
    write_cues(TRACK, path, CLOCK)
    assert path.read_bytes() == before, "the same cues are the same bytes"


TABLES = {
    "plain": "time,action,strength\n0.5,hit,0.8\n1.25,chop,0.5\n",
    "semicolons and decimal commas": "Time (s);Label;Level\n0,5;Hit;0,8\n1,25;Chop;0,5\n",
    "tabs": "Onset\tName\tVelocity\n0.5\thit\t101\n1.25\tchop\t63\n",
    "quoted decimal commas": '"start","class","gain"\n"0,5","hit","0,8"\n"1,25","chop","0,5"\n',
    "decibels": "timestamp,event,level dB\n0.5,hit,-1.94\n1.25,chop,-6.02\n",
    "decibels in cells": "timestamp,event,level\n0.5,hit,-1.94 dB\n1.25,chop,-6.02 dB\n",
    "percent": "t,label,intensity (%)\n0.5,hit,80\n1.25,chop,50\n",
    "percent in cells": "t,label,intensity\n0.5,hit,80%\n1.25,chop,50%\n",
    "milliseconds": "Time [ms],Label,Strength\n500,hit,0.8\n1250,chop,0.5\n",
    "frames": "Frame,Label,Strength\n12,hit,0.8\n30,chop,0.5\n",
    "timecodes": "TC,Label,Strength\n10:00:00:12,hit,0.8\n10:00:01:06,chop,0.5\n",
    "clock times": "Start Time,Label,Strength\n00:00:00.5,hit,0.8\n0:00:01.25,chop,0.5\n",
    "capitals, spaces, empty rows": " TIME , Action , Strength \n\n0.5 , HIT , 0.8\n,,\n1.25, Chop ,0.5\n",
    "a title above": "My cues,,\n,,\nstart_time,marker name,strength\n0.5,hit,0.8\n1.25,chop,0.5\n",
    "a separator line": "sep=;\ntime;action;strength\n0.5;hit;0.8\n1.25;chop;0.5\n",
    "old line ends": "time,action,strength\r0.5,hit,0.8\r1.25,chop,0.5\r",
    "German headings": "Zeit;Bezeichnung;Stärke\n0,5;hit;0,8\n1,25;chop;0,5\n",
    "no headings": "0.5,hit,0.8\n1.25,chop,0.5\n",
    "label and number in one cell": "time,comment\n0.5,hit 0.8\n1.25,chops at 50%\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_tables_of_spreadsheets(load, text, encoding):
    found = load(".csv", text.encode(encoding))
    assert plain(found) == [(0.5, pytest.approx(0.8, abs=0.01), "hit", None), (1.25, 0.5, "chop", None)]


def test_ends_and_durations_of_tables(load):
    ends = load(".csv", "start,end,label\n1,1.5,pour\n2,2,hit\n")
    assert [cue.duration for cue in ends] == [0.5, 0]
    timecodes = "In,Out,Duration,Name\n10:00:01:00,10:00:02:12,00:00:01:12,scrape\n"
    assert [(cue.time, cue.duration) for cue in load(".csv", timecodes)] == [(1.0, 1.5)]
    assert [cue.duration for cue in load(".csv", "Mark In\tMark Out\n10:00:01:00\t10:00:02:12\n")] == [1.5]
    with pytest.raises(BadCues, match="Cue 1 of the file ends before it begins"):
        load(".csv", "start,end\n2,1\n")


def test_separate_columns_of_action_and_material(load):
    text = "time,object,sound,confidence\n1,Wooden table (wood),Footstep,0.5\n"
    (cue,) = load(".csv", text)
    assert (cue.action, cue.material, cue.confidence) == ("step", "wood", 0.5)


def test_an_audacity_label_file(load):
    text = "0,500000\t0,500000\thit wood\n\\\t100\t200\n2,0\t3,5\tscrape\n4\t4\tsomething else\n"
    found = load(".txt", text)
    assert plain(found) == [(0.5, 0.7, "hit", "wood"), (2, 0.7, "scrape", None), (4, 0.7, None, None)]
    assert [cue.duration for cue in found] == [0, 1.5, 0]


def test_subtitles_with_free_words(load):
    text = (
        "\ufeff1\r\n00:00:00,500 --> 00:00:02,000\r\n<i>hit</i> wood 0.8\r\n\r\n"
        "2\r\n00:00:03.250 --> 00:00:04.000\r\n[water poured]\r\nsecond line\r\n\r\n"
        "3\r\n00:00:05,000 --> 00:00:06,500\r\nscrape metal\r\n"
    )
    found = load(".srt", text)
    expected = [(0.5, 0.8, "hit", "wood"), (3.25, 0.7, None, "water"), (5, 0.7, "scrape", "metal")]
    assert plain(found) == expected
    assert [cue.duration for cue in found] == [0, 0, 1.5]


RESOLVE = """TITLE: Timeline 1
FCM: NON-DROP FRAME

001  001      V     C        10:00:01:12 10:00:01:13 10:00:01:12 10:00:01:13
 |C:ResolveColorBlue |M:hit wood |D:1

002  001      V     C        10:00:03:00 10:00:03:01 10:00:03:00 10:00:03:01
loud 0.9 |C:ResolveColorRed |M:scrape |D:48

"""


def test_markers_of_resolve(load):
    found = load(".edl", RESOLVE)
    assert plain(found) == [(1.5, 0.7, "hit", "wood"), (3, 0.9, "scrape", None)]
    assert [cue.duration for cue in found] == [0, 2]
    unnamed = FrameClock.of(24, seconds=60)
    assert [cue.time for cue in load(".edl", RESOLVE, unnamed)] == [1.5, 3.0], "a film without a start timecode"


def test_plain_events_and_locators_of_an_edit_list(load):
    events = (
        "TITLE: x\nFCM: DROP FRAME\n"
        "001  AX       V     C        00:00:00;00 00:00:10;00 00:01:00;02 00:01:10;02\n* FROM CLIP NAME: knock.wav\n"
        "002  AX       AA/V  D    025 00:00:00;00 00:00:10;00 00:02:00;02 00:02:10;02\n"
    )
    clock = FrameClock.of(29.97, "00:00:00;00")
    found = load(".edl", events, clock)
    assert [cue.time for cue in found] == [pytest.approx(1800 * 1001 / 3e4), pytest.approx(3598 * 1001 / 3e4)]
    assert found.cues[0].action == "knock" and found.cues[0].duration == 0
    located = events + "* LOC: 00:01:05;00 RED     hit metal\n"
    (cue,) = load(".edl", located, clock)
    assert cue.time == pytest.approx(65, abs=0.04) and cue.material == "metal"


def test_an_edit_list_has_the_films_timecode_and_colours_by_class(tmp_path):
    write_cues(TRACK, tmp_path / "a.edl", FrameClock.of(29.97, "01:00:00;00"))
    text = (tmp_path / "a.edl").read_text()
    assert "FCM: DROP FRAME" in text and " 01:00:00;07 " in text
    colours = [line.split("|")[1] for line in text.splitlines() if "|C:" in line]
    assert colours[0] == "C:ResolveColorRed " and colours[-1] == "C:ResolveColorCream "
    with pytest.raises(BadCues, match="frame rate"):
        write_cues(TRACK, tmp_path / "b.edl")
    assert not (tmp_path / "b.edl").exists()


def drums(path, ticks=480, kind=1):
    """Four notes; the tempo halves after two beats."""
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks)
    tempo = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    tempo.append(mido.MetaMessage("set_tempo", tempo=1_000_000, time=2 * ticks))
    notes = mido.MidiTrack([mido.MetaMessage("track_name", name="Kit 1")])
    for beat, note in enumerate((36, 38, 42, 49)):
        notes.append(mido.Message("note_on", channel=9, note=note, velocity=32 * (beat + 1) - 1, time=ticks // 2))
        notes.append(mido.Message("note_on", channel=9, note=note, velocity=0, time=ticks // 2))
    file.tracks += [tempo, notes]
    file.save(path)


def test_a_drum_file_follows_its_tempo(tmp_path):
    drums(tmp_path / "drums.mid")
    found = read_cues(tmp_path / "drums.mid")
    assert [cue.time for cue in found] == pytest.approx([0.25, 0.75, 1.5, 2.5])
    assert [cue.strength for cue in found] == pytest.approx([31 / 127, 63 / 127, 95 / 127, 1])
    assert {(cue.action, cue.duration) for cue in found} == {(None, 0)}


def test_midi_with_ticks_of_a_frame(load):
    data = bytearray(b"MThd\0\0\0\6\0\0\0\1\xe7\x28MTrk\0\0\0\x0c\x87\x68\x99\x24\x64\x0a\x89\x24\0\0\xff\x2f\0")
    data[21] = len(data) - 22
    (cue,) = load(".mid", bytes(data))
    assert cue.time == pytest.approx(1.0), "1000 ticks of 25 frames of 40"


def test_midi_keeps_the_action_of_merged_tracks(tmp_path):
    write_cues(TRACK, tmp_path / "a.mid")
    file = mido.MidiFile(tmp_path / "a.mid")
    names = {message.name for track in file.tracks for message in track if message.type == "track_name"}
    assert names == {"hit wood", "chop", "water", "scrape metal", "cue"}
    merged = mido.MidiTrack(m for m in mido.merge_tracks(file.tracks) if m.type != "track_name")
    file.tracks[:] = [merged]
    file.save(tmp_path / "b.mid")
    actions = sorted(str(cue.action) for cue in read_cues(tmp_path / "b.mid"))
    assert actions == ["None", "None", "chop", "hit", "scrape"]


def test_json_keeps_its_checks_and_needs_no_suffix(load):
    assert load(".cues", "[0.5]").cues[0].time == 0.5
    with pytest.raises(BadCues, match="is not a cue file that a2s reads .json, csv"):
        load(".docx", b"PK\3\4")


WRONG = {
    "empty csv": (".csv", b"", "empty"),
    "no times": (".csv", b"label,strength\nhit,1\n", "no column of times"),
    "a cell that is no time": (".csv", b"time\n1\nsoon\n", "Cue 2 of the file: 'soon' is no time"),
    "a negative time": (".csv", b"time\n-1\n", "Cue 1 of the file: A cue's time"),
    "a time beyond the longest film": (".csv", b"time\n1e9\n", "is no time"),
    "a later time than the limit": (".csv", b"time\n90000\n", "from 0 to"),
    "bytes": (".csv", bytes(range(256)), "cue"),
    "utf-16 of odd length": (".csv", b"\xff\xfeab\0", "not text"),
    "a huge cell": (".csv", b"time\n" + b"9" * 200_000, "not a table|no time"),
    "timecodes that do not exist": (".csv", b"tc\n10:00:00:99\n", "does not exist"),
    "subtitles without any": (".srt", b"hello", "no SubRip"),
    "an empty edit list": (".edl", b"TITLE: x\n", "no event"),
    "midi of noise": (".mid", random.Random(0).randbytes(5000), "not a MIDI"),
    "midi that breaks off": (".mid", b"MThd\0\0\0\6\0\1\0\5\0\x60MTrk\0\0\xff\xff", "not a MIDI|no note"),
    "midi without notes": (".mid", b"MThd\0\0\0\6\0\0\0\0\0\x60", "no note"),
    "a large midi": (".mid", b"MThd" + bytes(600_000), "larger than 512 kB"),
    "a large file": (".csv", b"1\n" * 5_000_000, "larger than 8 MB"),
    "deep json": (".json", b"[" * 100_000, "not JSON"),
}


@pytest.mark.parametrize(("suffix", "data", "message"), WRONG.values(), ids=WRONG)
def test_a_damaged_or_hostile_file_is_one_sentence(load, suffix, data, message):
    with pytest.raises(BadCues, match=message) as caught:
        load(suffix, data)
    assert str(caught.value).count("\n") == 0 and len(str(caught.value)) < 250


@pytest.mark.parametrize("suffix", CUE_SUFFIXES)
def test_random_bytes_never_raise_anything_else(load, suffix):
    noise = random.Random(suffix)
    for size in (1, 30, 3000):
        for start in (b"", b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\x0b\0", b"time,label\n1,", b"1\n00:00:01,000 --> "):
            try:
                load(suffix, start + noise.randbytes(size))
            except BadCues as error:
                assert "\n" not in str(error)


def test_subtitles_of_hostile_text_are_read_line_by_line(load, caplog):
    """Text on which a regular expression over the whole file would take hours."""
    for text in (b"1" * 2_000_000, b"1\n00:00:01,000 --> " * 50_000):
        with pytest.raises(BadCues, match="no SubRip subtitle"):
            load(".srt", text)
    crowded = "1\n00:00:01,000 --> 00:00:02,000\nhit\n2\n00:00:03,000 --> 00:00:04,000\nchop 0.5"
    assert plain(load(".srt", crowded)) == [(1, 0.7, "hit", None), (3, 0.5, "chop", None)]
    assert not caplog.records


@pytest.mark.parametrize("suffix", CUE_SUFFIXES)
def test_more_cues_than_allowed_name_the_limit(load, tmp_path, suffix):
    path = tmp_path / f"many{suffix}"
    write_cues(CueTrack.at([n / 4 for n in range(40)]), path, CLOCK)
    assert len(read_cues(path, CLOCK)) == 40
    with pytest.raises(BadCues, match=r"--limit max_cues=... or A2S_MAX_CUES"):
        read_cues(path, CLOCK, Limits(max_cues=5))


def test_a_name_of_another_format_is_refused(tmp_path):
    with pytest.raises(CannotWrite, match="must be a cue file: json, csv"):
        write_cues(TRACK, tmp_path / "cues.docx")
