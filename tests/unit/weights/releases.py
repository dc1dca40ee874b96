"""A small fake release: files laid out as the authors' are, under their names, with random weights.

`release.json.gz` holds names and shapes of a reduced model that was made by the authors' own classes.
"""

from __future__ import annotations

import gzip
import json
import pickle
from pathlib import Path
from types import ModuleType
from unittest import mock

import torch

from a2s.pipelines.official_size import official_solver

LAYOUT = json.loads(gzip.decompress((Path(__file__).parent / "release.json.gz").read_bytes()))


def weights(part: str, seed: int = 0) -> dict[str, torch.Tensor]:
    """Of "latent", "av" or "vocoder": small random numbers; the tables of the schedule that are checked are right."""
    generator = torch.Generator().manual_seed(seed)
    made = {name: torch.randn(shape, generator=generator) * 0.1 for name, shape in LAYOUT[part].items()}
    if part == "latent":
        solver = official_solver()
        made |= {"betas": solver.betas.clone(), "alphas_cumprod": solver.alphas_cumprod.clone()}
    return made


def write_release(folder: Path, **changed: dict[str, torch.Tensor]) -> dict[str, Path]:
    """Write all files; `changed` replaces the weights of a part. Returns them by part, plus json and sizes."""
    parts = {part: changed.get(part) or weights(part) for part in ("latent", "av", "vocoder")}
    checkpoint = {"epoch": 8, "global_step": 1, "pytorch-lightning_version": "1.2.10", "state_dict": parts["latent"]}
    paths = {
        "latent": _saved(checkpoint, folder / "epoch=000007.ckpt"),
        "av": _saved({"arch": "AVSim", "state_dict": parts["av"]}, folder / "av.pth"),
        "vocoder": _saved({"generator": parts["vocoder"]}, folder / "hifi-gan.pth"),
        "json": folder / "hifi-gan.json",
        "sizes": folder / "config.json",
    }
    paths["json"].write_text(json.dumps(LAYOUT["vocoder_json"]))
    paths["sizes"].write_text(json.dumps(LAYOUT["sizes"]))
    return paths


def _saved(content: object, path: Path) -> Path:
    torch.save(content, path)
    return path


def class_named(full_name: str) -> type:
    """A class that pickles under a name of a package which isn't installed; use it inside `as_if_installed`."""
    module, name = full_name.rsplit(".", 1)
    return type(name, (), {"__module__": module})


def as_if_installed(*classes: type):
    """A context in which pickle finds the classes where they say they are."""
    modules = {}
    for one in classes:
        names = one.__module__.split(".")
        for depth in range(1, len(names) + 1):
            modules.setdefault(".".join(names[:depth]), ModuleType(".".join(names[:depth])))
        setattr(modules[one.__module__], one.__name__, one)
    return mock.patch.dict("sys.modules", modules)


class Calls:
    """Pickles as a call, which an unrestricted unpickler makes."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def bare_pickle(content: object, path: Path, protocol: int) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path
