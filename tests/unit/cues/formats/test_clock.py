"""Times and timecodes as people and editors write them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from a2s.cues.formats.clock import FrameClock, read_time
from a2s.errors import BadCues


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (23.976, Fraction(24000, 1001)),
        (24.0, Fraction(24)),
        (29.9698, Fraction(30000, 1001)),
        (30.01, Fraction(30)),
        (59.94, Fraction(60000, 1001)),
        (12.5, Fraction(25, 2)),
    ],
)
def test_a_measured_rate_becomes_the_exact_one(fps, rate):
    assert FrameClock.of(fps).rate == rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5", 1.5),
        ("1,5 s", 1.5),
        ("250ms", 0.25),
        ("1:20", 80),
        ("00:01:20.5", 80.5),
        ("0:00:01,250", 1.25),
        ("-2", -2),
        ("hit", None),
        ("", None),
        ("1:2:3:4:5", None),
        ("9" * 100, None),
    ],
)
def test_times(text, seconds):
    assert read_time(text) == seconds


def test_a_timecode_needs_a_clock_and_counts_from_the_films_start():
    with pytest.raises(BadCues, match="frame rate"):
        read_time("00:00:01:12")
    assert read_time("00:00:01:12", FrameClock.of(24)) == 1.5
    assert read_time("10:00:01:12", FrameClock.of(24, "10:00:00:00")) == 1.5


@pytest.mark.parametrize("start", ["00:00:00;00", "01:00:59;28", "10:09:59;20"])
@pytest.mark.parametrize("fps", [29.97, 59.94])
def test_drop_frame_timecode_keeps_every_frame(fps, start):
    clock = FrameClock.of(fps, start)
    for frame in (0, 1, 40, 1799, 1800, 1801, 17_981, 17_982, 17_983, 107_892):
        seconds = float(frame / clock.rate)
        assert clock.times([clock.timecode(seconds)]) == [pytest.approx(seconds, abs=1e-9)]


def test_drop_frame_skips_two_numbers_a_minute():
    clock = FrameClock.of(29.97, "00:00:00;00")
    assert clock.timecode(1799 * 1001 / 30_000) == "00:00:59;29"
    assert clock.timecode(1800 * 1001 / 30_000) == "00:01:00;02"
    assert clock.frames("00:01:00:02") == 1800 and clock.frames("00:01:00:02", drop=False) == 1802


def test_timecodes_of_a_film_without_a_start_count_from_the_hour():
    clock = FrameClock.of(25, seconds=60)
    assert clock.times(["01:00:02:05", "01:00:01:00"]) == [2.2, 1.0]
    assert clock.times(["00:00:02:05"]) == [2.2]


@pytest.mark.parametrize("text", ["00:00:61:00", "00:00:00:25", "hit", "00:00:00"])
def test_a_timecode_that_does_not_exist_is_refused(text):
    with pytest.raises(BadCues):
        FrameClock.of(25).frames(text)
