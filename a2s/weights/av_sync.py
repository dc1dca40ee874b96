"""Load the released AV-Sync classifier from its four checkpoint files. It is a metric, not part of a model folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from a2s.errors import BadCheckpoint
from a2s.models.official import OfficialAVSim
from a2s.models.official.sync import OfficialSync
from a2s.weights.configuration import av_sim_arguments
from a2s.weights.names import ast_names
from a2s.weights.plan import Target, plan_weights
from a2s.weights.release import AV_SYNC, CONFIGURATION_FILE, Checkpoint, bare_names, check_weights, read_json
from a2s.weights.unpickle import open_checkpoint

PREFIX = "module."
"""DataParallel's prefix of the names."""


def load_av_sync(folder: str | Path) -> OfficialSync:
    """Load the classifier from a folder with its four `.pth` files, which are recognised by their content.

    A `config.json` of the authors in the folder gives the sizes of a classifier that is not the released one. Raises
    BadCheckpoint for a missing, unsafe or foreign file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadCheckpoint(f"There is no folder {folder}.")
    checkpoints = _find(folder)
    with torch.device("meta"):
        classifier = OfficialSync(OfficialAVSim(**_sizes(folder)))
    av_sim = classifier.av_sim
    parts: dict[str, tuple[nn.Module, Callable[[str], Target | None]]] = {
        "head": (classifier.mlp, _target("head", lambda name: [name.removeprefix("mlp.")])),
        "video_encoder": (av_sim.video_model, _target("video_encoder", lambda name: [name])),
        "audio_encoder": (av_sim.audio_model, _target("audio_encoder", ast_names)),
        "projection": (av_sim.vid_proj, _target("projection", lambda name: [name])),
    }
    for kind, (module, target) in parts.items():
        checkpoint = checkpoints[kind]
        sources = plan_weights(checkpoint, target, {kind: module})[kind]
        shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
        tensors = checkpoint.tensors()
        state = {name: sources[name].read(tensors, shape).float().clone() for name, shape in shapes.items()}
        module.load_state_dict(state, assign=True)
    return classifier.eval().requires_grad_(False)


def _find(folder: Path) -> dict[str, Checkpoint]:
    """The four files by kind."""
    found: dict[str, Checkpoint] = {}
    for path in sorted(folder.glob("*.pth")):
        content = open_checkpoint(path)
        names = bare_names(content)
        kinds = [kind for kind, prefix in AV_SYNC.items() if any(name.startswith(prefix) for name in names)]
        if len(kinds) != 1:
            raise BadCheckpoint(f"The file {path} is not one of AV-Sync's four.")
        if kinds[0] in found:
            raise BadCheckpoint(f"{found[kinds[0]].path.name} and {path.name} both are AV-Sync's {kinds[0]}; keep one.")
        check_weights(path, content)
        found[kinds[0]] = Checkpoint(path, None, {name: tuple(value.shape) for name, value in content.items()})
    if missing := [kind for kind in AV_SYNC if kind not in found]:
        raise BadCheckpoint(f"In {folder}, AV-Sync's {' and '.join(missing)} is missing.")
    return found


def _sizes(folder: Path) -> dict[str, Any]:
    """Arguments of OfficialAVSim; empty for the released size."""
    path = folder / CONFIGURATION_FILE
    return av_sim_arguments(read_json(path)[1]) if path.is_file() else {}


def _target(kind: str, rename: Callable[[str], list[str] | None]) -> Callable[[str], Target | None]:
    def target(name: str) -> Target | None:
        ours = rename(name.removeprefix(PREFIX))
        return None if ours is None else (kind, ours)

    return target
