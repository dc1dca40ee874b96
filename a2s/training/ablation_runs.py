"""Train the ablations of AV-LDM alike: same data, seed, size and number of steps. `a2s train ablations` runs it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from a2s.training.ablations import ABLATIONS
from a2s.training.assemble import assemble_model
from a2s.training.objectives import av_ldm, av_sim
from a2s.training.objectives.av_ldm import AVLDMConfig
from a2s.training.objectives.av_sim import AVSimConfig


@dataclass(frozen=True)
class AblationRuns:
    """What all ablations have in common.

    data: rendered videos with pictures. base: a model folder that gives the VAE, the vocoder and the AV-Sim; it had far
    more steps and is not one of the ablations. out: receives a model folder for each name. steps: of AV-LDM.
    contrast_steps: of the contrastive video encoder. channels: of the UNet.
    """

    data: Path
    base: Path
    out: Path
    steps: int = 700
    contrast_steps: int = 400
    names: tuple[str, ...] = tuple(ABLATIONS)
    channels: tuple[int, ...] = (64, 128, 192)
    batch: int = 16
    evaluation_clips: int = 96


def train_ablations(runs: AblationRuns) -> list[Path]:
    """Train each ablation and return the model folders `out/NAME`; finished ones are kept, interrupted ones resume."""
    return [_train_ablation(runs, name) for name in runs.names]


def _train_ablation(runs: AblationRuns, name: str) -> Path:
    ablation, folder, run = ABLATIONS[name], runs.out / name, runs.out / f"{name}.run"
    if (folder / "model_index.json").is_file():
        return folder
    vae, encoder = runs.base / "vae", runs.base / "av_sim"
    if ablation.contrastive:
        contrast = AVSimConfig(
            data=runs.data,
            out=run,
            steps=runs.contrast_steps,
            batch=2 * runs.batch,
            contrastive=True,
            evaluation_clips=runs.evaluation_clips,
        )
        encoder = av_sim.train(contrast, resume=True)
    config = AVLDMConfig(
        data=runs.data,
        out=run / "ldm",
        steps=runs.steps,
        batch=runs.batch,
        evaluation_clips=runs.evaluation_clips,
        channels=runs.channels,
        vae=vae,
        av_sim=encoder,
        cache=runs.out / "cache",
        ablation=ablation,
    )
    assemble_model(vae, runs.base / "vocoder", encoder, av_ldm.train(config, resume=True), folder)
    shutil.rmtree(run)
    return folder
