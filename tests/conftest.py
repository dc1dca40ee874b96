"""Shared fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder beside the checkout with real clips and recordings; not part of the project: tests skip without it."""
    if not (SHARED / "real_clips").is_dir():
        pytest.skip("needs ../shared, which is not here")
    return SHARED
