"""The example videos: mp4 files, each with an optional json that names it and a jpg that shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Example:
    """id: the file's stem, which the page sends back. name: what a visitor reads. poster: a still picture."""

    id: str
    name: str
    path: Path
    poster: Path | None


def find_examples(folder: Path, limit: int = 6) -> tuple[Example, ...]:
    """The mp4 files of a folder, sorted by name. Only their json is opened."""
    return tuple(
        Example(path.stem, _name(path), path, poster if (poster := path.with_suffix(".jpg")).is_file() else None)
        for path in sorted(folder.glob("*.mp4"))[:limit]
    )


def _name(path: Path) -> str:
    """`name` or `title` of the json beside the clip, or the file's name made readable."""
    try:
        data = json.loads(path.with_suffix(".json").read_text("utf-8"))
        name = data.get("name") or data.get("title")
    except (OSError, ValueError, AttributeError):
        name = None
    return str(name) if name else path.stem.replace("_", " ").replace("-", " ").capitalize()
