"""Run the readers and writers of untrusted media in a child process with limits on time, memory and disk.

A hostile file may crash a decoder, hang it, or make it ask for all memory. A fork server that has loaded the decoders,
and nothing else, runs beside this process and forks for every call, which costs milliseconds. Whatever happens in the
fork becomes one error message here. Frames arrive one by one while the child decodes the next ones.

Why this is ours: `multiprocessing` (also with its fork server), `concurrent.futures` and pools such as `pebble` or
`loky` unpickle whatever a worker sends, collect a generator before they return it, and set no resource limits per call.
A worker that parses hostile bytes needs all three: answers restricted to plain types (`_Unpickler`), frames as a
stream, and limits on processor time, memory and file size that are renewed for every frame.

Forking needs Linux. On other systems the functions run in this process, without limits.
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
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from types import GeneratorType
from typing import Any, ParamSpec, TypeVar

from a2s import errors
from a2s.io import display_name
from a2s.settings import Limits

ALLOWED_TYPES = {
    ("a2s.media.probe", "VideoInfo"),
    ("a2s.media.streams", "MuxReport"),
    ("a2s.media.streams", "StreamOutcome"),
    ("pathlib", "PosixPath"),
    ("pathlib._local", "PosixPath"),  # its module in Python 3.13
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy._core.multiarray", "_reconstruct"),
}
"""Types that an answer may contain, so that a child under an attacker's control cannot run code in this process."""

OUTPUT_FACTOR = 4
"""Largest written file, in multiples of `Limits.max_bytes`: a picture that is encoded again grows."""

_server: tuple[int, socket.socket] | None = None  # (the process that started it, the socket that leads to it)
_starting = threading.Lock()


@dataclass(frozen=True)
class _Request:
    """One call of a function of a2s.media. folder: the caller's working directory. writes: it writes a file."""

    module: str
    name: str
    args: tuple
    options: dict[str, Any]
    folder: str
    writes: bool
    limits: Limits


P = ParamSpec("P")
R = TypeVar("R")


def isolated(function: Callable[P, R], broken: type[errors.A2SError], writes: bool = False) -> Callable[P, R]:
    """`function(path, ..., *, limits=)` of a2s.media, run in a child process.

    function: a plain or a generator function; its answers consist of `ALLOWED_TYPES` and built-in types, and it raises
    A2SError for a fault of the file. broken: raised when the child crashes or exceeds a limit. writes: the function
    may write a file, up to `OUTPUT_FACTOR` times the largest upload; other functions cannot write.
    """
    if not sys.platform.startswith("linux") or not sys.executable:
        return function

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> Any:
        limits = options.get("limits") or Limits()
        assert isinstance(limits, Limits)
        name = display_name(Path(str(args[0])).name)
        fault = broken(
            f"{name} breaks its decoder, or asks it for too much time or memory"
            " (--limit max_decode_seconds=... and max_decode_bytes=... allow more)."
        )
        with_limits = options | {"limits": limits}
        answers = _send(
            _Request(function.__module__, function.__name__, args, with_limits, os.getcwd(), writes, limits)
        )
        kind, value = _answer(answers, fault, limits)
        if kind == "frames":
            return _frames(answers, fault, limits)
        answers.close()
        return value

    return call


def _send(request: _Request) -> Connection:
    """Have a child run the request. Returns the connection on which its answers arrive."""
    ours, theirs = socket.socketpair()
    with _starting, theirs:
        try:
            socket.send_fds(_fork_server(), [b"."], [theirs.fileno()])
        except OSError:  # the server was killed
            socket.send_fds(_fork_server(restart=True), [b"."], [theirs.fileno()])
    answers = Connection(ours.detach())
    answers.send(request)
    return answers


