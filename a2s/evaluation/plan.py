"""What all experiments of an evaluation share, and digests of everything that shapes their audio."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from a2s.evaluation.cache import digest, version_key
from a2s.evaluation.experiments import Experiment
from a2s.weights import fingerprint, resolve_model

VERSION = 2
"""Of `a2s.evaluation.generate`: raised by one whenever the same experiment may generate other audio."""

LIBRARIES = ("numpy", "torch", "diffusers")


@dataclass(frozen=True)
class EvaluationPlan:
    """What all experiments of an evaluation share. Folders are text.

    model: name or folder of the evaluated model. data: test worlds. pool: other worlds, the retrieval pool. ablations:
    a folder of ablation models. bank: an ambient bank, None for the one of the model. clips: number of test windows
    of 3 s. seed: of the windows and the noise.
    """

    model: str
    data: str = ""
    pool: str | None = None
    ablations: str | None = None
    bank: str | None = None
    clips: int = 72
    seed: int = 0

    @cached_property
    def model_digest(self) -> str:
        """Of all files of the model, so that a retrained folder counts as another model. Raises WeightsMissing."""
        return fingerprint(resolve_model(self.model))

    @cached_property
    def data_digest(self) -> str:
        """Of the plans of the test worlds."""
        return _worlds_digest(self.data)

    def digest(self, experiment: Experiment) -> str:
        """Eight hexadecimal digits of everything that shapes an experiment's audio."""
        inputs: list[object] = [asdict(experiment), self.model_digest, self.data_digest, self.clips, self.seed]
        inputs.append(version_key(VERSION, LIBRARIES))
        if needs_pool(experiment):
            inputs.append(_worlds_digest(self.pool))
        if experiment.model:
            inputs.append(fingerprint(Path(self.ablations or "") / experiment.model))
        if experiment.condition in ("low", "bank") and self.bank:
            inputs.append(sha256((Path(self.bank) / "metadata.json").read_bytes()).hexdigest())
        return digest(inputs)

    def audio_file(self, folder: Path, experiment: Experiment) -> Path:
        """The cache file of an experiment's audio."""
        return folder / f"{experiment.name}-{self.digest(experiment)}.npz"

    def can_run(self, experiment: Experiment) -> bool:
        """Whether the folders that the experiment needs were given. A wrong folder is an error, not a skip."""
        return not (needs_pool(experiment) and not self.pool) and not (experiment.model and not self.ablations)


def needs_pool(experiment: Experiment) -> bool:
    """Whether the experiment retrieves from another data set."""
    from_pool = experiment.condition in ("retrieved", "random")
    return from_pool and experiment.source not in ("truth", "action", "coded")


def _worlds_digest(folder: str | None) -> str:
    """Of a data set's plans, which determine everything else in it."""
    plans = sorted(Path(folder).glob("*/plan.json")) if folder else []
    return digest([[plan.parent.name, sha256(plan.read_bytes()).hexdigest()] for plan in plans])
