"""Where a2s finds its files: model weights, judges, the ambient bank, example clips.

Shipped files are looked up in this order:

1. the folder that the environment variable `A2S_RESOURCES` names;
2. the source tree, where `assets/` and `checkpoints/` are beside the package;
3. the installed package, where the wheel has put them into `a2s/_resources`.

Models that a user adds (`a2s weights fetch`) go beside the shipped ones in the first two cases. An installed package
must not change, so there they go into the user's data folder, for example `~/.local/share/a2s/checkpoints`.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
INSTALLED = PACKAGE / "_resources"
"""Exists in an installed package only."""


def resource_root() -> Path:
    """The folder that holds `assets/` and `checkpoints/`. The environment is read at each call."""
    if override := os.environ.get("A2S_RESOURCES"):
        return Path(override)
    return INSTALLED if INSTALLED.is_dir() else PACKAGE.parent


def checkpoint_roots() -> tuple[Path, ...]:
    """The folders that hold model folders: of the shipped models, then of the user's if that is another one."""
    root = resource_root()
    shipped = root / "checkpoints"
    return (shipped, _user_data() / "checkpoints") if root == INSTALLED else (shipped,)


def checkpoint_folder(name: str) -> Path:
    """The folder of a model or of the judges, existing or to be made."""
    folders = [root / name for root in checkpoint_roots()]
    return next((folder for folder in folders if folder.is_dir()), folders[-1])


def asset_folder(name: str) -> Path:
    """The folder of shipped media: `assets/NAME`."""
    return resource_root() / "assets" / name


def _user_data() -> Path:
    from platformdirs import user_data_path  # keeps `a2s --help` fast

    return user_data_path("a2s", appauthor=False)
