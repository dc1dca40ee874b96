from __future__ import annotations

import pytest

from a2s.cues import Cue, CueTrack
from a2s.errors import BadCues
from a2s.ui.cue_table import HEADERS, rows_of, track_of

SEEN = CueTrack((Cue(0.123456789, 0.5, "hit", "wood", 0.9, 0.0), Cue(1.5)), "motion")


def test_an_untouched_table_is_the_track_itself():
    assert track_of(rows_of(SEEN), SEEN) is SEEN
    assert all(len(row) == len(HEADERS) for row in rows_of(SEEN))


def test_an_edited_table_is_a_new_track():
    rows = rows_of(SEEN)
    rows[0][0] = 0.75
    rows[1][2:4] = ["Knock ", "metal"]
    edited = track_of(rows, SEEN)
    assert edited.source == "page"
    assert [cue.time for cue in edited] == [0.75, 1.5]
    assert (edited.cues[1].action, edited.cues[1].material) == ("knock", "metal")


def test_typed_numbers_are_text_and_may_have_a_comma():
    (cue,) = track_of([["1,25", "0.5", "", "", "", ""]])
    assert (cue.time, cue.strength, cue.action, cue.confidence) == (1.25, 0.5, None, 1.0)


def test_empty_rows_are_nothing_and_an_emptied_table_is_an_empty_track():
    assert len(track_of([["", "", "", "", "", ""]], SEEN)) == 0
    assert len(track_of([], SEEN)) == 0


@pytest.mark.parametrize(
    "row", [["soon", 1, "", "", 1, 0], [1, 2, "", "", 1, 0], [1, 1, "sing", "", 1, 0], ["", 1, "", "", 1, 0]]
)
def test_a_bad_cell_is_told(row):
    with pytest.raises(BadCues):
        track_of([row])
