"""Shared fixtures."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder beside the checkout with real clips and recordings; not part of the project: tests skip without it."""
    if not (SHARED / "real_clips").is_dir():
        pytest.skip("needs ../shared, which is not here")
    return SHARED


SERVERS = ("shipped", "site", "timeline_site")
"""Fixtures that are dear: what needs one of them is run by the same process, and first."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items) -> None:
    """Say what belongs together (`--dist loadgroup`): the tests of a server, else those of a file."""
    for item in items:
        needed = [name for name in SERVERS if name in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(needed[0] if needed else str(item.path)))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group").args[0] not in SERVERS)


@pytest.fixture(autouse=True)
def room(request, tmp_path_factory):
    """The machine is a test's own where it is marked `alone`, for it hears and sees in real time; else it is shared."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    locks = tmp_path_factory.getbasetemp().parent
    alone = request.node.get_closest_marker("alone") is not None
    with open(locks / "room.lock", "w") as inside:
        with _locked(locks / "gate.lock"):  # who waits for the whole room keeps others from going in
            fcntl.flock(inside, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


@contextmanager
def _locked(path: Path):
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
