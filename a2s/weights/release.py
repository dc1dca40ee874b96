"""The authors' files, each known by what is in it: its name may be any."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from a2s.errors import BadCheckpoint
from a2s.weights.sizes import is_sizes
from a2s.weights.unpickle import open_checkpoint

LATENT, AV, VOCODER = "latent diffusion", "AV-Sim", "HiFi-GAN"
VOCODER_JSON, SIZES = "HiFi-GAN json", "sizes"
BESIDE = "config.json"
"""A file of this name beside the latent diffusion checkpoint is heeded if it states sizes."""

AV_SYNC = ("mlp.0.", "blocks.0.", "v.blocks.0.", "0.weight")
"""How names begin in AV-Sync's four files: head, video encoder, audio encoder, projection."""


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights. entry: where in it they are, None for a bare dictionary. shapes: by name."""

    path: Path
    entry: str | None
    shapes: dict[str, tuple[int, ...]]

    def tensors(self) -> dict[str, torch.Tensor]:
        """All weights, mapped from the file; what was read of it leaves memory with the dictionary."""
        content = open_checkpoint(self.path)
        return content if self.entry is None else content[self.entry]


@dataclass(frozen=True)
class Release:
    """What was given for an import. vocoder and its config come together or not at all; sizes: None for the released
    ones. left_out: files that are genuine, and not needed."""

    latent: Checkpoint
    av: Checkpoint
    vocoder: Checkpoint | None
    vocoder_config: dict | None
    sizes: dict | None
    files: tuple[Path, ...]
    left_out: tuple[Path, ...]


def recognise(files: Iterable[str | Path]) -> Release:
    """Sort files by content. Raises BadCheckpoint for what is unsafe, unknown, given twice or missing."""
    found: dict[str, object] = {}
    paths: dict[str, Path] = {}
    left_out = []
    for path in map(Path, files):
        kind, content = _json(path) if path.suffix.lower() == ".json" else _weights(path)
        if kind is None:
            left_out.append(path)
        elif kind in found:
            raise BadCheckpoint(f"{paths[kind].name} and {path.name} both are the {kind}; give one.")
        else:
            found[kind], paths[kind] = content, path
    for kind, example in ((LATENT, "epoch=000007.ckpt"), (AV, "av.pth")):
        if kind not in found:
            raise BadCheckpoint(f"The {kind} checkpoint is missing among the files given ({example} of the release).")
    if (VOCODER in found) != (VOCODER_JSON in found):
        raise BadCheckpoint("HiFi-GAN's weights and its json belong together: give both or neither.")
    beside = paths[LATENT].with_name(BESIDE)
    if SIZES not in found and beside.is_file():
        with suppress(BadCheckpoint):  # some other program's
            kind, content = _json(beside)
            if kind == SIZES:
                found[SIZES], paths[SIZES] = content, beside
    return Release(
        found[LATENT],
        found[AV],
        found.get(VOCODER),
        found.get(VOCODER_JSON),
        found.get(SIZES),
        tuple(paths.values()),
        tuple(left_out),
    )


def _json(path: Path) -> tuple[str, dict]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise BadCheckpoint(f"The file {path} cannot be read as json.") from error
    if is_sizes(content):
        return SIZES, content
    if isinstance(content, dict) and "upsample_rates" in content:
        return VOCODER_JSON, content
    raise BadCheckpoint(f"The file {path} is no json of the release.")


def _weights(path: Path) -> tuple[str | None, Checkpoint | None]:
    """What a checkpoint is, None for one of AV-Sync's or the text model's, which a dub doesn't need."""
    content = open_checkpoint(path)
    if isinstance(content.get("generator"), dict):
        return VOCODER, _checkpoint(path, "generator", content)
    entry = "state_dict" if isinstance(content.get("state_dict"), dict) else None
    names = [str(name).removeprefix("module.") for name in (content[entry] if entry else content)]

    def has(prefix: str) -> bool:
        return any(name.startswith(prefix) for name in names)

    if has("model.diffusion_model."):
        return LATENT, _checkpoint(path, entry, content)
    if has("video_model."):
        return AV, _checkpoint(path, entry, content)
    if has("text_model.") or (entry is None and any(map(has, AV_SYNC))):
        return None, None
    raise BadCheckpoint(f"The file {path} holds nothing of the release.")


def _checkpoint(path: Path, entry: str | None, content: dict) -> Checkpoint:
    weights = content if entry is None else content[entry]
    for name, value in weights.items():
        plain = isinstance(value, torch.Tensor) and value.layout is torch.strided and value.is_floating_point()
        if not isinstance(name, str) or not plain:
            raise BadCheckpoint(f"The file {path} has something that is no weight among its weights: {name!r}.")
    return Checkpoint(path, entry, {name: tuple(value.shape) for name, value in weights.items()})
