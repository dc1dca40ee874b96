"""Keeping a server's memory flat."""

from __future__ import annotations

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8
ARENAS = 2


def limit_malloc_arenas() -> None:
    """Have glibc's malloc share two arenas among all threads; a no-op elsewhere.

    A web server's threads come and go, and by default each takes one of eight arenas a core and keeps what it freed
    there, so that memory creeps up for the first hundred dubs. To be called before threads are started.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
