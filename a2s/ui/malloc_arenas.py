"""Keeps a server's memory flat under glibc."""

from __future__ import annotations

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8
ARENAS = 2


def limit_malloc_arenas() -> None:
    """Have glibc's malloc share two arenas among all threads. Does nothing elsewhere. Call it before threads start.

    By default each thread may take one of eight arenas per core, and an arena keeps what its threads freed. The threads
    of a web server come and go, so memory would grow during the first hundred dubs.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
