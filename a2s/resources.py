"""Where a2s finds the files that it ships: model weights, judges, the ambient bank, example clips.

One resolver serves all three ways to have a2s on a machine. In order:

1. the folder that the environment variable `A2S_RESOURCES` names;
2. the source tree, where `assets/` and `checkpoints/` lie beside the package;
3. the installed package, which carries them inside itself.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_root() -> Path:
    """The folder that holds `assets/` and `checkpoints/`. The environment is read at each call."""
    if override := os.environ.get("A2S_RESOURCES"):
        return Path(override)
    source_tree = PACKAGE.parent
    return source_tree if (source_tree / "checkpoints").is_dir() else PACKAGE / "_resources"


def checkpoint_folder(name: str = "") -> Path:
    """The folder of a model or of the judges: `checkpoints/NAME`."""
    return resource_root() / "checkpoints" / name


def asset_folder(name: str) -> Path:
    """The folder of shipped media: `assets/NAME`."""
    return resource_root() / "assets" / name
