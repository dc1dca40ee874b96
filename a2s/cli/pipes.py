"""A film from stdin and a result to stdout, through temporary files: a container is read and written by seeking."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from a2s.errors import BadSettings, CannotWrite, TooLarge
from a2s.limits import Limits

PIPE = Path("-")
_BLOCK = 1 << 20


@contextmanager
def piped_in(videos: list[Path], limits: Limits) -> Iterator[list[Path]]:
    """The films, with "-" as a file that holds what stdin brings. Raises TooLarge, BadSettings."""
    if PIPE not in videos:
        yield videos
        return
    if sys.stdin.isatty():
        raise BadSettings("A film from stdin needs a pipe, as in `cat film.mp4 | a2s dub - -o dubbed.mp4`.")
    with tempfile.TemporaryDirectory(prefix="a2s-") as folder:
        file = Path(folder) / "stdin"  # the same name each time: it is a part of the recipe
        _spool(file, limits)
        yield [file if video == PIPE else video for video in videos]


@contextmanager
def piped_out(out: Path, suffix: str) -> Iterator[Path]:
    """The output file; for "-" a temporary one with this suffix, whose bytes go to stdout at the end."""
    if out != PIPE:
        yield out
        return
    if sys.stdout.isatty():
        raise CannotWrite("Sound cannot be shown in a terminal; redirect stdout to a file or a program.")
    with tempfile.TemporaryDirectory(prefix="a2s-") as folder:
        file = Path(folder) / f"stdout{suffix}"
        yield file
        with open(file, "rb") as source:
            shutil.copyfileobj(source, sys.stdout.buffer, _BLOCK)
        sys.stdout.flush()


def _spool(file: Path, limits: Limits) -> None:
    size = 0
    try:
        with open(file, "wb") as target:
            while block := sys.stdin.buffer.read(_BLOCK):
                size += len(block)
                if size > limits.max_bytes:
                    most, raised = limits.max_bytes / 2**20, limits.raised_by("max_bytes")
                    raise TooLarge(f"stdin has more than {most:g} MB, which is the limit ({raised}).")
                target.write(block)
    except OSError as error:
        raise CannotWrite(f"The film of stdin cannot be stored: {error.strerror}.") from error
