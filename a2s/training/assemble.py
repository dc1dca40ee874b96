"""Assemble trained parts into one model folder in diffusers' layout, with checksums."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

from a2s.io import atomic_folder
from a2s.models import AVSim, Conditioner, MelVAE, Vocoder
from a2s.pipelines import AVLDMPipeline
from a2s.weights import write_checksums

SHARD_SIZE = "8MB"
PRESERVED = ("README.md", "ambient_calibration.json")
"""Files of a model folder that are written by hand or measured; a new assembly keeps them."""


@torch.inference_mode()
def assemble_model(vae: Path, vocoder: Path, av_sim: Path, av_ldm: Path, out: Path, half: bool = True) -> Path:
    """Load each part and save them as one pipeline in `out`.

    av_ldm: the run folder with `unet`, `conditioner` and `scheduler`. half: store weights as float16 (relative error
    up to 1e-3); the pipeline loads them as float32.
    """
    av_ldm, out = Path(av_ldm), Path(out)
    parts = {
        "vae": MelVAE.from_pretrained(vae),
        "vocoder": Vocoder.from_pretrained(vocoder),
        "av_sim": AVSim.from_pretrained(av_sim),
        "unet": UNet2DConditionModel.from_pretrained(av_ldm / "unet"),
        "conditioner": Conditioner.from_pretrained(av_ldm / "conditioner"),
    }
    if half:
        parts = {name: part.half() for name, part in parts.items()}
    scheduler = DPMSolverMultistepScheduler.from_pretrained(av_ldm / "scheduler")
    with atomic_folder(out) as part:
        AVLDMPipeline(scheduler=scheduler, **parts).save_pretrained(part, max_shard_size=SHARD_SIZE)
        for name in PRESERVED:
            if (out / name).is_file():
                shutil.copy2(out / name, part / name)
        _remove_local_paths(part)
        write_checksums(part)
    return out


def _remove_local_paths(folder: Path) -> None:
    """Remove the path that diffusers notes in each config: the folder that the part was loaded from."""
    for path in folder.rglob("config.json"):
        config = {key: value for key, value in json.loads(path.read_text()).items() if key != "_name_or_path"}
        path.write_text(json.dumps(config, indent=2) + "\n")
