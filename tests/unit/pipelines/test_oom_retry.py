"""Disks that are full, folders that may not be written to, memory that runs out, a GPU that goes away."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from a2s import DubSettings, dub
from a2s.cli.main import main
from a2s.cues import CueTrack
from a2s.dubbing.delivery import deliver
from a2s.dubbing.progress import Watcher
from a2s.errors import CannotWrite, DeviceLost, OutOfMemory
from a2s.pipelines import AVLDMPipeline
from a2s.pipelines.oom_retry import Batches, is_device_lost, is_out_of_memory
from tests.fakes import FakeBank, FakePipeline, draw_video
from tests.tiny import tiny_home

CPU = (
    "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"
    " 4096 bytes. Error code 12 (Cannot allocate memory)"
)
FAST = DubSettings(steps=2, ambient=1.0, ambient_clip="room", takes=3)

LOST = "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A tiny model, a bank and a clip of two windows."""
    folder = tiny_home(tmp_path_factory.mktemp("home"))
    draw_video(folder / "clip.mp4", seconds=3.2, hits=(0.4, 2.0))
    return folder


@pytest.fixture
def run(home, tmp_path, capsys):
    """Dub with everything that can be written into an empty folder; (exit code, stderr)."""
    out = tmp_path / "out"
    out.mkdir()

    def once(*more, name="o.mp4"):
        extra = "--model", home / "model", "--bank", home / "bank", "--steps", 1, "--ambient-clip", "rain"
        all_files = "--takes", 2, "--stems", out / "stems", "--report", out / "report.json"
        capsys.readouterr()
        code = main([*map(str, ("dub", home / "clip.mp4", "-o", out / name, *extra, *all_files, *more))])
        return code, capsys.readouterr().err

    once.out = out
    return once


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def one_sentence(text):
    return text.startswith("a2s: ") and text.count("\n") == 1 and len(text) < 400


FILES = ["o-2.mp4", "o.mp4", "report.json", "stems", "stems/action.wav", "stems/ambience.wav"]


@pytest.fixture(scope="module")
def take(home):
    """Two takes with stems."""
    return dub(home / "clip.mp4", replace(FAST, takes=2), FakePipeline(), FakeBank(), cues=CueTrack(), stems=True)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_is_full_at_any_file_leaves_nothing(take, tmp_path, monkeypatch, call):
    """A disk may say so as late as when a file is flushed, or is given its name."""
    real, files = getattr(os, call), len(FILES) - 1
    for number in range(files):
        calls = []

        def full(what, *more, number=number, calls=calls):
            if not is_folder(what):
                calls.append(what)
                if len(calls) == number + 1:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(what, *more)

        monkeypatch.setattr(os, call, full)
        with pytest.raises(CannotWrite, match="No space left"):
            deliver(take, [tmp_path / "o.mp4", tmp_path / "o-2.mp4"], tmp_path / "stems", tmp_path / "report.json")
        assert not everything(tmp_path)
    monkeypatch.setattr(os, call, real)
    deliver(take, [tmp_path / "o.mp4", tmp_path / "o-2.mp4"], tmp_path / "stems", tmp_path / "report.json")
    assert everything(tmp_path) == FILES


@pytest.mark.parametrize("resume", [False, True])
def test_a_disk_that_is_full_at_a_window_is_said_at_once(run, monkeypatch, resume):
    """Not after all windows were made. Who wants to resume finds those that were kept."""
    real, calls = os.fsync, []

    def full(handle):
        if not is_folder(handle):
            calls.append(handle)
            if len(calls) == 3:  # the folder's own note, the first window, the second
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle)

    monkeypatch.setattr(os, "fsync", full)
    code, err = run(*(["--resume"] if resume else []))
    assert code == 2 and one_sentence(err) and "No space left" in err
    kept = [".o.mp4.windows", ".o.mp4.windows/dub.json", ".o.mp4.windows/lock", ".o.mp4.windows/mix-0-00000.npz"]
    assert everything(run.out) == (kept if resume else [])


def is_folder(handle):
    return isinstance(handle, int) and os.path.isdir(f"/proc/self/fd/{handle}")


