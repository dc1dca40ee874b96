"""Shared fixtures."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from contextlib import contextmanager
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores: more threads would wait for one another
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from a2s.log import to_stderr

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder beside the checkout with real clips and recordings; not part of the project: tests skip without it."""
    if not (SHARED / "real_clips").is_dir():
        pytest.skip("needs ../shared, which is not here")
    return SHARED


@pytest.fixture
def logging_kept():
    """The process logs afterwards as it did before."""
    root, ours = logging.getLogger(), logging.getLogger("a2s")
    levels = root.level, ours.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = [handler for handler in root.handlers if type(handler).__module__ != "a2s.log"]
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def json_log(logging_kept, capsys):
    """A function that gives the objects that were logged since it was called last."""
    to_stderr(as_json=True)
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


SERVERS = {
    "shipped": ("test_controls.py", "test_ambiences.py", "test_shipped.py"),
    "site": ("test_page.py", "test_compare.py", "test_api.py"),
    "timeline": ("test_timeline.py", "test_timeline_playing.py"),
}
"""Files of tests/e2e by the server that they need, which is dear: one process runs them."""


def group_of(file: str) -> str:
    """What a file's tests are run together with: those of the same server, or nothing else. file: as in a test's id."""
    folder, _, name = file.rpartition("/")
    servers = [server for server, files in SERVERS.items() if name in files] if folder == "tests/e2e" else []
    return servers[0] if servers else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups to processes. Not by `--dist loadgroup`, which pytest 9.2 and xdist 3.8 do not agree on."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.partition("::")[0])

    return Groups(config, log)


def pytest_collection_modifyitems(items) -> None:
    """The servers' tests first: they wait most, and the last ones to be left would be waited for. Of a server's tests
    those that are to be alone come first, one behind the other, so that the rest makes way for them once."""

    def order(item) -> tuple:
        group = group_of(item.nodeid.partition("::")[0])
        return (0, group, not is_alone(item)) if group in SERVERS else (1, "", False)

    items.sort(key=order)


def is_alone(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    """The machine is a test's own where it is marked `alone`, for it hears and sees in real time; else it is shared."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    locks = Path(item.config.option.basetemp).parent
    if not _room:
        _room.append(open(locks / "room.lock", "w"))
        with _locked(locks / "gate.lock"):  # who waits for the whole room keeps others from going in
            fcntl.flock(_room[0], fcntl.LOCK_EX if is_alone(item) else fcntl.LOCK_SH)
    try:
        return (yield)
    finally:
        if not (is_alone(item) and is_alone(nextitem)):
            _room.pop().close()


_room: list = []
"""This process's lock while it is in the room."""


@contextmanager
def _locked(path: Path):
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
