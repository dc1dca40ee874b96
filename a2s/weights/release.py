"""The files of the authors' release. Each is recognised by its content; its name does not matter."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from a2s.errors import BadCheckpoint
from a2s.weights.configuration import is_configuration
from a2s.weights.unpickle import open_checkpoint

LATENT_DIFFUSION, AV_SIM, VOCODER = "latent diffusion", "AV-Sim", "HiFi-GAN"
VOCODER_JSON, CONFIGURATION = "HiFi-GAN JSON", "configuration"
CONFIGURATION_FILE = "config.json"
"""A file of this name beside the latent diffusion checkpoint is used if it is the authors' configuration."""

AV_SYNC = {"head": "mlp.0.", "video_encoder": "blocks.0.", "audio_encoder": "v.blocks.0.", "projection": "0.weight"}
"""AV-Sync's four files, and a prefix of a name in each."""


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights. entry: the key of the weights in its dictionary; None if it is the dictionary itself. shapes:
    of the weights, by name."""

    path: Path
    entry: str | None
    shapes: dict[str, tuple[int, ...]]

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return all weights, mapped from the file. Memory that they take is freed with the dictionary."""
        content = open_checkpoint(self.path)
        return content if self.entry is None else content[self.entry]


@dataclass(frozen=True)
class Release:
    """The files for an import.

    vocoder, vocoder_config: both or neither. configuration: None for the released size. skipped: genuine files of the
    release that are not needed.
    """

    latent_diffusion: Checkpoint
    av_sim: Checkpoint
    vocoder: Checkpoint | None
    vocoder_config: dict[str, Any] | None
    configuration: dict[str, Any] | None
    files: tuple[Path, ...]
    skipped: tuple[Path, ...]


@dataclass
class _Found:
    """Files by kind: of weights, and of JSON."""

    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)
    jsons: dict[str, dict[str, Any]] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    skipped: list[Path] = field(default_factory=list)

    def add(self, path: Path) -> None:
        if path.suffix.lower() == ".json":
            kind, content = read_json(path)
            self._note(kind, path)
            self.jsons[kind] = content
            return
        name, checkpoint = _read_weights(path)
        if name is None or checkpoint is None:
            self.skipped.append(path)
        else:
            self._note(name, path)
            self.checkpoints[name] = checkpoint

    def _note(self, kind: str, path: Path) -> None:
        if kind in self.paths:
            raise BadCheckpoint(f"{self.paths[kind].name} and {path.name} both are the {kind}; give one of them.")
        self.paths[kind] = path


def recognise(files: Iterable[str | Path]) -> Release:
    """Sort files by their content. Raises BadCheckpoint for an unsafe, unknown, repeated or missing file."""
    found = _Found()
    for path in map(Path, files):
        found.add(path)
    for kind, example in ((LATENT_DIFFUSION, "epoch=000007.ckpt"), (AV_SIM, "av.pth")):
        if kind not in found.checkpoints:
            raise BadCheckpoint(f"The {kind} checkpoint is missing ({example} in the release).")
    if (VOCODER in found.checkpoints) != (VOCODER_JSON in found.jsons):
        raise BadCheckpoint("HiFi-GAN needs two files, its weights and its JSON file; give both or neither.")
    beside = found.paths[LATENT_DIFFUSION].with_name(CONFIGURATION_FILE)
    if CONFIGURATION not in found.jsons and beside.is_file():
        with suppress(BadCheckpoint):  # another program's file
            kind, content = read_json(beside)
            if kind == CONFIGURATION:
                found.jsons[kind], found.paths[kind] = content, beside
    return Release(
        found.checkpoints[LATENT_DIFFUSION],
        found.checkpoints[AV_SIM],
        found.checkpoints.get(VOCODER),
        found.jsons.get(VOCODER_JSON),
        found.jsons.get(CONFIGURATION),
        tuple(found.paths.values()),
        tuple(found.skipped),
    )


def read_json(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the kind of a JSON file of the release, and its content. Raises BadCheckpoint."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise BadCheckpoint(f"The file {path} cannot be read as JSON.") from error
    if is_configuration(content):
        return CONFIGURATION, content
    if isinstance(content, dict) and "upsample_rates" in content:
        return VOCODER_JSON, content
    raise BadCheckpoint(f"The JSON file {path} is not part of the release.")


def _read_weights(path: Path) -> tuple[str | None, Checkpoint | None]:
    """The kind of a checkpoint; None for AV-Sync's files and the text model's, which a dub does not need."""
    content = open_checkpoint(path)
    if isinstance(content.get("generator"), dict):
        return VOCODER, _checkpoint(path, "generator", content)
    entry = "state_dict" if isinstance(content.get("state_dict"), dict) else None
    names = bare_names(content[entry] if entry else content)

    def has(prefix: str) -> bool:
        return any(name.startswith(prefix) for name in names)

    if has("model.diffusion_model."):
        return LATENT_DIFFUSION, _checkpoint(path, entry, content)
    if has("video_model."):
        return AV_SIM, _checkpoint(path, entry, content)
    if has("text_model.") or (entry is None and any(map(has, AV_SYNC.values()))):
        return None, None
    raise BadCheckpoint(f"The file {path} contains no weights of the release.")


def bare_names(weights: dict[str, Any]) -> list[str]:
    """Return the names in a state dict without the prefix that DataParallel adds."""
    return [str(name).removeprefix("module.") for name in weights]


def _checkpoint(path: Path, entry: str | None, content: dict[str, Any]) -> Checkpoint:
    weights = content if entry is None else content[entry]
    check_weights(path, weights)
    return Checkpoint(path, entry, {name: tuple(value.shape) for name, value in weights.items()})


def check_weights(path: Path, weights: dict[str, Any]) -> None:
    """Check that a state dict holds nothing but dense floating-point tensors. Raises BadCheckpoint."""
    for name, value in weights.items():
        plain = isinstance(value, torch.Tensor) and value.layout is torch.strided and value.is_floating_point()
        if not isinstance(name, str) or not plain:
            raise BadCheckpoint(f"The file {path} has an entry among its weights that is not a weight: {name!r}.")
