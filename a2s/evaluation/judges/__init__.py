"""Judges: small classifiers that score audio. None of them is part of a generator.

    events   action and material of an event
    sync     whether audio and picture are in sync
    place    the kind of ambience

Each learns from true audio of worlds that no generator was trained on, and from no generated audio.
`a2s train judge NAME` trains one; the shipped ones are in `checkpoints/judges`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from a2s.errors import BadSettings

if TYPE_CHECKING:
    from a2s.evaluation.judges.train import JudgeTraining
    from a2s.evaluation.statistics import Figures

JUDGES = ("events", "sync", "place")


def train_judge(name: str, training: JudgeTraining) -> Figures:
    """Train one of JUDGES. Returns its report, see `train_judge_model`. Raises BadSettings."""
    if name not in JUDGES:
        raise BadSettings(f"There is no judge {name}. The judges are {', '.join(JUDGES)}.")
    # Importing torch here keeps `a2s --help` fast.
    return getattr(import_module(f"a2s.evaluation.judges.{name}"), f"train_{name}_judge")(training)
