"""Put trained parts together as one model folder in diffusers' layout, with checksums.

python -m a2s.training.assemble --vae RUN/vae --vocoder RUN/vocoder --av-sim RUN/av_sim --av-ldm RUN \\
    -o checkpoints/compact
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

import torch
from diffusers import DPMSolverMultistepScheduler, UNet2DConditionModel

from a2s.models import AVSim, Conditioner, MelVAE, Vocoder
from a2s.pipelines import AVLDMPipeline
from a2s.weights import write_checksums

SHARD = "8MB"
KEPT = ("README.md", "ambient_calibration.json")
"""Files of a model folder that people or measurements wrote; a new assembly carries them over."""


def assemble(vae: Path, vocoder: Path, av_sim: Path, av_ldm: Path, out: Path, half: bool = True) -> Path:
    """Load each part, save the pipeline whole.

    half: weights as float16, loaded back as float32 (they lose 1e-3 at most).
    """
    parts = {
        "vae": MelVAE.from_pretrained(vae),
        "vocoder": Vocoder.from_pretrained(vocoder),
        "av_sim": AVSim.from_pretrained(av_sim),
        "unet": UNet2DConditionModel.from_pretrained(Path(av_ldm) / "unet"),
        "conditioner": Conditioner.from_pretrained(Path(av_ldm) / "conditioner"),
    }
    if half:
        parts = {name: part.half() for name, part in parts.items()}
    scheduler = DPMSolverMultistepScheduler.from_pretrained(Path(av_ldm) / "scheduler")
    out, part = Path(out), Path(out).with_name(Path(out).name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    AVLDMPipeline(scheduler=scheduler, **parts).save_pretrained(part, max_shard_size=SHARD)
    for name in KEPT:
        if (out / name).is_file():
            shutil.copy2(out / name, part / name)
    _forget_origins(part)
    write_checksums(part)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(part, out)
    return out


def _forget_origins(folder: Path) -> None:
    """diffusers notes in each config where a part was loaded from; nobody else has that folder."""
    for path in folder.rglob("config.json"):
        config = {key: value for key, value in json.loads(path.read_text()).items() if key != "_name_or_path"}
        path.write_text(json.dumps(config, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("vae", "vocoder", "av-sim", "av-ldm"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    with torch.inference_mode():
        print(assemble(args.vae, args.vocoder, args.av_sim, args.av_ldm, args.out))


if __name__ == "__main__":
    main()
