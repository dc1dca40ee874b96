"""A crash, a hang or an attack in a reader's child process becomes one error message."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from a2s.errors import TooLarge, UnreadableVideo
from a2s.media import child, decode, probe, probe_video, read_audio, read_frames
from a2s.settings import Limits

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="readers are forked on Linux alone")


def test_a_child_gives_the_same_results_as_this_process(film, tmp_path):
    video = film(sound=np.ones(48_000) * 0.1)
    assert probe_video(video) == probe.probe_video(video)
    assert np.array_equal(read_audio(video), decode.read_audio(video))
    pairs = list(zip(read_frames(video, 64), decode.read_frames(video, 64), strict=True))
    assert len(pairs) == 25 and all(a == b and np.array_equal(x, y) for (a, x), (b, y) in pairs)


def test_errors_keep_their_type_and_message(film, tmp_path):
    (tmp_path / "text.mp4").write_text("no film")
    for path, limits in ((tmp_path / "text.mp4", Limits()), (film(), Limits(max_bytes=10))):
        said = []
        for function in (probe_video, probe.probe_video):
            with pytest.raises((UnreadableVideo, TooLarge)) as caught:
                function(path, limits=limits)
            said.append((caught.type, str(caught.value)))
        assert said[0] == said[1]
    with pytest.raises(UnreadableVideo):
        read_frames(tmp_path / "text.mp4")  # at the call, not at the first frame


def crash(path, *, limits):
    os.kill(os.getpid(), signal.SIGSEGV)


def spin(path, *, limits):
    while True:
        pass


def wait(path, *, limits):
    signal.pause()


def gorge(path, *, limits):
    return np.empty(2**34, np.uint8)


def dawdle(path, *, limits):
    """Ten seconds of a processor, a tenth for each frame."""
    for _ in range(100):
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
        yield 0


def write(path, *, limits):
    with open(path, "wb") as file:
        file.write(b"x")


def gush(path, *, limits):
    with open(path, "wb") as file:
        for _ in range(8):
            file.write(bytes(2**18))
            file.flush()


def stumble(path, *, limits):
    return 1 / 0


def hand_over(path, *, limits):
    return threading.Lock


@pytest.fixture(scope="module")
def server():
    """The socket of a fork server that knows the functions of this module."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from a2s.media import child;"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r}); import test_child; sys.modules[{__name__!r}] = test_child;"
        "child.serve(int(sys.argv[2]))"
    )
    start = subprocess.Popen

    def begin(command, **options):
        return start([*command[:2], code, *command[3:]], **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child.subprocess, "Popen", begin)
        patch.setattr(child, "_server", None)
        child._fork_server()
        return child._server


@pytest.fixture
def forked(server, monkeypatch):
    """Run a function of this module as `isolated` does, with limits."""
    monkeypatch.setattr(child, "_server", server)

    def run(function, writes=False, **limits):
        return partial(child.isolated(function, UnreadableVideo, writes), limits=Limits(**limits))

    return run


@pytest.mark.parametrize(("function", "seconds"), [(crash, 60), (gorge, 60), (hand_over, 60), (spin, 1), (wait, 1)])
def test_a_crash_or_an_exceeded_limit_is_one_sentence(forked, tmp_path, function, seconds):
    """It crashes, allocates 16 GB, runs or sleeps forever, or sends an object that would run code here."""
    with pytest.raises(UnreadableVideo) as caught:
        forked(function, max_decode_seconds=seconds)(tmp_path / "film.mp4")
    assert str(caught.value) == (
        "film.mp4 breaks its decoder, or asks it for too much time or memory"
        " (--limit max_decode_seconds=... and max_decode_bytes=... allow more)."
    )


def test_the_total_time_of_all_frames_is_limited(forked, tmp_path):
    frames, read = forked(dawdle, max_work_seconds=1)(tmp_path / "film.mp4"), 0
    with pytest.raises(UnreadableVideo, match="too much time"):
        for _ in frames:
            read += 1
    assert 2 < read < 40


