"""Numbered pictures on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from a2s.cli.sequences import films_of, sequence_name
from a2s.errors import BadSettings
from a2s.limits import Limits
from a2s.media import probe_video


def test_a_sequence_becomes_a_temporary_film(tmp_path):
    for number in range(1, 13):
        Image.fromarray(np.full((48, 64, 3), 20 * number, np.uint8)).save(tmp_path / f"shot_{number:04}.png")
    other = tmp_path / "other.mp4"
    with films_of([other, tmp_path / "shot_0001.png"], "12", Limits()) as films:
        assert films[0] == other and films[1].name == "shot.mov"
        assert probe_video(films[1]).duration == pytest.approx(1)
    assert not films[1].exists()
    with pytest.raises(BadSettings, match="--rate 24"), films_of([tmp_path], None, Limits()):
        pass
    with films_of([other], None, Limits()) as films:
        assert films == [other]


@pytest.mark.parametrize(
    ("path", "name"), [("a/shot_%04d.png", "shot"), ("a/0001.png", "a"), ("a/take-2_0001.tif", "take-2")]
)
def test_names_of_sequences(path, name):
    assert sequence_name(Path(path).absolute()) == name
