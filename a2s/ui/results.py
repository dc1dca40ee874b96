"""The files that a visitor leaves with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2s.settings import DubSettings
from a2s.ui.plots import mel_figure, save_figure
from a2s.ui.text import summary
from a2s.ui.visit import plain_name


@dataclass(frozen=True)
class Result:
    """One take on disk. summary: a line of HTML."""

    video: Path
    sound: Path
    recipe: Path
    cues: Path
    picture: Path
    summary: str


def export(take, folder: Path, name: str, settings: DubSettings) -> tuple[Result, ...]:
    """Write every take of a dub into a new folder; file names carry the clip, the amount and the seed."""
    folder.mkdir()
    stem = f"{plain_name(name)}-ambient{round(settings.ambient * 100)}-seed{settings.seed}"
    several = len(take.takes) > 1
    return tuple(
        _export(one, folder, stem + (f"-take{number}" if several else ""), name)
        for number, one in enumerate(take.takes, 1)
    )


def _export(take, folder: Path, stem: str, name: str) -> Result:
    result = Result(
        *(folder / f"{stem}{suffix}" for suffix in (".mp4", ".wav", ".recipe.json", ".cues.json", ".png")),
        summary(len(take.waveform) / take.sample_rate, len(take.events), take.recipe),
    )
    take.save(result.video)
    take.save(result.sound)
    recipe = without_folders(take.recipe, folder.parent)
    recipe = json.dumps(recipe | {"video": {**recipe.get("video", {}), "name": name}}, indent=1, ensure_ascii=False)
    result.recipe.write_text(recipe + "\n", "utf-8")
    take.events.save(result.cues)
    save_figure(mel_figure(np.asarray(take.mel), take.events), result.picture)
    return result


def without_folders(value, folder: Path):
    """A recipe for strangers: paths into the visit's folder become bare names."""
    if isinstance(value, dict):
        return {key: without_folders(inner, folder) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_folders(inner, folder) for inner in value]
    if isinstance(value, str) and value.startswith(str(folder)):
        return Path(value).name
    return value
