"""Requests of a session, and a video to load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.fakes import draw_video
from tests.unit.ui.page_handlers import PageHandlers, make_handlers


@pytest.fixture
def request_of() -> Callable[..., SimpleNamespace]:
    """A function: name of a session to what gradio hands a handler as its request."""
    return lambda session="one": SimpleNamespace(session_hash=session)


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """2 s with two hits, silent."""
    return draw_video(tmp_path_factory.mktemp("clip") / "my clip <b>.mp4", seconds=2.0, hits=(0.5, 1.25))


@pytest.fixture
def page(tmp_path, request_of, clip) -> PageHandlers:
    """The handlers of the Dub tab with a clip that was analysed."""
    handlers = make_handlers(tmp_path / "root")
    handlers.load(clip, request_of())
    return handlers
