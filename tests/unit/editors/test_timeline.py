"""Rates, timecodes and the places of clips and markers, compared with the time of the film to the frame."""

from __future__ import annotations

from fractions import Fraction

import pytest

from a2s.editors.options import PackageOptions, check_options
from a2s.editors.timeline import check_start, editing_rate, lay_out
from a2s.errors import A2SError, BadSettings
from tests.unit.editors.deliveries import CUES, FILMS, delivery, make_layout


@pytest.mark.parametrize(
    "fps, rate",
    [
        (23.976, "24000/1001"), (24.0, "24"), (25.0, "25"), (29.97, "30000/1001"), (30.0, "30"), (59.94, "60000/1001"),
        (60.02, "60"), (12.5, "25"), (15.0, "30"), (10.0, "30"), (120.0, "60"), (119.88, "60000/1001"), (240.0, "60"),
        (29.2, "30"), (29.8, "30"), (24.6, "25"), (1.0, "24"),
    ],
)  # fmt: skip
def test_the_timeline_has_a_rate_that_editors_have(fps, rate):
    assert editing_rate(fps) == Fraction(rate)


@pytest.mark.parametrize("film", FILMS)
def test_the_film_begins_at_its_timecode(film):
    rate, timecode = FILMS[film]
    layout = make_layout(film)
    assert layout.clock.rate == rate and layout.clock.timecode(0) == timecode
    assert layout.frames == round(2 * rate) and (layout.lead, layout.tail, layout.pop) == (0, 0, 0)


@pytest.mark.parametrize("film", FILMS)
def test_a_marker_stands_at_the_frame_nearest_to_its_cue(film):
    timeline = delivery(make_layout(film, PackageOptions(two_pop=True)))
    for marker, cue in zip(timeline.markers, CUES, strict=True):
        time = float((marker.frame - timeline.lead) / timeline.rate)
        assert abs(time - cue.time) <= 0.5 / timeline.rate + 1e-9
        assert abs(float(marker.frames / timeline.rate) - cue.duration) <= 1 / timeline.rate + 1e-9
        assert marker.frame + marker.frames <= timeline.frames
        assert marker.seconds == pytest.approx(cue.time + timeline.seconds(timeline.lead), abs=1e-9)


def test_a_two_pop_and_handles_move_the_start_of_the_media_not_the_film():
    plain = make_layout("25")
    layout = make_layout("25", PackageOptions(two_pop=True, handles=3))
    assert layout.clock == plain.clock and layout.frames == plain.frames
    assert (layout.lead, layout.tail, layout.pop) == (75, 75, 50)
    assert layout.media_start == layout.clock.first - 75 and layout.media_frames == 50 + 2 * 75
    assert layout.samples(layout.lead, 48_000) == 3 * 48_000
    timeline = delivery(layout)
    assert timeline.start == layout.clock.first - 50 and timeline.frames == 100
    picture, action, *_ = timeline.tracks
    assert (picture.at, picture.frames, picture.skipped) == (50, 50, 0)
    assert (action.at, action.frames, action.skipped) == (0, 100, 25)


@pytest.mark.parametrize(
    "timecode, start", [("00:00:01:24", "01:00:00:00"), ("00:00:01;29", "01:00:00;00"), (None, "01:00:00:00")]
)
def test_a_film_without_room_for_the_lead_begins_at_one_hour(timecode, start):
    fps = 30000 / 1001
    assert lay_out(fps, 2.002, timecode, PackageOptions(two_pop=True)).clock.start == start


def test_a_start_timecode_can_be_given():
    options = PackageOptions(start="02:00:00;00")
    layout = lay_out(30000 / 1001, 2.002, "01:00:00:00", options)
    assert layout.clock.timecode(0) == "02:00:00;00" and layout.clock.first == 2 * 107_892
    assert lay_out(25, 2, None, options).clock.timecode(0) == "02:00:00:00", "25 fps has no drop-frame timecode"
    with pytest.raises(A2SError, match="00:00:00:40.*25 fps"):
        lay_out(25, 2, None, PackageOptions(start="00:00:00:40"))
    with pytest.raises(A2SError, match="00:00:00:40.*25 fps"):
        check_start(PackageOptions(start="00:00:00:40"), 25)
    check_start(PackageOptions(), 25)


@pytest.mark.parametrize(
    "options, named",
    [
        (PackageOptions(names="short"), "plain or ucs"),
        (PackageOptions(handles=-1), "from 0 to 60"),
        (PackageOptions(handles=61), "from 0 to 60"),
        (PackageOptions(handles=float("nan")), "from 0 to 60"),
        (PackageOptions(handles=True), "from 0 to 60"),
        (PackageOptions(start="soon"), "HH:MM:SS:FF, not 'soon'"),
        (PackageOptions(start="24:00:00:00"), "HH:MM:SS:FF"),
    ],
)
def test_options_outside_their_range_are_refused(options, named):
    check_options(PackageOptions("ucs", 60, True, True))
    with pytest.raises(BadSettings, match=named):
        check_options(options)
