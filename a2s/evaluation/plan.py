"""What all rows of an exam have in common, and the names under which what was made of it is kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from a2s.evaluation.experiments import Experiment
from a2s.weights import fingerprint, resolve_model


@dataclass(frozen=True)
class Recipe:
    """What every row of an exam has in common. Folders as text; `bank` None: the one that comes along."""

    model: str
    data: str = ""
    pool: str | None = None
    ablations: str | None = None
    bank: str | None = None
    clips: int = 72
    seed: int = 0

    @cached_property
    def model_digest(self) -> str:
        """Of all the model's files: another training into the same folder is another model. Raises WeightsMissing."""
        return fingerprint(resolve_model(self.model))

    @cached_property
    def data_digest(self) -> str:
        return _of_worlds(self.data)

    def digest(self, row: Experiment) -> str:
        """Eight hex digits of everything that shapes a row's sounds, down to the files of the folders that it needs."""
        needs = [asdict(row), self.model_digest, self.data_digest, self.clips, self.seed]
        if needs_pool(row):
            needs.append(_of_worlds(self.pool))
        if row.model:
            needs.append(fingerprint(Path(self.ablations or "") / row.model))
        if row.condition in ("low", "bank") and self.bank:
            needs.append(sha256((Path(self.bank) / "metadata.json").read_bytes()).hexdigest())
        return short(needs)


def needs_pool(row: Experiment) -> bool:
    """Whether another data set is retrieved from."""
    return row.condition in ("retrieved", "random") and row.source not in ("truth", "action", "coded")


def sounds_file(folder: Path, recipe: Recipe, row: Experiment) -> Path:
    """Where a row's sounds are kept, so that an exam goes on where it stopped."""
    return folder / f"{row.name}-{recipe.digest(row)}.npz"


def short(values) -> str:
    """Eight hex digits of JSON."""
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


def _of_worlds(folder: str | None) -> str:
    """Of a data set's plans, from which all else in it follows."""
    plans = sorted(Path(folder).glob("*/plan.json")) if folder else []
    return short([[plan.parent.name, sha256(plan.read_bytes()).hexdigest()] for plan in plans])