@contextmanager
def files_at_most(size):
    """No file of this process grows beyond `size` bytes: a real refusal, as a full disk's, for every library."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 1000, 20_000, 60_000, 150_000])
@pytest.mark.parametrize("name", ["o.mp4", "o.wav", "o.flac"])
def test_a_disk_that_really_refuses_leaves_what_was_there(run, home, name, size):
    """Whichever file it is that does not fit; and the dub of yesterday is still there."""
    (run.out / name).write_text("yesterday's")
    with files_at_most(size):
        code, err = run("--takes", "1", "--overwrite", name=name)
    assert code == 2 and one_sentence(err), err
    assert ".part" not in err and "cannot be written" in err
    assert everything(run.out) == [name] and (run.out / name).read_text() == "yesterday's"


def test_a_report_that_cannot_be_written_takes_the_rest_along(run, monkeypatch):
    write = Path.write_text

    def full(self, text, **more):
        if '"settings"' in text:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(self, text, **more)

    monkeypatch.setattr(Path, "write_text", full)
    code, err = run()
    assert code == 2 and "report.json cannot be written: No space left on device" in err
    assert not everything(run.out)


@pytest.fixture
def sealed(tmp_path):
    """A folder that nobody may write to; not even root, where file systems may be mounted."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    if os.geteuid():
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("root may write anywhere, and nothing can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_folder_that_may_not_be_written_to_is_said_before_any_work(run, sealed, home, monkeypatch):
    monkeypatch.setattr(AVLDMPipeline, "sample", None)
    for more in (("-o", sealed / "o.mp4"), ("--stems", sealed / "stems"), ("--report", sealed / "r.json")):
        code, err = run(*more)
        assert code == 2 and one_sentence(err) and "sealed" in err, err
    (run.out / "file").write_text("")
    code, err = run("-o", run.out / "file" / "o.mp4")
    assert code == 2 and one_sentence(err)
    assert everything(run.out) == ["file"] and not everything(sealed)


def test_an_export_of_the_page_that_fails_leaves_no_folder(home, tmp_path, monkeypatch):
    from a2s.ui.dub.results import TakeLabel, export

    take = dub(home / "clip.mp4", FAST, FakePipeline(), FakeBank(), cues=CueTrack())

    def full(*_, **__):
        raise CannotWrite("The disk is full.")

    monkeypatch.setattr("a2s.media.write_sounds", full)
    with pytest.raises(CannotWrite):
        export(take, tmp_path / "take", TakeLabel("clip", 1))
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------ memory and devices


class Cramped(FakePipeline):
    """A pipeline that has room for `room` takes at once, and a vocoder for as many."""

    def __init__(self, room, fault=None):
        super().__init__()
        self.room, self.fault, self.tried = room, fault or torch.OutOfMemoryError("CUDA out of memory."), []

    def sample(self, *inputs, callback_on_step_end, **more):
        self.tried.append(len(inputs[0]))

        def in_the_second_step(pipe, step, timestep, tensors):
            if step == 1 and len(inputs[0]) > self.room:
                raise self.fault
            return callback_on_step_end(pipe, step, timestep, tensors)

        return super().sample(*inputs, callback_on_step_end=in_the_second_step, **more)

    def vocode(self, mel):
        if len(mel) > self.room:
            raise self.fault
        return super().vocode(mel)


def make(home, pipe, **options):
    """options: of `dub`, and of its Watcher."""
    watched = {name: options.pop(name) for name in tuple(options) if name in Watcher.__dataclass_fields__}
    options["watcher"] = Watcher(**watched)
    return dub(home / "clip.mp4", options.pop("settings", FAST), pipe, FakeBank(), cues=CueTrack.at([1.0]), **options)


@pytest.mark.parametrize("fault", [torch.OutOfMemoryError("out of memory"), RuntimeError(CPU), MemoryError()])
def test_where_memory_is_short_takes_are_made_in_smaller_batches(home, fault):
    pipe, told, seen = Cramped(1, fault), [], []
    cramped = make(home, pipe, on_progress=lambda *report: told.append(report[1]), on_preview=seen.append)
    assert pipe.tried == [3, 2, 1, 1, 1, 1, 1, 1], "halved until it fits, and the next window begins there"
    for one, other in zip(cramped.takes, make(home, FakePipeline()).takes, strict=True):
        assert one.waveform.tobytes() == other.waveform.tobytes()
    assert told == sorted(told)


def test_a_batch_that_fits_is_made_at_once(home):
    pipe = Cramped(3)
    make(home, pipe)
    assert pipe.tried == [3, 3]


def test_without_room_for_one_take_it_is_a_sentence(home):
    with pytest.raises(OutOfMemory) as caught:
        make(home, Cramped(0), settings=replace(FAST, takes=2))
    assert "not enough memory" in str(caught.value) and "\n" not in str(caught.value)


def test_a_gpu_that_goes_away_is_a_sentence(home):
    pipe = Cramped(0, RuntimeError(LOST))
    with pytest.raises(DeviceLost, match="graphics card") as caught:
        make(home, pipe)
    assert "\n" not in str(caught.value) and pipe.tried == [3], "tried once: there is nothing to be tried again"


@pytest.mark.parametrize("fault", [RuntimeError(CPU), RuntimeError(LOST)])
def test_the_command_line_says_it_and_leaves_nothing(run, monkeypatch, fault):
    def refuse(*_, **__):
        raise fault

    monkeypatch.setattr(AVLDMPipeline, "sample", refuse)
    code, err = run()
    assert code == 2 and one_sentence(err) and not everything(run.out)


def test_a_bug_is_no_lack_of_memory(home):
    with pytest.raises(RuntimeError, match="shapes"):
        make(home, Cramped(0, RuntimeError("mat1 and mat2 shapes cannot be multiplied")))


def test_what_torch_really_says_is_understood():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**46, dtype=torch.uint8)
    assert is_out_of_memory(caught.value) and not is_device_lost(caught.value)
    with pytest.raises(MemoryError) as caught:
        np.empty(2**60, np.uint8)
    assert is_out_of_memory(caught.value)
    assert is_device_lost(RuntimeError(LOST)) and not is_out_of_memory(RuntimeError(LOST))


def test_rows_keep_their_order():
    batches = Batches(7)

    def work(rows):
        if rows.stop - rows.start > 2:
            raise MemoryError
        return torch.arange(7)[rows], torch.arange(7)[rows] * 10

    ones, tens = batches.run(work)
    assert ones.tolist() == list(range(7)) and tens.tolist() == list(range(0, 70, 10)) and batches.size == 2
