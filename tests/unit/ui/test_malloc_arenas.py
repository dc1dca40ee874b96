"""Threads of a server share few arenas of memory."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

COUNT = """
import ctypes, sys, threading
from a2s.ui.malloc_arenas import limit_malloc_arenas
if sys.argv[1] == "few":
    limit_malloc_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
ready, over = threading.Barrier(13), threading.Event()
def work():
    libc.malloc(1000), ready.wait(), over.wait()
for _ in range(12):
    threading.Thread(target=work).start()
ready.wait()
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file), libc.fclose(file), over.set()
"""


def arenas(which: str, file) -> int:
    subprocess.run([sys.executable, "-c", COUNT, which, str(file)], check=True, timeout=60)
    return file.read_text().count("<heap nr=")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="needs glibc")
def test_a_dozen_threads_share_two_arenas(tmp_path):
    assert arenas("few", tmp_path / "few.xml") <= 2 < arenas("many", tmp_path / "many.xml")
