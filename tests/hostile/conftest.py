"""Dubbing with fakes of model and bank, so that only the reading and writing of files is tested."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeBank, FakePipeline


@pytest.fixture
def studio(monkeypatch, capsys, tmp_path):
    """`python -m a2s dub VIDEO -o OUT` without weights, in this process; returns (exit code, stdout, stderr)."""
    from a2s.cli.main import main

    module = sys.modules["a2s.dubbing.job"]  # a2s.dubbing.job is the function
    monkeypatch.setattr(module, "load_model", lambda *_: FakePipeline())
    monkeypatch.setattr(module, "load_bank", lambda *_: FakeBank())

    def run(video: Path | str, out: Path, *more: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["dub", "-o", str(out), "--steps", "1", *more, "--", str(video)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def listener() -> Iterator[tuple[str, list]]:
    """(address, connections): a server on this machine that closes every connection and records it."""
    server = socket.create_server(("127.0.0.1", 0))
    came: list = []

    def serve() -> None:
        while True:
            try:
                connection, peer = server.accept()
            except OSError:
                return
            came.append(peer)
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/a.ts", came
    server.shutdown(socket.SHUT_RDWR)
    server.close()
