"""Record the files that a program opens, its connections and the programs it starts, through the kernel.

libav opens files and sockets in C, in its own threads. So neither `sys.addaudithook` nor a patched `open` records them,
and sampling `/proc/self/fd` misses files that are closed at once. Here the program installs a seccomp filter that
notifies this process of every such call (SECCOMP_RET_USER_NOTIF, Linux 5.5); this process records the call and lets it
continue. The filter applies to all threads and children, cannot be removed, and needs no privileges, no strace and no
library. `available` says whether the kernel supports it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CALLS = {
    "x86_64": {2: "open", 257: "openat", 437: "openat2", 85: "creat", 41: "socket", 42: "connect", 59: "execve"},
    "aarch64": {56: "openat", 437: "openat2", 198: "socket", 203: "connect", 221: "execve"},
}.get(platform.machine(), {})
SECCOMP = {"x86_64": 317, "aarch64": 277}.get(platform.machine())
ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
RECEIVE, SEND = 0xC0502100, 0xC0182101  # ioctls of the listener
CONTINUE = 1
NOTICE = struct.Struct("<QIIiIQ6Q")
PATH_ARGUMENT = {"open": 0, "creat": 0, "execve": 0, "openat": 1, "openat2": 1}
FAMILIES = {socket.AF_UNIX: "unix", socket.AF_INET: "ip", socket.AF_INET6: "ip"}
AT_FDCWD = -100


@dataclass(frozen=True)
class Access:
    """call: the system call's name. target: an absolute path, or a socket's family."""

    call: str
    target: str


def available() -> bool:
    """Whether the kernel announces calls."""
    if not sys.platform.startswith("linux") or not CALLS:
        return False
    done = subprocess.run([sys.executable, __file__, "--try"], capture_output=True)
    return done.returncode == 0


def watched(program: list[str], **more) -> tuple[list[Access], subprocess.CompletedProcess]:
    """Run `program`, a command line of this Python, to its end; everything that it asked the kernel for."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno()), *program],
        pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more,
    )  # fmt: skip
    theirs.close()
    _, (listener, *_), _, _ = socket.recv_fds(ours, 1, 1)
    found: list[Access] = []
    said = []
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(process.stdout, select.POLLIN)
    while process.poll() is None:
        for descriptor, event in poll.poll(100):
            if descriptor == listener and event & select.POLLIN:
                _answer(listener, found)
            elif event & select.POLLIN:
                said.append(os.read(descriptor, 1 << 16).decode(errors="replace"))
    said.append(process.stdout.read())
    os.close(listener)
    ours.close()
    return found, subprocess.CompletedProcess(program, process.returncode, "".join(said))


def _answer(listener: int, found: list[Access]) -> None:
    """Receive one notification, record it, and let the call continue."""
    buffer = bytearray(NOTICE.size)
    try:
        fcntl.ioctl(listener, RECEIVE, buffer)
        serial, thread, _, number, _, _, *arguments = NOTICE.unpack(buffer)
        found.append(_described(CALLS[number], thread, arguments))
        fcntl.ioctl(listener, SEND, bytearray(struct.pack("<QqiI", serial, 0, 0, CONTINUE)))
    except OSError:  # the thread that asked is gone
        pass


def _described(call: str, thread: int, arguments: list[int]) -> Access:
    if call not in PATH_ARGUMENT:
        family = arguments[0] if call == "socket" else struct.unpack("<H", _memory(thread, arguments[1], 2))[0]
        return Access(call, FAMILIES.get(family, str(family)))
    at = PATH_ARGUMENT[call]
    name = os.fsdecode(_memory(thread, arguments[at], 4096).split(b"\0")[0])
    folder = ctypes.c_int(arguments[0] & 0xFFFFFFFF).value if at else AT_FDCWD
    base = os.readlink(f"/proc/{thread}/cwd" if folder == AT_FDCWD else f"/proc/{thread}/fd/{folder}")
    return Access(call, os.path.normpath(os.path.join(base, name)))


def _memory(thread: int, address: int, size: int) -> bytes:
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        head = min(size, 4096 - address % 4096)  # the next page may not be there
        data = memory.read(head)
        if size > head and b"\0" not in data:
            data += memory.read(size - head)
        return data


def announce() -> int:
    """Put the filter on this process; returns the listener's descriptor. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = list(CALLS)
    rules = [struct.pack("<HBBI", 0x20, 0, 0, 0)]  # load the call's number
    rules += [struct.pack("<HBBI", 0x15, len(numbers) - k, 0, number) for k, number in enumerate(numbers)]
    rules += [struct.pack("<HBBI", 0x06, 0, 0, verdict) for verdict in (ALLOW, NOTIFY)]
    text = ctypes.create_string_buffer(b"".join(rules))
    program = struct.pack("@HP", len(rules), ctypes.addressof(text))
    if libc.prctl(38, 1, 0, 0, 0):  # no new privileges
        raise OSError(ctypes.get_errno(), "prctl")
    listener = libc.syscall(SECCOMP, 1, 1 << 3, ctypes.create_string_buffer(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


if __name__ == "__main__":
    if sys.argv[1] == "--try":
        try:
            announce()
            os._exit(0)  # no file may be opened from here on, because no process answers the notification
        except (OSError, AttributeError):
            os._exit(1)
    channel = socket.socket(fileno=int(sys.argv[1]))
    program = Path(sys.argv[2]).read_text()
    code = compile(program, sys.argv[2], "exec")
    listener = announce()
    socket.send_fds(channel, [b"x"], [listener])
    sys.argv = sys.argv[2:]
    sys.path[0] = os.getcwd()
    exec(code, {"__name__": "__main__"})
