"""Training, evaluation, storing and loading of the judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

import torch
from diffusers.configuration_utils import ConfigMixin
from diffusers.models.modeling_utils import ModelMixin
from safetensors.torch import load_file

from a2s.errors import WeightsMissing
from a2s.evaluation.statistics import Figures
from a2s.io import write_json
from a2s.training.trainer import Schedule, Trainer

WEIGHTS = "diffusion_pytorch_model.safetensors"


class JudgeModel(ModelMixin, ConfigMixin):
    """A judge as a diffusers model. OLD_NAMES: first part of parameter names in older checkpoints, and the new one."""

    OLD_NAMES: ClassVar[dict[str, str]] = {}


JudgeType = TypeVar("JudgeType", bound=JudgeModel)


@dataclass(frozen=True)
class JudgeTraining:
    """Settings of one training.

    data: rendered worlds of their own seed, not used to train a generator. out: folder of the judge. held_out: other
    worlds, to evaluate the judge. resume: continue the run in `out`. steps, batch: None for the judge's defaults.
    """

    data: Path
    out: Path
    held_out: Path | None = None
    resume: bool = False
    steps: int | None = None
    batch: int | None = None
    seed: int = 0


def train_judge_model(
    model: JudgeModel,
    schedule: Schedule,
    loss: Callable[[int], tuple[torch.Tensor, dict[str, float]]],
    training: JudgeTraining,
    trained_on: int,
    evaluate: Callable[[], Figures],
) -> Figures:
    """Train `model` and write it to `out` with its report in `out/report.json`. Returns the report.

    loss: of one step, as in `Trainer.fit`. trained_on: number of training samples, for the report. evaluate: figures
    on the held-out worlds. The state of the run is in `out/run`; `resume` continues from there.
    """
    out = training.out
    trainer = Trainer(model, schedule, out / "run", training.resume)
    trainer.fit(loss)
    with trainer.averaged():
        model.save_pretrained(out)
        report: Figures = {"trained_on": trained_on, "steps": schedule.steps}
        if training.held_out is not None:
            report["held_out"] = evaluate()
    write_json(out / "report.json", report)
    return report


def load_judge(judge: type[JudgeType], folder: str | Path) -> JudgeType:
    """A trained judge in eval mode. Raises WeightsMissing."""
    folder = Path(folder)
    if not all((folder / name).is_file() for name in ("config.json", WEIGHTS)):
        name = judge.__module__.rpartition(".")[2]
        raise WeightsMissing(f"{folder} holds no judge. `a2s train judge {name}` trains one.")
    model = judge.from_config(judge.load_config(folder))
    weights = {_new_name(judge, name): weight for name, weight in load_file(folder / WEIGHTS).items()}
    model.load_state_dict(weights)
    return model.eval()


def _new_name(judge: type[JudgeModel], name: str) -> str:
    first, dot, rest = name.partition(".")
    return judge.OLD_NAMES.get(first, first) + dot + rest
