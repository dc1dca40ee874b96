"""A studio over stand-ins, and requests that come from a session."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.fakes import FakeBank, FakePipeline, draw_video


@pytest.fixture
def request_of():
    """A function: session name to what gradio hands a handler as its request."""
    return lambda session="one": SimpleNamespace(session_hash=session)


@pytest.fixture
def clip(tmp_path) -> Path:
    return draw_video(tmp_path / "my clip <b>.mp4", seconds=2.0, hits=(0.5, 1.25))


@pytest.fixture
def studio(tmp_path):
    from a2s.ui.engine import Engine
    from a2s.ui.examples import find_examples
    from a2s.ui.studio import Studio
    from a2s.ui.visit import Visits

    shelf = tmp_path / "examples"
    shelf.mkdir()
    draw_video(shelf / "wood_chopping.mp4", seconds=1.0)
    return Studio(Engine(FakePipeline(), FakeBank()), Visits(tmp_path / "root", grace=0.05), find_examples(shelf))
