"""Convert the authors' checkpoints to a model folder: everything is checked first, then written shard by shard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from a2s.errors import BadCheckpoint, CannotWrite
from a2s.io import atomic_folder, sha256_of
from a2s.weights.card import write_card
from a2s.weights.catalogue import resolve_model
from a2s.weights.configuration import empty_components
from a2s.weights.hifigan_json import hifigan_config
from a2s.weights.origin import write_origin
from a2s.weights.plan import (
    SCHEDULE,
    Plan,
    Source,
    av_sim_target,
    check_schedule,
    latent_diffusion_target,
    plan_weights,
    vocoder_target,
)
from a2s.weights.release import Checkpoint, Release, recognise
from a2s.weights.target import check_space, check_target
from a2s.weights.verification import write_checksums

SHARD = "500MB"
"""Largest weights file. One shard at a time is in memory."""
SPARE_BYTES = 50_000_000

OnMessage = Callable[[str], None]
Component = tuple[Checkpoint, dict[str, Source]]
"""The checkpoint of a component, and for each of its weights where it is in there."""


def import_release(
    files: Iterable[str | Path],
    out: str | Path,
    dtype: str = "float32",
    *,
    origin: dict[str, Any] | None = None,
    on_message: OnMessage = lambda text: None,
) -> Path:
    """Make a model folder from the authors' files, which are recognised by their content. Returns the folder.

    files: the latent diffusion checkpoint and AV-Sim's; HiFi-GAN's weights and JSON file if available, else the vocoder
    of the compact model replaces it. Other files of the release are skipped. dtype: float32 or float16. origin:
    repository, commit and licence, for the model card. on_message: receives progress. Nothing is written before every
    weight is assigned, and `out` is complete or absent. Raises BadCheckpoint, BadSettings, CannotWrite; WeightsMissing
    if the compact model is needed and missing.
    """
    out = Path(out).resolve()
    check_target(out, dtype)
    stored = getattr(torch, dtype)
    release = recognise(files)
    for path in release.skipped:
        on_message(f"{path.name}: part of the release, but not needed to dub; skipped")
    modules, components = _assign(release)
    needed = sum(_bytes(module, stored) for name, module in modules.items() if name in components)
    check_space(out.parent, needed + SPARE_BYTES, "the model")
    try:
        with atomic_folder(out) as part:
            for name, (checkpoint, sources) in components.items():
                on_message(f"{name}: {len(sources)} weights from {checkpoint.path.name}")
                write_component(part / name, modules[name], checkpoint, sources, stored)
            _write_rest(part, modules, release, dtype, origin or {}, on_message)
    except SafetensorError as error:
        raise CannotWrite(f"The model cannot be written to {out} ({error}).") from error
    return out


def _assign(release: Release) -> tuple[dict[str, nn.Module], dict[str, Component]]:
    """Return the components without weights, and where each finds its weights."""
    from a2s.models import Vocoder
    from a2s.models.official import HiFiGAN
    from a2s.pipelines.official_size import official_solver

    modules = empty_components(release.configuration)

    def planned(checkpoint: Checkpoint, found: Plan) -> dict[str, Component]:
        return {name: (checkpoint, sources) for name, sources in found.items()}

    def only(*names: str) -> dict[str, nn.Module]:
        return {name: modules[name] for name in names}

    latent, av_sim = release.latent_diffusion, release.av_sim
    wanted = only("unet", "vae", "conditioner")
    components = planned(latent, plan_weights(latent, latent_diffusion_target, wanted, SCHEDULE))
    components |= planned(av_sim, plan_weights(av_sim, av_sim_target, only("av_sim")))
    if release.vocoder and release.vocoder_config:
        with torch.device("meta"):
            modules["vocoder"] = HiFiGAN(**hifigan_config(release.vocoder_config))
        components |= planned(release.vocoder, plan_weights(release.vocoder, vocoder_target, only("vocoder")))
    else:
        modules["vocoder"] = Vocoder.from_pretrained(_compact_vocoder())
    check_schedule(latent, official_solver().alphas_cumprod)
    return modules, components


def _compact_vocoder() -> Path:
    """Folder of the compact model's vocoder, which was trained on mel pictures with the same specification."""
    return resolve_model("compact") / "vocoder"


def _bytes(module: nn.Module, dtype: torch.dtype) -> int:
    return sum(value.numel() for value in module.state_dict().values()) * dtype.itemsize


def write_component(
    folder: Path, module: nn.Module, checkpoint: Checkpoint, sources: dict[str, Source], dtype: torch.dtype
) -> None:
    """Write a component's configuration and weights, one shard in memory at a time.

    The checkpoint is opened again for each shard, because pages of a memory map stay in memory until it is closed.
    """
    from huggingface_hub import split_torch_state_dict_into_shards

    cast(Any, module).save_config(folder)  # of every diffusers model
    empty = {name: value.to(dtype) for name, value in module.state_dict().items()}
    pattern = "diffusion_pytorch_model{suffix}.safetensors"
    split = split_torch_state_dict_into_shards(empty, filename_pattern=pattern, max_shard_size=SHARD)
    for filename, names in split.filename_to_tensors.items():
        tensors = checkpoint.tensors()
        shard = {name: _converted(sources[name], tensors, empty[name], checkpoint) for name in names}
        save_file(shard, folder / filename, metadata={"format": "pt"})
        (folder / filename).chmod((folder / "config.json").stat().st_mode)  # safetensors makes it private
        del tensors, shard
    if split.is_sharded:
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def _converted(
    source: Source, tensors: dict[str, torch.Tensor], empty: torch.Tensor, checkpoint: Checkpoint
) -> torch.Tensor:
    weight = source.read(tensors, tuple(empty.shape))
    converted = weight.to(empty.dtype).contiguous()
    if not converted.isfinite().all():
        if weight.isfinite().all():
            raise BadCheckpoint(f"{source.name} of {checkpoint.path.name} is too large for float16; use float32.")
        raise BadCheckpoint(f"{source.name} of {checkpoint.path.name} has values that are not finite numbers.")
    return converted


def _write_rest(
    part: Path,
    modules: dict[str, nn.Module],
    release: Release,
    dtype: str,
    origin: dict[str, Any],
    on_message: OnMessage,
) -> None:
    """Write the index, the scheduler, the compact vocoder if it replaces the authors', origin, checksums and card."""
    from a2s.pipelines.official_size import official_pipeline

    networks = {name: module for name, module in modules.items() if name != "vocoder"}
    pipe = official_pipeline(networks, modules["vocoder"])
    pipe.scheduler.save_pretrained(part / "scheduler")
    pipe.save_config(part)
    if release.vocoder is None:
        on_message("vocoder: no HiFi-GAN among the files; the vocoder of the compact model replaces it")
        shutil.copytree(_compact_vocoder(), part / "vocoder")
    on_message("checksums")
    sources = [{"file": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in release.files]
    facts = {
        "model": "Action2Sound AV-LDM, imported from its authors' files",
        "vocoder": "authors" if release.vocoder else "compact",
        "dtype": dtype,
        **{name: origin.get(name) for name in ("repository", "commit", "licence")},
        "sources": sources,
    }
    write_origin(part, facts)
    write_checksums(part)
    write_card(part, facts)
