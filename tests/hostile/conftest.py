"""Dubbing with stand-ins for model and bank, so that only what reads and writes files is at work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fakes import FakeBank, FakePipeline


@pytest.fixture
def studio(monkeypatch, capsys, tmp_path):
    """`python -m a2s dub VIDEO -o OUT` without weights, in this process; returns (exit code, stdout, stderr)."""
    from a2s.cli import main

    module = sys.modules["a2s.dub"]  # a2s.dub is the function
    monkeypatch.setattr(module, "load_model", lambda *_: FakePipeline())
    monkeypatch.setattr(module, "load_bank", lambda *_: FakeBank())

    def run(video: Path | str, out: Path, *more: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["dub", "-o", str(out), "--steps", "1", *more, "--", str(video)])
        return code, *capsys.readouterr()

    return run
