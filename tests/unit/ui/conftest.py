"""Requests that come from a session, and a clip to bring."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.fakes import draw_video
from tests.unit.ui.studio import desks


@pytest.fixture
def request_of():
    """A function: session name to what gradio hands a handler as its request."""
    return lambda session="one": SimpleNamespace(session_hash=session)


@pytest.fixture
def clip(tmp_path) -> Path:
    return draw_video(tmp_path / "my clip <b>.mp4", seconds=2.0, hits=(0.5, 1.25))


@pytest.fixture
def studio(tmp_path, request_of, clip):
    """The Dub tab's desks with a clip that was watched."""
    made = desks(tmp_path / "root")
    made.load(clip, request_of())
    return made
