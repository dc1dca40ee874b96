"""Checks of the folder that a model is imported into, before any work is done for it."""

from __future__ import annotations

import shutil
from pathlib import Path

from a2s.errors import BadSettings, CannotWrite

DTYPES = ("float32", "float16")
"""Precisions that an imported model can be stored in."""


def check_target(out: Path, dtype: str) -> None:
    """Check that `dtype` is one of `DTYPES` and that `out` is absent or empty. Raises BadSettings, CannotWrite."""
    if dtype not in DTYPES:
        raise BadSettings(f"--dtype must be {' or '.join(DTYPES)}, not {dtype!r}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CannotWrite(f"{out} already exists; remove it or give another folder.")


def check_space(folder: Path, needed: int, purpose: str) -> None:
    """Make a folder and check that its disk has `needed` bytes free for `purpose`. Raises CannotWrite."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise CannotWrite(f"The folder {folder} cannot be written to.") from error
    if free < needed:
        raise CannotWrite(f"{folder} has {free / 1e9:.1f} GB free; {purpose} needs {needed / 1e9:.1f} GB.")
