"""Reading a stranger's file, or copying out of it, in a process that can be spared, with limits on time and memory.

A parser of hostile bytes may crash, hang or ask for all memory there is. So one small process that has loaded the
decoders, and nothing else, waits beside this one and forks for every call: that costs milliseconds, and whatever
happens in the fork, here it is one sentence. Frames come over one by one while the next are being decoded. Forking
needs Linux; elsewhere the functions run in this process, without limits.
"""

from __future__ import annotations

import atexit
import functools
import gc
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from types import GeneratorType

from a2s import errors
from a2s.media.files import shown
from a2s.settings import LIMITS

PLAIN = {
    ("a2s.media.probe", "VideoInfo"),
    ("pathlib", "PosixPath"),
    ("pathlib._local", "PosixPath"),  # its home in Python 3.13
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy._core.multiarray", "_reconstruct"),
}
"""All that an answer may be made of; a reader that was taken over cannot make this process run anything."""

PER_STEP = LIMITS.max_decode_seconds
"""Seconds to wait for one answer, or one frame; a reader may use as much of a processor for it."""

LARGER = 4
"""Times the largest upload: how large a file may be that is written of one. A picture that is encoded anew grows."""

_parent: tuple[int, socket.socket] | None = None  # (the process it was started by, the way to it)
_starting = threading.Lock()


def isolated(function: Callable, broken: type[errors.A2SError], writes: bool = False) -> Callable:
    """`function(path, ...)` of a2s.media, run in a child. broken: what is raised when the child does not live.

    writes: the function writes a file; else it can't.
    """
    if not sys.platform.startswith("linux") or not sys.executable:
        return function

    @functools.wraps(function)
    def call(path, *args, **more):
        answers = _ask(function, (path, *args), more, writes)
        fault = broken(f"{shown(Path(path).name)} breaks its decoder, or asks it for too much time or memory.")
        kind, value = _answer(answers, fault)
        if kind == "frames":
            return _frames(answers, fault)
        answers.close()
        return value

    return call


def _ask(function: Callable, args: tuple, more: dict, writes: bool) -> Connection:
    """Have a child call the function; its answers can be read from what is returned."""
    ours, theirs = socket.socketpair()
    with _starting, theirs:
        try:
            socket.send_fds(_zygote(), [b"."], [theirs.fileno()])
        except OSError:  # it was killed: start another
            socket.send_fds(_zygote(anew=True), [b"."], [theirs.fileno()])
    answers = Connection(ours.detach())
    answers.send((function.__module__, function.__name__, args, more, os.getcwd(), writes))
    return answers


def _answer(answers: Connection, fault: errors.A2SError):
    """The next (kind, value). Raises what the function raised, or `fault` when the child is gone or late."""
    try:
        if not answers.poll(2 * PER_STEP):
            raise EOFError
        kind, value = _Plain(io.BytesIO(answers.recv_bytes())).load()
    except (EOFError, OSError, pickle.UnpicklingError):
        answers.close()
        raise fault from None
    if kind in ("error", "bug"):
        answers.close()
        raise getattr(errors, value[0])(value[1]) if kind == "error" else RuntimeError(value)
    return kind, value


def _frames(answers: Connection, fault: errors.A2SError) -> Iterator:
    """What the child yields; a child that nobody listens to any more ends at its next frame."""
    with answers:
        while (answer := _answer(answers, fault))[0] == "frame":
            yield answer[1]


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str):
        if (module, name) in PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def _zygote(anew: bool = False) -> socket.socket:
    """The way to the process that forks, which is started at the first call of each process and ends with it."""
    global _parent
    if anew or _parent is None or _parent[0] != os.getpid():
        ours, theirs = socket.socketpair()
        code = "import sys; sys.path.insert(0, sys.argv[1]); from a2s.media.child import serve; serve(int(sys.argv[2]))"
        root = str(Path(__file__).resolve().parents[2])
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # only a process without threads may fork
        process = subprocess.Popen(
            [sys.executable, "-c", code, root, str(theirs.fileno())], pass_fds=[theirs.fileno()], env=alone, **quiet
        )
        theirs.close()
        _parent = os.getpid(), ours
        atexit.register(lambda: (ours.close(), process.wait(5)))
    return _parent[1]


def serve(channel: int) -> None:
    """Fork for each connection that comes in, until the other end is closed."""
    # once for all forks, also what is imported late
    for name in ("a2s.media", "a2s.media.filmstrip", "av.subtitles.stream", "numpy.ma"):
        import_module(name)

    gc.collect()
    gc.freeze()  # what is shared stays shared: no fork's collector writes to it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=channel) as calls:
        while True:
            data, descriptors, _, _ = socket.recv_fds(calls, 1, 1)
            if not data:
                return
            if os.fork() == 0:
                calls.close()
                try:
                    _serve_one(Connection(descriptors[0]))
                finally:
                    os._exit(0)
            os.close(descriptors[0])


def _serve_one(answers: Connection) -> None:
    module, name, args, more, folder, writes = answers.recv()

    def say(kind: str, value=None) -> None:
        answers.send_bytes(pickle.dumps((kind, value), protocol=5))
        _allow_another_step()

    try:
        os.chdir(folder)
        _restrict(writes)
        value = getattr(sys.modules[module], name)(*args, **more)
        if not isinstance(value, GeneratorType):
            return say("value", value)
        say("frames")
        for frame in value:
            say("frame", frame)
        say("end")
    except errors.A2SError as error:
        say("error", (type(error).__name__, str(error)))
    except (BrokenPipeError, MemoryError):  # nobody listens; or nothing more can be said
        pass
    except Exception:
        say("bug", traceback.format_exc())


def _restrict(writes: bool) -> None:
    """Memory, files, dumps and time; from here on the bytes are a stranger's."""
    import resource

    _at_most(resource.RLIMIT_AS, LIMITS.max_decode_bytes * (2 if writes else 1))  # an encoder remembers frames too
    _at_most(resource.RLIMIT_CORE, 0)
    _at_most(resource.RLIMIT_FSIZE, LARGER * LIMITS.max_bytes if writes else 0)
    _allow_another_step()


def _allow_another_step() -> None:
    """Time for one step more, within what all steps may take together."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _at_most(resource.RLIMIT_CPU, min(int(used.ru_utime + used.ru_stime) + PER_STEP + 1, LIMITS.max_work_seconds))


def _at_most(what: int, amount: int) -> None:
    """A soft limit, or the hard one that there is already, should it be lower."""
    import resource

    _, most = resource.getrlimit(what)
    resource.setrlimit(what, (amount if most == resource.RLIM_INFINITY else min(amount, most), most))
