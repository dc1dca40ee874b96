"""The configuration of a training: typed fields, read from a YAML file and from overrides.

pydantic checks names, types and ranges. Each objective in `a2s.training.objectives` defines its own subclass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, ValidationError

from a2s.errors import BadSettings


class StrictModel(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingConfig(StrictModel):
    """What every training needs.

    data: folder of rendered videos (`a2s world render`). Videos in the folder `DATA-held-out`, where it exists, measure
    the model. out: folder of the run. steps: optimiser steps. batch: rows per step. seed: of weights and batches.
    evaluation_clips: clips that measure it.
    """

    data: Path
    out: Path
    steps: PositiveInt
    batch: PositiveInt
    seed: NonNegativeInt = 0
    evaluation_clips: PositiveInt


C = TypeVar("C", bound=TrainingConfig)


def load_config(kind: type[C], file: Path | None = None, overrides: Mapping[str, object] | None = None) -> C:
    """Read the configuration `kind` from a YAML `file`; `overrides` replace its values key by key.

    Raises BadSettings for a missing file, an unknown or missing key, and a value of the wrong type or range.
    """
    values, overrides = read_yaml(file) if file else {}, overrides or {}
    try:
        return kind.model_validate(values | dict(overrides))
    except ValidationError as error:
        first = error.errors()[0]
        origin = f" in {file}" if file and first["loc"][0] in values.keys() - overrides.keys() else ""
        raise BadSettings(_sentence(kind, first, origin)) from error


def read_yaml(file: Path) -> dict[str, object]:
    """The mapping in a YAML file. Raises BadSettings."""
    try:
        values = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The configuration {file} cannot be read.") from error
    except yaml.YAMLError as error:
        raise BadSettings(f"The configuration {file} is not valid YAML.") from error
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise BadSettings(f"The configuration {file} must map keys to values.")
    return {str(key): value for key, value in values.items()}


def parse_assignments(assignments: Sequence[str]) -> dict[str, object]:
    """`KEY=VALUE` texts as a mapping. A value is YAML: `steps=700`, `channels=[64, 128]`. Raises BadSettings."""
    found: dict[str, object] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise BadSettings(f"A setting must have the form KEY=VALUE, not {text!r}.")
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise BadSettings(f"The value of {key.strip()} is not valid YAML: {value!r}.") from error
    return found


def _sentence(kind: type[BaseModel], problem: Mapping[str, Any], origin: str) -> str:
    """One sentence about a problem that pydantic found. origin: " in FILE" or nothing."""
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(sorted(kind.model_fields))
        return f"The training has no setting {key!r}{origin}; allowed: {allowed}."
    if problem["type"] == "missing":
        return f"The training needs the setting {key!r}; give it as an option or in the configuration file."
    reason = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"The value {problem['input']!r} of {key!r}{origin} is not allowed: {reason}."
