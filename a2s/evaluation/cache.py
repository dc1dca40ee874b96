"""Cached results of an evaluation: one JSON file each, named after a digest of everything that the result depends on.

The digest includes the version of the code that computed the result (`VERSION` of its module) and the versions of the
libraries that matter (`LIBRARIES`). A changed metric therefore never returns a result of the old one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

import numpy as np

from a2s.evaluation.statistics import Figures
from a2s.io import write_json


class Versioned(Protocol):
    """A module that computes results."""

    @property
    def VERSION(self) -> int:
        """Raised by one whenever the same inputs may give other results."""

    @property
    def LIBRARIES(self) -> Sequence[str]:
        """Distributions whose release can change the results."""


@dataclass(frozen=True)
class ResultCache:
    """Results in a folder. key: what all of them depend on, as JSON values. on_message: receives each computed name."""

    folder: Path
    key: tuple[object, ...] = ()
    on_message: Callable[[str], object] = lambda message: None

    def get(self, name: str, module: Versioned, compute: Callable[[], object], *key: object) -> Figures:
        """The cached result, or that of `compute`, which is then stored.

        module: computes the result. key: what the result depends on beside the cache's own key. A value without JSON
        is stored as its JSON form: numpy arrays become lists, tuples lists. Raises CannotWrite.
        """
        file = self.folder / f"{name}-{digest([*self.key, version_key(module.VERSION, module.LIBRARIES), *key])}.json"
        if not file.is_file():
            self.on_message(f"  {name}")
            file.parent.mkdir(parents=True, exist_ok=True)
            write_json(file, compute(), default=without_numpy)
        return json.loads(file.read_text("utf-8"))


def version_key(number: int, libraries: Sequence[str]) -> list[object]:
    """A version and those of the installed libraries, None for a library that is not installed."""
    return [number, {name: _installed(name) for name in libraries}]


def digest(values: object) -> str:
    """Eight hexadecimal digits of JSON values."""
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


def without_numpy(value: object) -> object:
    """A numpy scalar or array as a number or lists; the `default` of `json.dumps`."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form.")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
