"""Films and sounds with changed bytes are read or refused: no crash, no hang, no fault of ours, nothing left.

100 mutations in the usual run; A2S_FUZZ=2000 makes as many as it says, from the seed A2S_FUZZ_FIRST on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.hostile.fuzz import LONGEST, mutated, read
from tests.hostile.odd import FILMS, even

ROOT = Path(__file__).parents[2]
COUNT = int(os.environ.get("A2S_FUZZ", "100"))
FIRST = int(os.environ.get("A2S_FUZZ_FIRST", "0"))
KINDS = ("with sound", "variable rate mkv", "VP9 webm", "AV1 webm", "10-bit HEVC", "GIF", "AVI", "transport stream",
         "ProRes mov", "start offset mkv", "alpha in PNG", "portrait by rotation", "MXF", "WMV",
         "animated PNG")  # fmt: skip
BATCH = 50
"""Mutations per child process; a crash loses the rest of its batch and is reported with its seed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Small films and sounds of many kinds."""
    home = tmp_path_factory.mktemp("fuzz") / "sources"
    home.mkdir()
    for number, kind in enumerate(KINDS):
        film = FILMS[kind]
        short = replace(film, times=film.times[:8] if "variable" in kind else even(25, 0.32), size=(64, 48))
        short = replace(short, sound=0.3 if film.sound else None)
        path = short.write(home)
        path.rename(home / f"{number:02}{path.suffix}")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 8000)
    for kind in ("wav", "flac", "ogg", "mp3"):
        soundfile.write(home / f"sound.{kind}", noise, 16_000)
    return home.parent


def test_a_mutation_follows_from_its_seed(folder):
    data = (folder / "sources" / "00.mp4").read_bytes()
    assert mutated(data, 5) == mutated(data, 5) != mutated(data, 6)
    assert sum(mutated(data, seed) != data for seed in range(50)) >= 45


def test_fuzzing_reads_writes_and_seeks_in_this_process(folder, tmp_path, monkeypatch):
    """A child's death would look like a refusal."""
    from a2s.media import child, decode, filmstrip

    monkeypatch.setattr(decode, "SEEK_AFTER", decode.SEEK_AFTER)  # given back afterwards
    monkeypatch.setattr(filmstrip, "SEEK_FROM", filmstrip.SEEK_FROM)
    monkeypatch.setattr(child, "_send", lambda *_: pytest.fail("a child was asked"))
    sought = []
    for module in (decode, filmstrip):
        monkeypatch.setattr(
            module, "decoded", lambda file, stream, do=module.decoded: sought.append(stream.type) or do(file, stream)
        )
    assert read(folder / "sources" / "00.mp4", tmp_path / "out.mp4") == " ".join(["read"] * 6)
    assert sought.count("video") == 1 + 4 and (tmp_path / "out.mp4").stat().st_size > 1000


def test_mutated_files_neither_crash_nor_hang(folder):
    batches = [(first, min(first + BATCH, FIRST + COUNT)) for first in range(FIRST, FIRST + COUNT, BATCH)]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda batch: _run(folder, *batch), batches))
    survived: Counter[str] = Counter()
    faults = []
    for (first, last), (code, out, err) in zip(batches, runs, strict=True):
        lines = out.splitlines()
        survived.update(line.split(" ", 1)[1] for line in lines)
        if code or len(lines) < last - first:
            faults.append(f"seed {first + len(lines)}: exit {code}\n{err[-2000:]}")
    assert not faults, "\n".join(faults)
    assert sum(survived.values()) == COUNT
    assert any("refused" in said for said in survived) and any("read" in said for said in survived), survived
    left = {path.name for path in folder.glob("from */*")} | {path.name for path in folder.glob("from */.*")}
    assert all(name == "out.mp4" or name.startswith("mutated") for name in left), left


def _run(folder: Path, first: int, last: int) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "tests.hostile.fuzz", str(folder), str(first), str(last)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=(last - first) * LONGEST)
    except subprocess.TimeoutExpired as late:
        return -1, (late.stdout or b"").decode(), "it hangs"
    return done.returncode, done.stdout, done.stderr
