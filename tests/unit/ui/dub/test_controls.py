from __future__ import annotations

import re

import pytest

from a2s.errors import BadSettings
from a2s.settings import DubSettings, setting_ranges
from a2s.ui.api import Api
from a2s.ui.dub.controls import OFF, ORDER, choice_key, control_values, read_settings

SETTINGS = DubSettings(
    ambient=0.7, seed=9, takes=2, first_take=3, steps=8, guidance_scale=3.0, overlap_seconds=0.25, original_audio=-12.0,
    original_track=2, loudness=None, compress=True, start=0.5, end=3.0,
)  # fmt: skip


def test_settings_survive_the_way_through_the_controls():
    assert read_settings(*control_values(SETTINGS), "compact") == (SETTINGS, "compact")
    assert len(control_values(SETTINGS)) == len(ORDER)


def test_an_amount_is_rounded_to_the_resolution_of_its_slider():
    assert control_values(DubSettings(ambient=1 / 3))[ORDER.index("ambient")] == 0.33


def test_the_documented_ranges_of_the_api_are_the_accepted_ranges():
    for name, setting in (("ambient", "ambient"), ("steps", "steps"), ("guidance", "guidance_scale")):
        (line,) = re.findall(rf"^ +{name}: (.*)", Api.dub.__doc__, re.MULTILINE)
        least, most = re.search(r"(\d+)[^,.]* to (\d+)", line).groups()
        assert (float(least), float(most)) == setting_ranges()[setting]


def test_takes_are_counted_from_one_on_the_page():
    assert dict(zip(ORDER, control_values(SETTINGS), strict=True))["first_take"] == 4


def test_off_means_none():
    assert choice_key(None) == OFF and choice_key(-14.0) == "-14"
    settings, _ = read_settings(*control_values(SETTINGS), "compact")
    assert settings.loudness is None and settings.original_audio == -12.0


@pytest.mark.parametrize(
    ("typed", "target"), [("web", -14.0), ("-18", -18.0), ("\N{MINUS SIGN}20,5 LUFS", -20.5), ("off", None)]
)
def test_a_loudness_is_typed_as_on_the_command_line(typed, target):
    values = control_values(SETTINGS)
    values[ORDER.index("loudness")] = typed
    assert read_settings(*values, "compact")[0].loudness == target


def test_a_track_of_the_original_counts_only_where_it_sounds():
    values = control_values(SETTINGS)
    values[ORDER.index("original_audio")] = OFF
    assert read_settings(*values, "compact")[0].original_track == 2, "around the dubbed part"
    values[ORDER.index("start")] = values[ORDER.index("end")] = None
    assert read_settings(*values, "compact")[0].original_track is None


@pytest.mark.parametrize("name", [name for name in ORDER if name != "original_track"])
def test_text_instead_of_a_value_is_refused(name):
    values = control_values(SETTINGS)
    values[ORDER.index(name)] = "loud"
    with pytest.raises(BadSettings):
        read_settings(*values, "compact")


def test_an_empty_stretch_is_the_whole_film():
    values = control_values(SETTINGS)
    values[ORDER.index("start")], values[ORDER.index("end")] = 0, 0
    settings, _ = read_settings(*values, "compact")
    assert settings.start is None and settings.end is None


def test_a_missing_control_is_refused():
    with pytest.raises(BadSettings):
        read_settings(0.5, "compact")
