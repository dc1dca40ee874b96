"""Rendered videos that all tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2s.training.data import LongVideos
from tests.unit.evaluation.tiny_worlds import render_worlds


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    """A data set of two videos of 12 s with motion."""
    return render_worlds(tmp_path_factory.mktemp("world") / "world", 2)


@pytest.fixture(scope="session")
def videos(world) -> LongVideos:
    return LongVideos(world)