def _answer(answers: Connection, fault: errors.A2SError, limits: Limits) -> tuple[str, Any]:
    """The next (kind, value). Raises what the function raised, or `fault` when the child is gone or late."""
    try:
        if not answers.poll(2 * limits.max_decode_seconds):
            raise EOFError
        kind, value = _Unpickler(io.BytesIO(answers.recv_bytes())).load()
    except (EOFError, OSError, pickle.UnpicklingError):
        answers.close()
        raise fault from None
    if kind in ("error", "bug"):
        answers.close()
        raise getattr(errors, value[0])(value[1]) if kind == "error" else RuntimeError(value)
    return kind, value


def _frames(answers: Connection, fault: errors.A2SError, limits: Limits) -> Iterator:
    """Yield what the child yields. When this generator is closed, the child ends at its next frame."""
    with answers:
        while (answer := _answer(answers, fault, limits))[0] == "frame":
            yield answer[1]


class _Unpickler(pickle.Unpickler):
    """Loads `ALLOWED_TYPES` and built-in types only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ALLOWED_TYPES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def _fork_server(restart: bool = False) -> socket.socket:
    """The socket of the fork server. It starts at the first call of each process and ends with that process."""
    global _server
    if restart or _server is None or _server[0] != os.getpid():
        ours, theirs = socket.socketpair()
        code = "import sys; sys.path.insert(0, sys.argv[1]); from a2s.media.child import serve; serve(int(sys.argv[2]))"
        root = str(Path(__file__).resolve().parents[2])
        process = subprocess.Popen(
            [sys.executable, "-c", code, root, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # only a process without threads may fork
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        _server = os.getpid(), ours

        def stop() -> None:
            ours.close()
            process.wait(5)

        atexit.register(stop)
    return _server[1]


def serve(channel: int) -> None:
    """Main function of the fork server: fork for each connection that arrives, until the other end is closed.

    channel: file descriptor of a socket on which connections arrive as file descriptors.
    """
    # every fork shares these modules, also the ones that libraries import late
    for name in ("a2s.media", "a2s.media.filmstrip", "a2s.media.sequence", "av.subtitles.stream", "numpy.ma"):
        import_module(name)

    gc.collect()
    gc.freeze()  # keeps shared pages shared: no fork's garbage collector writes to them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the process that asks
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
    """Run one request in this fork."""
    request: _Request = answers.recv()

    def send(kind: str, value: object = None) -> None:
        answers.send_bytes(pickle.dumps((kind, value), protocol=5))
        _renew_time(request.limits)

    try:
        os.chdir(request.folder)
        _restrict(request)
        value = getattr(sys.modules[request.module], request.name)(*request.args, **request.options)
        if not isinstance(value, GeneratorType):
            return send("value", value)
        send("frames")
        for frame in value:
            send("frame", frame)
        send("end")
    except errors.A2SError as error:
        send("error", (type(error).__name__, str(error)))
    except (BrokenPipeError, MemoryError):  # the caller has closed the connection, or no answer can be built
        pass
    except Exception:
        send("bug", traceback.format_exc())


def _restrict(request: _Request) -> None:
    """Limit memory, core dumps, file size and time, before the first untrusted byte is read."""
    import resource

    limits, writes = request.limits, request.writes
    _at_most(resource.RLIMIT_AS, limits.max_decode_bytes * (2 if writes else 1))  # an encoder keeps frames as well
    _at_most(resource.RLIMIT_CORE, 0)
    _at_most(resource.RLIMIT_FSIZE, OUTPUT_FACTOR * limits.max_bytes if writes else 0)
    _renew_time(limits)


def _renew_time(limits: Limits) -> None:
    """Allow processor time for one more answer, within the total for all of them."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + limits.max_decode_seconds + 1
    _at_most(resource.RLIMIT_CPU, min(until, limits.max_work_seconds))


def _at_most(what: int, amount: int) -> None:
    """Set a soft limit, or the hard limit where that is lower."""
    import resource

    _, most = resource.getrlimit(what)
    resource.setrlimit(what, (amount if most == resource.RLIM_INFINITY else min(amount, most), most))
