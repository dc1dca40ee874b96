"""What all judges have in common: how they are trained, examined, kept, and called from the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import torch

from a2s.errors import WeightsMissing
from a2s.media.files import whole_file
from a2s.training.trainer import Schedule, Trainer


def train_judge_model(
    model: torch.nn.Module,
    schedule: Schedule,
    loss: Callable[[int], tuple[torch.Tensor, dict[str, float]]],
    out: Path,
    resume: bool,
    trained_on: int,
    examine: Callable[[], dict] | None,
) -> dict:
    """Fit `model`, then write it and what `examine` says of it to `out` and `out/report.json`; returns the report.

    The run's own state is in `out/run`, from where `resume` goes on.
    """
    trainer = Trainer(model, schedule, out / "run", resume)
    trainer.fit(loss)
    with trainer.averaged():
        model.save_pretrained(out)
        report = {"trained_on": trained_on, "steps": schedule.steps}
        if examine is not None:
            report["held_out"] = examine()
    with whole_file(out / "report.json") as part:
        part.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return report


def load_judge(judge: type, folder: str | Path):
    """A trained judge, ready to judge. Raises WeightsMissing."""
    if not (Path(folder) / "config.json").is_file():
        raise WeightsMissing(f"{folder} holds no judge; train one with `python -m {judge.__module__}`.")
    return judge.from_pretrained(folder).eval()


def command_line(train: Callable[..., dict], what: str, data: str, steps: int) -> None:
    """Train from the command line and print the report. what: is judged; data: what `--data` must hold."""
    parser = argparse.ArgumentParser(description=f"Train the judge of {what}.")
    parser.add_argument("--data", type=Path, required=True, help=data)
    parser.add_argument("--held-out", type=Path, help="other rendered worlds, to be scored on")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(train(args.data, args.out, args.held_out, args.resume, args.steps), indent=1))
