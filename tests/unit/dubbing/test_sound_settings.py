"""How texts of options about the sound are read."""

from __future__ import annotations

import pytest

from a2s.dubbing.sound_settings import read_loudness, read_track
from a2s.errors import BadSettings


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("web", -14), ("podcast", -16), ("EBU", -23), ("atsc", -24), ("off", None), (" Off ", None), ("-18", -18),
        ("-12 LUFS", -12), ("-14,5", -14.5), ("\N{MINUS SIGN}16", -16), ("-23LKFS", -23),
    ],
)  # fmt: skip
def test_loudness_by_name_or_number(text, target):
    assert read_loudness(text) == target


@pytest.mark.parametrize("text", ["loud", "", "-", "14 apples", "LUFS"])
def test_another_text_gets_one_sentence_with_what_is_allowed(text):
    with pytest.raises(BadSettings) as caught:
        read_loudness(text)
    message = str(caught.value)
    assert "web (-14), podcast (-16), ebu (-23), atsc (-24), off" in message and "\n" not in message


@pytest.mark.parametrize(("text", "track"), [(None, None), ("2", 2), (" 3 ", 3), ("Mic", "Mic"), ("eng", "eng")])
def test_a_track_is_a_number_or_a_name(text, track):
    assert read_track(text) == track
