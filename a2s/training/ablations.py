"""What can be taken out of AV-LDM to see what it is worth (Action2Sound, table 3), each trained alike.

    python -m a2s.training.ablations --data WORLDS --base checkpoints/compact --steps 700 -o ABLATIONS

writes a model folder a row, each with the VAE and the vocoder of the base. The base itself had far more steps: it is no
row of this table.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ablation:
    """What a model is given in training and ever after.

    neighbour: another clip of the same long video as ambient condition. denoised: what it learns to make went through a
    denoiser. cues: the cue roll beside the video tokens. aligned: the conditions also on the latent's time grid.
    contrastive: video tokens of an encoder that learned from InfoNCE alone, with no word of onsets or classes.
    """

    neighbour: bool = True
    denoised: bool = False
    cues: bool = True
    aligned: bool = True
    contrastive: bool = False


FULL = Ablation()

ABLATIONS = {
    "full": FULL,
    "no-neighbour": Ablation(neighbour=False),
    "denoised": Ablation(neighbour=False, denoised=True),
    "diff-foley": Ablation(neighbour=False, cues=False, aligned=False, contrastive=True),
}
"""`diff-foley`: as Luo et al. (2023) have it, contrastive video features by cross-attention and guidance alone."""


def train_ablations(
    data: Path,
    base: Path,
    out: Path,
    steps: int = 700,
    contrast_steps: int = 400,
    names: tuple[str, ...] = (),
    channels: tuple[int, ...] = (64, 128, 192),
    batch: int = 16,
) -> list[Path]:
    """Train each row for `steps` from the same seed on the same data; what is there already is kept.

    Returns the model folders `out/NAME`. A run that was stopped goes on; its folder `out/NAME.run` is then removed.
    """
    from a2s.training.assemble import assemble
    from a2s.training.objectives import av_ldm, av_sim

    made = []
    for name in names or ABLATIONS:
        ablation, folder, run = ABLATIONS[name], out / name, out / f"{name}.run"
        made.append(folder)
        if (folder / "model_index.json").is_file():
            continue
        eyes = base / "av_sim"
        if ablation.contrastive:
            eyes = av_sim.train(data, run, True, contrast_steps, contrastive=True, batch=2 * batch)
        sizes = {"vae": base / "vae", "av_sim": eyes, "channels": channels, "batch": batch, "cache": out / "cache"}
        ldm = av_ldm.train(data, run / "ldm", True, steps, ablation=ablation, **sizes)
        assemble(base / "vae", base / "vocoder", eyes, ldm, folder)
        shutil.rmtree(run)
    return made


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="rendered worlds with pictures")
    parser.add_argument("--base", type=Path, default=Path("checkpoints/compact"), help="gives VAE, vocoder and eyes")
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--contrast-steps", type=int, default=400, help="of the contrastive video encoder")
    parser.add_argument("--only", nargs="*", choices=tuple(ABLATIONS), default=(), help="these rows alone")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for folder in train_ablations(args.data, args.base, args.out, args.steps, args.contrast_steps, tuple(args.only)):
        print(folder)


if __name__ == "__main__":
    main()
