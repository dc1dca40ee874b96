"""A dub that is killed goes on from its finished windows, and gives the bytes of one that wasn't."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from a2s.cli.main import main
from a2s.dubbing.checkpoints import DubIdentity, WindowCheckpoints
from a2s.errors import BadSettings
from a2s.pipelines import AVLDMPipeline
from tests.fakes import draw_video
from tests.tiny import tiny_home

WINDOWS = 4
SPEAKS = """
import sys
from a2s.cli.main import main
from a2s.pipelines import AVLDMPipeline

sample = AVLDMPipeline.sample

def spoken(*inputs, **more):
    print("window", flush=True)
    sys.stdin.readline()
    return sample(*inputs, **more)

AVLDMPipeline.sample = spoken
sys.exit(main(sys.argv[1:]))
"""
"""The command line, which says when it begins a window and waits for a line before it samples."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A tiny model, a bank and two clips of four windows."""
    folder = tiny_home(tmp_path_factory.mktemp("home"))
    for name, hits in (("clip", (0.4, 3.0, 7.5)), ("other", (1.0,))):
        draw_video(folder / f"{name}.mp4", seconds=9.5, hits=hits)
    return folder


def words(home, out, *more, clip="clip.mp4"):
    extra = "--model", home / "model", "--bank", home / "bank", "--steps", 3, "--ambient-clip", "rain"
    return [str(word) for word in ("dub", home / clip, "-o", out, "--overwrite", *extra, *more)]


