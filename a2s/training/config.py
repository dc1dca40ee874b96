"""The configuration of a training: typed fields, read from a YAML file and from overrides.

pydantic checks names, types and ranges. Each objective in `a2s.training.objectives` defines its own subclass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from a2s.errors import BadSettings


class StrictModel(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingConfig(StrictModel):
    """What every training needs.

    data: folder of rendered videos (`a2s world render`). Videos in the folder `DATA-held-out`, where it exists, measure
    the model. out: folder of the run. steps: optimiser steps. batch: rows per step. seed: of weights and batches.
    """

    data: Path
    out: Path
    steps: int = Field(gt=0)
    batch: int = Field(gt=0)
    seed: int = Field(default=0, ge=0)


C = TypeVar("C", bound=TrainingConfig)


def load_config(kind: type[C], file: Path | None = None, overrides: Mapping[str, object] | None = None) -> C:
    """Read the configuration `kind` from a YAML `file`; `overrides` replace its values key by key.

    Raises BadSettings for a missing file, an unknown or missing key, and a value of the wrong type or range.
    """
    values = (read_yaml(file) if file else {}) | dict(overrides or {})
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise BadSettings(_sentence(kind, error, file)) from error


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


def _sentence(kind: type[TrainingConfig], error: ValidationError, file: Path | None) -> str:
    """The first problem as one sentence."""
    first = error.errors()[0]
    key, where = ".".join(map(str, first["loc"])), f" in {file}" if file else ""
    if first["type"] == "extra_forbidden":
        return f"Unknown key {key!r}{where}; allowed keys: {', '.join(sorted(kind.model_fields))}."
    if first["type"] == "missing":
        return f"The training needs a value for {key!r}; give it{where or ' as an option'}."
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"The value {first['input']!r} of {key!r} is not allowed: {reason}."
