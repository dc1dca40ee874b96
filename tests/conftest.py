"""Fixtures of all tests, and the distribution of tests over processes."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if "PYTEST_XDIST_WORKER" in os.environ:  # there is a process per core, so more threads would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from a2s.log import to_stderr

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the checkout, with real clips and recordings; it is no part of the project."""
    if not (SHARED / "real_clips").is_dir():
        pytest.skip("needs ../shared, which is absent")
    return SHARED


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Restores the logging of the process after the test."""
    root, ours = logging.getLogger(), logging.getLogger("a2s")
    levels = root.level, ours.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = [handler for handler in root.handlers if type(handler).__module__ != "a2s.log"]
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def json_log(restored_logging: None, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict]]:
    """A function that returns the objects logged since its last call."""
    to_stderr(as_json=True)
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


SERVERS = {
    "shipped": ("test_controls.py", "test_ambiences.py", "test_shipped.py"),
    "site": ("test_page.py", "test_compare.py", "test_api.py"),
    "timeline": ("test_timeline.py", "test_timeline_playing.py"),
}
"""Files of tests/e2e by the server that they share. A server takes seconds to start, so one process runs its files."""


def group_of(file: str) -> str:
    """The group of tests that one process runs: all files of a server, else one file. file: as in a test's id."""
    folder, _, name = file.rpartition("/")
    servers = [server for server, files in SERVERS.items() if name in files] if folder == "tests/e2e" else []
    return servers[0] if servers else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Distribute whole groups. `--dist loadgroup` has no effect: xdist 3.8 sets Item._nodeid, pytest 9.2 ignores it."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.partition("::")[0])

    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the servers' tests first: they wait most, so other tests fill the time of the second process.

    The tests of a server that are marked `alone` come first and in a row, so that the other process pauses only once.
    """

    def order(item: pytest.Item) -> tuple[int, str, bool]:
        group = group_of(item.nodeid.partition("::")[0])
        return (0, group, not is_alone(item)) if group in SERVERS else (1, "", False)

    items.sort(key=order)


def is_alone(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None):
    """A test marked `alone` depends on real time: it holds an exclusive lock, all other tests hold a shared one."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    folder = Path(item.config.option.basetemp).parent
    if not _machine_lock:
        _machine_lock.append(open(folder / "machine.lock", "w"))
        with _locked(folder / "gate.lock"):  # a process that waits for the exclusive lock stops new shared ones
            fcntl.flock(_machine_lock[0], fcntl.LOCK_EX if is_alone(item) else fcntl.LOCK_SH)
    try:
        return (yield)
    finally:
        if not (is_alone(item) and is_alone(nextitem)):
            _machine_lock.pop().close()


_machine_lock: list[IO[str]] = []
"""The lock of this process while it runs a test; empty otherwise."""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
