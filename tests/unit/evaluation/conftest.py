"""Test worlds, a tiny model and tiny judges, made once per session."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2s.evaluation.worlds import HeldOutWorlds
from tests.tiny import tiny_pipeline
from tests.unit.evaluation.tiny_worlds import render_worlds


@pytest.fixture(scope="session")
def worlds_folder(tmp_path_factory) -> Path:
    """Four short rendered videos with synthetic motion."""
    return render_worlds(tmp_path_factory.mktemp("worlds"), 4)


@pytest.fixture(scope="session")
def worlds(worlds_folder) -> HeldOutWorlds:
    return HeldOutWorlds(worlds_folder)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory) -> Path:
    """A saved tiny pipeline with two sampler steps."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    pipe = tiny_pipeline()
    pipe.register_to_config(steps=2)
    pipe.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def judges_folder(tmp_path_factory) -> Path:
    """Untrained tiny judges of events and of places."""
    from a2s.evaluation.judges.events import EventJudge
    from a2s.evaluation.judges.place import PlaceJudge

    folder = tmp_path_factory.mktemp("judges")
    EventJudge(channels=(1, 8, 8, 8), hidden=8).save_pretrained(folder / "classes")
    PlaceJudge(embedding=8).save_pretrained(folder / "place")
    return folder