def test_the_size_of_a_written_file_is_limited(forked, tmp_path):
    with pytest.raises(RuntimeError, match="File too large"):
        forked(gush, writes=True, max_bytes=2**18)(tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").stat().st_size == child.OUTPUT_FACTOR * 2**18


def test_a_reader_cannot_write(forked, tmp_path):
    with pytest.raises(RuntimeError, match="File too large"):
        forked(write)(tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").stat().st_size == 0


def test_a_writer_may_write(forked, tmp_path):
    forked(write, writes=True)(tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").read_bytes() == b"x"


def test_films_strips_and_copies_are_read_in_a_child_only(film, tmp_path, monkeypatch):
    """This process does not open an untrusted file."""
    from a2s.media import Film, Soundtrack, mux_soundtrack
    from a2s.media.filmstrip import write_filmstrip

    video = film(times=range(0, 4000, 40))

    def refuse(*_, **__):
        raise AssertionError("opened here")

    monkeypatch.setattr("av.open", refuse)
    assert Film(video).pictures(np.array([3, 90]), 32).shape == (2, 32, 32, 3)
    assert write_filmstrip(video, tmp_path / "strip.jpg").stat().st_size > 500
    mux_soundtrack(video, Soundtrack(np.zeros(64_000, np.float32), 16_000), tmp_path / "out.mp4")
    assert probe_video(tmp_path / "out.mp4").frames == 100


def test_a_killed_writer_leaves_no_file(film, tmp_path, monkeypatch):
    from a2s.media import Soundtrack, mux_soundtrack

    video = film(times=range(0, 4000, 40))
    module = sys.modules["a2s.media.mux"]
    (out := tmp_path / "out").mkdir()
    steps = module._write_isolated

    def killed(*args, **options):
        for step in steps(*args, **options):
            (pid,) = _children(_fork_servers()[0])
            os.kill(pid, signal.SIGKILL)
            yield step

    monkeypatch.setattr(module, "_write_isolated", killed)
    with pytest.raises(UnreadableVideo, match="breaks its decoder"):
        mux_soundtrack(video, Soundtrack(np.zeros(64_000, np.float32), 16_000), out / "dub.mp4")
    assert not list(out.iterdir())


def test_a_full_disk_is_reported_by_the_child(film, tmp_path):
    from a2s.errors import CannotWrite
    from a2s.media import Soundtrack, mux_soundtrack

    (disk := tmp_path / "disk").mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        noise = np.random.default_rng(0).standard_normal(640_000) * 0.1
        with pytest.raises(CannotWrite, match="dub.mp4 cannot be written: No space left on device"):
            mux_soundtrack(film(times=range(0, 40_000, 40)), Soundtrack(noise, 16_000), disk / "dub.mp4")
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_bug_in_a_child_is_a_bug_here(forked, tmp_path):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        forked(stumble)(tmp_path / "film.mp4")


def test_an_answer_with_other_types_is_refused():
    class Evil:
        def __reduce__(self):
            return os.system, ("echo here",)

    with pytest.raises(pickle.UnpicklingError):
        child._Unpickler(child.io.BytesIO(pickle.dumps(Evil()))).load()


def test_a_killed_fork_server_is_restarted(film):
    video = film()
    assert probe_video(video).frames == 25
    (pid,) = _fork_servers()
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert [probe_video(video).frames for _ in range(2)] == [25, 25]


def test_closing_the_frames_ends_the_reader(film):
    video = film(times=range(0, 20_000, 40))
    for _ in range(3):
        frames = read_frames(video, 512)
        next(frames)
        frames.close()
    (pid,) = _fork_servers()
    while _children(pid):  # else this would never end
        time.sleep(0.01)
    assert probe_video(video).frames == 500


def test_without_linux_the_function_itself_is_called(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert child.isolated(probe.probe_video, UnreadableVideo) is probe.probe_video


def test_many_threads_may_call_at_once(film):
    video, found = film(), []
    threads = [threading.Thread(target=lambda: found.append(probe_video(video).frames)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [25] * 8


def _fork_servers() -> list[int]:
    """Children of this process that serve."""
    return [pid for pid in _children(os.getpid()) if b"a2s.media.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
