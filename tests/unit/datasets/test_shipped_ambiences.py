"""The shipped ambient bank."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from a2s.ambient import AmbientBank
from a2s.audio.levels import level_db
from a2s.datasets.foley_world.ambience import KINDS, MAKERS
from a2s.datasets.foley_world.soundscape import Soundscape
from a2s.datasets.shipped_ambiences import CLIPS, render_bank, render_clips

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "ambient"


@pytest.fixture(scope="module")
def bank():
    return AmbientBank.load(FOLDER)


def test_many_clips_of_many_kinds_in_little_space(bank):
    assert len(bank) >= 60 and {clip.kind for clip in bank.clips} == set(KINDS) and len(KINDS) >= 10
    assert len({clip.name for clip in bank.clips}) == len(bank)
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) < 12e6
    assert {(clip.author, clip.licence) for clip in bank.clips} == {("a2s", "CC0-1.0")}


def test_levels_are_realistic(bank):
    levels = np.array([clip.level_db for clip in bank.clips])
    assert levels.min() == bank.low_ambient.level_db < -65 and -30 < levels.max() < -20
    assert np.mean((levels > -51) & (levels < -29)) > 0.7
    for clip in bank.clips:
        y = bank.waveform(clip.id)
        assert level_db(y) == pytest.approx(clip.level_db, abs=0.01) and np.abs(y).max() < 0.99
        assert clip.floor_db <= clip.level_db + 0.01


def test_clips_loop_without_a_seam(bank):
    for clip in bank.clips:
        y = bank.waveform(clip.id)
        steps = np.abs(np.diff(y))
        assert abs(y[0] - y[-1]) <= steps.max(), clip.id


def test_rendering_it_again_gives_the_same_clips(bank):
    made = AmbientBank.of(islice(render_clips(), 6))
    for clip, shipped in zip(made.clips, bank.clips, strict=False):
        assert (clip.id, clip.level_db) == (shipped.id, shipped.level_db)
        assert made.waveform(clip.id) == pytest.approx(bank.waveform(clip.id), abs=1e-4)


@pytest.mark.parametrize("kind", CLIPS)
def test_every_trait_of_a_clip_is_used(kind):
    """A misspelt trait would be ignored without an error."""
    requested: set[str] = set()
    for name, _level, traits in CLIPS[kind]:
        soundscape = Soundscape(1.0, np.random.default_rng(0), 16_000, traits)
        MAKERS[kind](soundscape)
        requested |= soundscape.requested
        assert set(traits) <= requested, (name, set(traits) - requested)


def test_the_bank_is_written_to_a_folder(tmp_path, monkeypatch):
    one = {"hum": CLIPS["hum"][:1]}
    monkeypatch.setattr("a2s.datasets.shipped_ambiences.CLIPS", one)
    assert len(render_bank(tmp_path / "bank")) == len(AmbientBank.load(tmp_path / "bank")) == 1
