"""Examine a model.

python -m a2s.evaluation --model DIR --data WORLDS --judge DIR [--clips N] [--real FOLDER] -o report.json
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m a2s.evaluation", description="Examine a model on unseen worlds.")
    parser.add_argument("--model", default="compact", help="a model's name or folder")
    parser.add_argument("--data", type=Path, help="unseen worlds, rendered with pictures")
    parser.add_argument("--judge", type=Path, help="a judge's folder, see a2s.evaluation.judge")
    parser.add_argument("--real", type=Path, help="real clips with an onsets.json; its sync_score.py is run")
    parser.add_argument("--bank", type=Path, default=Path("assets/ambient"), help="ambient bank")
    parser.add_argument("--recordings", type=Path, help="real sounds for the vocoder, held-out names start with 3-")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--slider-clips", type=int, default=16)
    parser.add_argument("--steps", type=int, help="as suits the model if left out")
    parser.add_argument("--guidance", type=float, help="as suits the model if left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="the compact model is fastest on one")
    parser.add_argument("--panels", type=Path, help="folder for spectrogram panels")
    parser.add_argument("-o", "--out", type=Path, required=True)
    return parser


def main() -> None:
    parser = arguments()
    args = parser.parse_args()
    if not (args.real or (args.data and args.judge)):
        parser.error("say what to examine on: --data with --judge, or --real")
    os.environ.setdefault("OMP_NUM_THREADS", str(args.threads))
    import torch

    from a2s.errors import A2SError
    from a2s.evaluation.headline import headline

    torch.set_num_threads(args.threads)
    try:
        report = examine(args)
    except A2SError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    part = args.out.with_name(args.out.name + ".part")
    part.write_text(json.dumps(report, indent=1, default=_plain) + "\n")
    os.replace(part, args.out)
    print("\n".join(headline(report)))


def examine(args: argparse.Namespace) -> dict:
    """The suites that were asked for."""
    from a2s.ambient import AmbientBank
    from a2s.weights.registry import load_model

    pipe = load_model(args.model)
    bank = AmbientBank.load(args.bank) if (args.bank / "metadata.json").is_file() else None
    report: dict = {"model": str(args.model)}
    if args.data:
        from a2s.evaluation.judge import load_judge
        from a2s.evaluation.world_suite import examine_world

        report["world"] = examine_world(
            pipe,
            args.data,
            load_judge(args.judge),
            args.clips,
            args.steps or pipe.steps,
            args.guidance or pipe.guidance_scale,
            args.seed,
            bank=bank,
            recordings=args.recordings,
            slider_clips=args.slider_clips,
            panels=args.panels,
        )
    if args.real:
        from a2s.evaluation.real_suite import examine_real
        from a2s.settings import DubSettings

        bank = bank or AmbientBank.load(args.bank)
        if bank.model_hash != pipe.model_hash:
            bank = bank.embedded(pipe.embed_audio, pipe.model_hash)
        settings = DubSettings(steps=args.steps, guidance_scale=args.guidance, seed=args.seed)
        report["real"] = examine_real(pipe, bank, args.real, settings)
    return report


def _plain(value):
    """numpy scalars and arrays as JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON")


if __name__ == "__main__":
    main()