def killed(home, out, *more, after=2):
    """Run the command and kill it in the window that follows `after` finished ones."""
    process = subprocess.Popen(
        [sys.executable, "-c", SPEAKS, *words(home, out, *more)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    for _ in range(after):
        assert process.stdout.readline() == b"window\n"
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert process.stdout.readline() == b"window\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()


@pytest.fixture(scope="module")
def left(home, tmp_path_factory):
    """left(name, folder): puts what a dub leaves that was killed after two windows where it would lie for that file."""
    folder = tmp_path_factory.mktemp("left")
    killed(home, folder / "out.wav")
    assert names(folder) == [".out.wav.windows"], "nothing under the final name, nothing half-written"
    return lambda out: shutil.copytree(folder / ".out.wav.windows", out.parent / f".{out.name}.windows")


@pytest.fixture
def made(monkeypatch):
    """Windows that this process samples, as a list that grows."""
    sample, found = AVLDMPipeline.sample, []

    def counted(*inputs, **more):
        found.append(1)
        return sample(*inputs, **more)

    monkeypatch.setattr(AVLDMPipeline, "sample", counted)
    return found


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["out.wav", "out.mp4"])
def test_a_killed_dub_goes_on_and_gives_the_same_bytes(home, tmp_path, made, left, name):
    left(tmp_path / name)
    assert main(words(home, tmp_path / name, "--resume")) == 0
    assert len(made) == WINDOWS - 2
    assert names(tmp_path) == [name]
    resumed = (tmp_path / name).read_bytes()
    made.clear()
    assert main(words(home, tmp_path / name)) == 0 and len(made) == WINDOWS
    assert (tmp_path / name).read_bytes() == resumed


def test_stems_takes_and_places_are_resumed_too(home, tmp_path, made):
    files = "out.wav", "out-2.wav", "stems/action.wav", "stems/ambience.wav"
    more = "--stems", tmp_path / "stems", "--takes", 2, "--ambient-clip", "5=street"
    killed(home, tmp_path / "out.wav", *more, after=7)
    assert main(words(home, tmp_path / "out.wav", *more, "--resume")) == 0
    again = len(made)
    resumed = [(tmp_path / file).read_bytes() for file in files]
    made.clear()
    assert main(words(home, tmp_path / "out.wav", *more)) == 0
    assert len(made) == again + 7
    assert [(tmp_path / file).read_bytes() for file in files] == resumed


def test_without_resume_what_was_left_is_thrown_away(home, tmp_path, made, left):
    left(tmp_path / "out.wav")
    assert main(words(home, tmp_path / "out.wav")) == 0
    assert len(made) == WINDOWS and names(tmp_path) == ["out.wav"]


def test_resuming_without_anything_to_resume_is_a_dub(home, tmp_path, made):
    assert main(words(home, tmp_path / "out.wav", "--resume")) == 0
    assert len(made) == WINDOWS and names(tmp_path) == ["out.wav"]


@pytest.mark.parametrize(
    ("more", "clip", "says"),
    [
        (("--seed", "9"), "clip.mp4", "the seed was 0 and is 9"),
        (("--steps", "4"), "clip.mp4", "the steps was 3 and is 4"),
        (("--ambient", "0.9"), "clip.mp4", "the ambience differs"),
        ((), "other.mp4", "the video differs"),
    ],
)
def test_what_differs_is_said_and_what_was_made_is_kept(home, tmp_path, made, capsys, left, more, clip, says):
    left(tmp_path / "out.wav")
    before = names(tmp_path / ".out.wav.windows")
    capsys.readouterr()
    assert main([*words(home, tmp_path / "out.wav", "--resume", clip=clip), *more]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and says in told
    assert not made and names(tmp_path) == [".out.wav.windows"] and names(tmp_path / ".out.wav.windows") == before


def test_what_is_mixed_under_shapes_no_window(home, tmp_path, made, left):
    """So a resumed dub may have it otherwise."""
    left(tmp_path / "out.wav")
    assert main(words(home, tmp_path / "out.wav", "--resume", "--original-audio", "-12")) == 0
    assert len(made) == WINDOWS - 2


def test_a_damaged_window_is_made_again(home, tmp_path, made, left):
    left(tmp_path / "out.wav")
    kept = sorted((tmp_path / ".out.wav.windows").glob("*.npz"))
    kept[1].write_bytes(kept[1].read_bytes()[:5000])
    assert main(words(home, tmp_path / "out.wav", "--resume")) == 0
    assert len(made) == WINDOWS - 1
    assert main(words(home, tmp_path / "again.wav")) == 0
    assert (tmp_path / "out.wav").read_bytes() == (tmp_path / "again.wav").read_bytes()


@pytest.mark.parametrize("resume", [False, True])
def test_stopped_by_hand_it_keeps_windows_only_where_resuming_was_asked_for(home, tmp_path, monkeypatch, resume):
    sample, calls = AVLDMPipeline.sample, []

    def stopped(*inputs, **more):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return sample(*inputs, **more)

    monkeypatch.setattr(AVLDMPipeline, "sample", stopped)
    assert main(words(home, tmp_path / "out.wav", *(["--resume"] if resume else []))) == 130
    assert names(tmp_path) == ([".out.wav.windows"] if resume else [])


# ------------------------------------------------------------------ the folder itself


IDENTITY = DubIdentity(
    ("0.2", "2.0"), "video", "model", {"cues": []}, ((0.0, "a", "b"),), False, 1, 1, 0, 1, 12, 2.5, 0.5
)


def window(number=0):
    rng = np.random.default_rng(number)
    return rng.random((2, 128, 188), np.float32), rng.random((2, 4, 16, 24), np.float32)


def test_windows_come_back_bit_for_bit_and_go_with_success(tmp_path):
    with WindowCheckpoints(tmp_path / "a.mp4") as kept:
        kept.claim(IDENTITY)
        assert kept.load("mix-0-00000") is None
        kept.save("mix-0-00000", *window())
        for one, other in zip(kept.load("mix-0-00000"), window(), strict=True):
            assert one.dtype == other.dtype and np.array_equal(one, other)
    assert not list(tmp_path.iterdir())


def test_two_dubs_into_one_file_are_one_too_many(tmp_path):
    with WindowCheckpoints(tmp_path / "a.mp4") as first:
        first.claim(IDENTITY)
        first.save("mix-0-00000", *window())
        with pytest.raises(BadSettings, match="is being written to"), WindowCheckpoints(tmp_path / "a.mp4") as second:
            second.claim(IDENTITY)
        assert first.load("mix-0-00000") is not None
    assert not list(tmp_path.iterdir())


def test_what_is_not_ours_stays(tmp_path):
    folder = tmp_path / ".a.mp4.windows"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    (folder / "dub.json").write_text("[no json")
    with WindowCheckpoints(tmp_path / "a.mp4", resume=True) as kept:
        kept.claim(IDENTITY)
        assert json.loads((folder / "dub.json").read_text()) == IDENTITY.to_dict()
    assert names(folder) == ["letter.txt"]


def test_a_name_as_long_as_names_can_be(tmp_path):
    with WindowCheckpoints(tmp_path / ("ä" * 120 + ".mp4")) as kept:
        kept.claim(IDENTITY)
        kept.save("mix-0-00000", *window())
    assert not list(tmp_path.iterdir())
