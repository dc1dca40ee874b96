"""Worlds that the exam's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def worlds_folder(tmp_path_factory) -> Path:
    """Four short rendered videos with an invented motion."""
    from tests.unit.evaluation.worlds import render_worlds

    return render_worlds(tmp_path_factory.mktemp("worlds"), 4)


@pytest.fixture(scope="session")
def unseen(worlds_folder):
    from a2s.evaluation.clips import UnseenWorlds

    return UnseenWorlds(worlds_folder)
