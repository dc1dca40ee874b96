"""`a2s train`: train a model, train the ablations, assemble trained parts."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, get_type_hints

import typer

from a2s.errors import BadSettings, CannotWrite

train_app = typer.Typer(help="Train a model, train the ablations, or assemble trained parts.")

Data = Annotated[Path | None, typer.Option("--data", help="A data set of `a2s world render`.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the run.")]
Config = Annotated[Path | None, typer.Option("--config", help="YAML file with settings, see configs/.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a value of the configuration.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the run in that folder.")]
Steps = Annotated[int | None, typer.Option("--steps", help="Total number of optimiser steps.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of the weights and batches.")]
Batch = Annotated[int | None, typer.Option("--batch", help="Clips per step.")]
Recordings = Annotated[Path | None, typer.Option("--recordings", help="Folder of real recordings to mix in.")]
FullBand = Annotated[
    bool, typer.Option("--full-band", help="At 48 kHz; the data set is one of `a2s world render-scenes`.")
]


@train_app.command("vae")
def train_vae(
    data: Data = None,
    out: Out = None,
    config: Config = None,
    set_: Set = None,
    resume: Resume = False,
    steps: Steps = None,
    seed: Seed = None,
    batch: Batch = None,
    recordings: Recordings = None,
    full_band: FullBand = False,
) -> None:
    """Train the mel VAE."""
    options = {"data": data, "out": out, "steps": steps, "seed": seed, "batch": batch, "recordings": recordings}
    _train("full_band_vae" if full_band else "vae", config, set_, resume, options)


@train_app.command("vocoder")
def train_vocoder(
    data: Data = None,
    out: Out = None,
    config: Config = None,
    set_: Set = None,
    resume: Resume = False,
    steps: Steps = None,
    seed: Seed = None,
    batch: Batch = None,
    recordings: Recordings = None,
    vae: Annotated[Path | None, typer.Option(help="A trained VAE; half of the mels pass through it.")] = None,
    init: Annotated[Path | None, typer.Option(help="A trained vocoder to start from.")] = None,
    full_band: FullBand = False,
) -> None:
    """Train the vocoder."""
    options = {"data": data, "out": out, "steps": steps, "seed": seed, "batch": batch, "recordings": recordings}
    objective = "full_band_vocoder" if full_band else "vocoder"
    _train(objective, config, set_, resume, options | {"vae": vae, "init": init})


@train_app.command("av-sim")
def train_av_sim(
    data: Data = None,
    out: Out = None,
    config: Config = None,
    set_: Set = None,
    resume: Resume = False,
    steps: Steps = None,
    seed: Seed = None,
    batch: Batch = None,
) -> None:
    """Train AV-Sim: the video encoder and the embedding space of picture and sound."""
    _train("av_sim", config, set_, resume, {"data": data, "out": out, "steps": steps, "seed": seed, "batch": batch})


@train_app.command("place")
def train_place(
    data: Data = None,
    out: Out = None,
    config: Config = None,
    set_: Set = None,
    resume: Resume = False,
    steps: Steps = None,
    seed: Seed = None,
    batch: Batch = None,
    init: Annotated[Path | None, typer.Option(help="The trained AV-Sim that receives the place towers.")] = None,
) -> None:
    """Train the place towers of a trained AV-Sim."""
    options = {"data": data, "out": out, "steps": steps, "seed": seed, "batch": batch, "init": init}
    _train("place", config, set_, resume, options)


@train_app.command("av-ldm")
def train_av_ldm(
    data: Data = None,
    out: Out = None,
    config: Config = None,
    set_: Set = None,
    resume: Resume = False,
    steps: Steps = None,
    seed: Seed = None,
    batch: Batch = None,
    vae: Annotated[Path | None, typer.Option(help="A trained VAE. Default: that of the compact model.")] = None,
    av_sim: Annotated[Path | None, typer.Option(help="A trained AV-Sim. Default: train on cues alone.")] = None,
    sound_only: Annotated[Path | None, typer.Option(help="A further data set without pictures.")] = None,
    init: Annotated[Path | None, typer.Option(help="Folder of an earlier run to start from.")] = None,
) -> None:
    """Train the latent diffusion model."""
    options = {"data": data, "out": out, "steps": steps, "seed": seed, "batch": batch}
    given = {"vae": vae, "av_sim": av_sim, "sound_only": sound_only, "init": init}
    _train("av_ldm", config, set_, resume, options | given)


def _train(objective: str, file: Path | None, assignments: list[str] | None, resume: bool, options: dict) -> None:
    """Train with the values of `file`, replaced by `assignments`, replaced by the options that are given."""
    from a2s.training.config import load_config, parse_assignments  # keeps `a2s --help` fast

    module = import_module(f"a2s.training.objectives.{objective}")
    given = {key: value for key, value in options.items() if value is not None}
    config = load_config(get_type_hints(module.train)["config"], file, parse_assignments(assignments or ()) | given)
    _check_data(config.data)
    _check_parent(config.out)
    print(module.train(config, resume))


@train_app.command("ablations")
def train_ablations_command(
    data: Annotated[Path, typer.Option(help="Rendered videos with pictures.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Receives a model folder per ablation.", show_default=False)],
    base: Annotated[
        Path | None, typer.Option(help="The model that gives VAE, vocoder and AV-Sim. Default: the compact model.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps of each AV-LDM.")] = 700,
    contrast_steps: Annotated[int, typer.Option(min=1, help="Optimiser steps of the contrastive encoder.")] = 400,
    only: Annotated[list[str] | None, typer.Option(help="Train only this ablation; may be repeated.")] = None,
) -> None:
    """Train the ablations of AV-LDM alike. Finished ones are kept, interrupted ones resume."""
    import torch  # keeps `a2s --help` fast, as the imports below

    from a2s.resources import checkpoint_folder
    from a2s.training.ablation_runs import AblationRuns, train_ablations
    from a2s.training.ablations import ABLATIONS

    _check_data(data)
    _check_parent(out)
    for name in only or ():
        if name not in ABLATIONS:
            raise BadSettings(f"The ablation {name!r} does not exist; choose from {', '.join(ABLATIONS)}.")
    torch.set_num_threads(1)  # these tensors are too small to gain from a second thread
    names = tuple(only or ABLATIONS)
    runs = AblationRuns(data, base or checkpoint_folder("compact"), out, steps, contrast_steps, names)
    for folder in train_ablations(runs):
        print(folder)


@train_app.command("assemble")
def assemble_command(
    run: Annotated[Path, typer.Argument(help="Folder of the AV-LDM run.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The model folder.", show_default=False)],
    vae: Annotated[Path | None, typer.Option(help="A trained VAE. Default: RUN/vae.")] = None,
    vocoder: Annotated[Path | None, typer.Option(help="A trained vocoder. Default: RUN/vocoder.")] = None,
    av_sim: Annotated[Path | None, typer.Option(help="A trained AV-Sim. Default: RUN/av_sim.")] = None,
) -> None:
    """Assemble trained parts into one model folder with checksums."""
    from a2s.training.assemble import assemble_model  # keeps `a2s --help` fast

    parts = (vae or run / "vae", vocoder or run / "vocoder", av_sim or run / "av_sim", run)
    for part in parts:
        if not part.is_dir():
            raise BadSettings(f"The folder {part} does not exist.")
    _check_parent(out)
    print(assemble_model(*parts, out))


def _check_data(data: Path) -> None:
    if not data.is_dir():
        raise BadSettings(f"The data set {data} does not exist; `a2s world` renders one.")


def _check_parent(out: Path) -> None:
    if not out.absolute().parent.is_dir():
        raise CannotWrite(f"The folder {out.parent} for {out.name} does not exist.")
