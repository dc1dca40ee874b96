"""Cue files survive a round trip, and hostile ones are refused in one sentence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from a2s.cues import Cue, CueTrack
from a2s.errors import A2SError, BadCues, CannotWrite
from a2s.settings import Limits

TRACK = CueTrack(
    (Cue(2.5, 0.4, "scrape", "stone", 0.5, 0.8), Cue(0.1 + 0.2), Cue(1.0, 1.0, "hit", "metal", 0.25)),
    "motion",
)


def test_round_trip_is_exact_and_sorted(tmp_path):
    assert [cue.time for cue in TRACK] == sorted(cue.time for cue in TRACK)
    assert CueTrack.from_json(TRACK.to_json()) == TRACK
    TRACK.save(tmp_path / "cues.json")
    assert CueTrack.load(tmp_path / "cues.json") == TRACK
    assert [path.name for path in tmp_path.iterdir()] == ["cues.json"]
    assert CueTrack.from_json(CueTrack().to_json()) == CueTrack()


def test_file_has_the_documented_shape():
    data = json.loads(TRACK.to_json())
    assert data["version"] == 1 and data["source"] == "motion"
    cue = {"time": 1.0, "strength": 1.0, "action": "hit", "material": "metal", "confidence": 0.25, "duration": 0.0}
    assert data["cues"][1] == cue


BARE = ["[2, 0.5]", '[{"time": 2}, {"time": 0.5}]', '{"cues": [2, {"time": 0.5}]}', b"[2, 0.5]"]


@pytest.mark.parametrize("text", BARE)
def test_bare_lists(text):
    assert CueTrack.from_json(text).cues == tuple(Cue(t, 0.7, None, None, 1.0, 0.0) for t in (0.5, 2.0))


def test_between_is_half_open():
    assert [cue.time for cue in TRACK.between(1.0, 2.5)] == [1.0]


def test_numpy_numbers_become_floats():
    assert type(Cue(np.float32(0.5)).time) is float


LIMITS = Limits(max_cues=100)

HOSTILE = {
    "not json": "drum at two",
    "empty": "",
    "bytes": b"\xff\xfe\x00[",
    "nan": "[NaN]",
    "infinite": "[Infinity]",
    "overflow": "[1e999]",
    "huge integer": "[" + "9" * 400 + "]",
    "longer integer": "[" + "9" * 6000 + "]",
    "negative": "[-0.1]",
    "after the longest video": f"[{LIMITS.max_seconds + 1}]",
    "boolean": "[true]",
    "text": '["0.5"]',
    "null": "[null]",
    "nested list": "[[0.5]]",
    "deep": "[" * 100_000,
    "deep and closed": "[" * 50_000 + "]" * 50_000,
    "object": '{"time": 1}',
    "cues no list": '{"cues": {"time": 1}}',
    "number": "3",
    "no time": '[{"strength": 1}]',
    "strength": '[{"time": 1, "strength": 1.01}]',
    "confidence": '[{"time": 1, "confidence": -1}]',
    "duration": '[{"time": 1, "duration": NaN}]',
    "action": '[{"time": 1, "action": "explode"}]',
    "action type": '[{"time": 1, "action": ["hit"]}]',
    "material": '[{"time": 1, "material": 3}]',
    "unknown key": '[{"time": 1, "colour": "red"}]',
    "version": '{"version": 2, "cues": []}',
    "version type": '{"version": true, "cues": []}',
    "source": '{"source": 3, "cues": []}',
    "long source": json.dumps({"source": "x" * 1000, "cues": []}),
    "too many": "[" + "1," * LIMITS.max_cues + "1]",
    "too large": "[" + " " * 9_000_000 + "]",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_refused_in_one_sentence(text):
    with pytest.raises(BadCues) as caught:
        CueTrack.from_json(text, LIMITS)
    sentence = str(caught.value)
    assert sentence.endswith((".", "null.")) and "\n" not in sentence and len(sentence) < 250


def test_as_many_cues_as_allowed_pass():
    track = CueTrack.from_json("[" + "1," * (LIMITS.max_cues - 1) + "1]", LIMITS)
    track.check(LIMITS)
    assert len(track) == LIMITS.max_cues
    with pytest.raises(BadCues, match="There are 100 cues; at most 99 are allowed"):
        track.check(Limits(max_cues=99))
    with pytest.raises(BadCues, match="from 0 to 1800"):
        CueTrack.at([1801]).check(Limits(max_seconds=1800))


def test_a_file_of_version_1_is_read():
    """As written by the first release; `cues` and `source` stay in this form."""
    text = """{
 "version": 1,
 "source": "motion",
 "cues": [
  {"time": 1.25, "strength": 0.5, "action": "hit", "material": "wood", "confidence": 0.9, "duration": 0.0},
  {"time": 0.5}
 ]
}
"""
    first, second = CueTrack.from_json(text)
    assert first == Cue(0.5) and second == Cue(1.25, 0.5, "hit", "wood", 0.9, 0.0)
    assert CueTrack.from_json(text).source == "motion"


def test_a_bad_cue_is_named_by_its_number():
    with pytest.raises(BadCues, match="Cue 2 of the file"):
        CueTrack.from_json("[1, -1]")


def test_paths_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(BadCues, match="absent.json"):
        CueTrack.load(tmp_path / "absent.json")
    with pytest.raises(BadCues):
        CueTrack.load(tmp_path)
    with pytest.raises(CannotWrite):
        TRACK.save(tmp_path / "absent" / "cues.json")
    assert issubclass(BadCues, A2SError)
