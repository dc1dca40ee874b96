"""The models that a2s knows by name, and what their configurations say before any weights are read.

A model is a folder in diffusers' layout: `model_index.json`, one subfolder for each component, safetensors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a2s.errors import WeightsMissing
from a2s.resources import checkpoint_folder
from a2s.settings import GUIDANCE_SCALE, STEPS

INDEX = "model_index.json"


@dataclass(frozen=True)
class Model:
    """A model with a name.

    missing: what a user can do when its folder does not exist. repository: on the Hugging Face Hub, for `weights
    fetch`; None for a model that a2s ships.
    """

    name: str
    about: str
    missing: str
    repository: str | None = None

    @property
    def folder(self) -> Path:
        """Where the model is, or where `weights fetch` puts it (see `a2s.resources`)."""
        return checkpoint_folder(self.name)

    @property
    def is_installed(self) -> bool:
        return (self.folder / INDEX).is_file()


MODELS = {
    model.name: model
    for model in (
        Model(
            "compact",
            "a2s's own small model; a laptop processor is enough",
            "a2s ships it; restore the folder checkpoints/compact.",
        ),
        Model(
            "official",
            "the Action2Sound weights",
            "`a2s weights fetch official` downloads it (5 GB), `a2s weights import` converts the authors' files;"
            " `--model compact` needs neither.",
            "amibaid/action2sound",
        ),
    )
}


def resolve_model(model: str | Path = "compact") -> Path:
    """Return the folder of a model, given its name or its folder. Raises WeightsMissing."""
    known = MODELS.get(str(model))
    folder = known.folder if known else Path(model)
    if (folder / INDEX).is_file():
        return folder
    if known:
        raise WeightsMissing(f"The model {known.name} is not installed at {folder}. {known.missing}")
    if folder.is_dir():
        raise WeightsMissing(f"The folder {folder} is not a model folder: it has no {INDEX}.")
    raise WeightsMissing(f"There is no model {str(model)!r}; give {' or '.join(MODELS)}, or a model folder.")


def read_index(folder: Path) -> dict[str, Any]:
    """Read `model_index.json`. Raises WeightsMissing if it is damaged."""
    return _read_object(folder / INDEX)


def sampler_defaults(model: str | Path) -> tuple[int, float]:
    """Return (steps, guidance_scale), the model's sampler defaults, from its index. Raises WeightsMissing."""
    folder = resolve_model(model)
    index = read_index(folder)
    try:
        return int(index.get("steps", STEPS)), float(index.get("guidance_scale", GUIDANCE_SCALE))
    except (ValueError, TypeError) as error:
        raise WeightsMissing(f"The file {folder / INDEX} is damaged.") from error


def model_takes_cues(model: str | Path) -> bool:
    """Return whether cues shape the model's sound, from its conditioner's configuration. Raises WeightsMissing.

    The official model's folders from before its configuration had `cues` lack the key; it is false there.
    """
    return bool(_read_object(resolve_model(model) / "conditioner" / "config.json").get("cues", False))


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsMissing(f"The file {path} is damaged.") from error
    if not isinstance(content, dict):
        raise WeightsMissing(f"The file {path} is damaged.")
    return content
