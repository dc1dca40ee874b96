"""What an imported model was made of: `origin.json` in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from a2s.errors import WeightsMissing
from a2s.io import write_json
from a2s.weights.catalogue import resolve_model

ORIGIN = "origin.json"


def write_origin(folder: Path, facts: dict[str, Any]) -> Path:
    """Write `origin.json`; facts are what `origin_of` returns."""
    path = folder / ORIGIN
    write_json(path, facts)
    return path


def origin_of(model: str | Path) -> dict[str, Any]:
    """Return what an imported model was made of; empty for a model that was trained with a2s.

    Keys: model, a description; vocoder, "authors" or "compact" (a2s's vocoder in its place); dtype; repository, commit
    and licence, None where unknown; sources, a list of {file, bytes, sha256}. Raises WeightsMissing.
    """
    path = resolve_model(model) / ORIGIN
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsMissing(f"The file {path} is damaged.") from error


def vocoder_note(model: str | Path) -> str:
    """Return a sentence for users if the compact model's vocoder replaces the authors', else an empty text."""
    if origin_of(model).get("vocoder") != "compact":
        return ""
    return "The authors' vocoder was not among the imported files; the vocoder of the compact model replaces it."
