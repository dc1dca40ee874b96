"""The authors' checkpoints to a model folder: checked whole, then written half a gigabyte at a time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from a2s.errors import BadCheckpoint, CannotWrite
from a2s.weights.card import write_card
from a2s.weights.hifigan_json import hifigan_config
from a2s.weights.plan import SCHEDULE, Origin, av_target, check_schedule, latent_target, plan, vocoder_target
from a2s.weights.registry import check_import, resolve_model, sha256_of, write_checksums, write_origin
from a2s.weights.release import Checkpoint, Release, recognise
from a2s.weights.sizes import empty_parts

SHARD = "500MB"
ROOM_TO_SPARE = 50_000_000


def import_release(
    files: Iterable[str | Path],
    out: str | Path,
    dtype: str = "float32",
    *,
    origin: dict | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Path:
    """Make a model folder of the authors' files, which are known by their content. Returns the folder.

    files: the latent diffusion checkpoint and AV-Sim's; HiFi-GAN's weights and json if they are there: without, the
    compact model's vocoder takes their place. Others of the release are left out. dtype: float32 or float16. origin:
    repository, commit and licence, for the card. tell(text): hears what is being done. Nothing is written before every
    weight is accounted for, and `out` is there whole or not at all. Raises BadCheckpoint, BadSettings, CannotWrite;
    WeightsMissing if the compact model would be needed and isn't here.
    """
    out = Path(out).resolve()
    check_import(out, dtype)
    stored = getattr(torch, dtype)
    release = recognise(files)
    for path in release.left_out:
        tell(f"{path.name}: of the release, but not needed for a dub; left out")
    parts, sources = _assign(release)
    need = sum(_bytes(module, stored) for name, module in parts.items() if name in sources)
    part = out.with_name(out.name + ".part")
    try:
        _make_room(part, need)
        for name, (checkpoint, origins) in sources.items():
            tell(f"{name}: {len(origins)} weights from {checkpoint.path.name}")
            write_component(part / name, parts[name], checkpoint, origins, stored)
        _write_rest(part, parts, release, dtype, origin or {}, tell)
        if out.exists():
            out.rmdir()
        os.replace(part, out)
    except (OSError, SafetensorError) as error:
        raise CannotWrite(f"The model cannot be written to {out} ({error}).") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out


def _assign(release: Release) -> tuple[dict[str, nn.Module], dict[str, tuple[Checkpoint, dict[str, Origin]]]]:
    """The components, without weights, and where each takes them from."""
    from a2s.models import Vocoder
    from a2s.pipelines.official_size import official_solver

    parts = empty_parts(release.sizes)
    given = [
        (release.latent, latent_target, ("unet", "vae", "conditioner"), SCHEDULE),
        (release.av, av_target, ("av_sim",), ()),
    ]
    if release.vocoder:
        from a2s.models.official import HiFiGAN

        with torch.device("meta"):
            parts["vocoder"] = HiFiGAN(**hifigan_config(release.vocoder_config))
        given.append((release.vocoder, vocoder_target, ("vocoder",), ()))
    else:
        parts["vocoder"] = Vocoder.from_pretrained(_own_vocoder())
    sources = {}
    for checkpoint, target, names, beside in given:
        found = plan(checkpoint, target, {name: parts[name] for name in names}, beside)
        sources |= {name: (checkpoint, origins) for name, origins in found.items()}
    check_schedule(release.latent, official_solver().alphas_cumprod)
    return parts, sources


def _own_vocoder() -> Path:
    """The compact model's, made for the same mel pictures."""
    return resolve_model("compact") / "vocoder"


def _bytes(module: nn.Module, dtype: torch.dtype) -> int:
    return sum(value.numel() for value in module.state_dict().values()) * dtype.itemsize


def _make_room(part: Path, need: int) -> None:
    """Begin an empty folder beside the model's place, on a disk that can hold it."""
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(part.parent).free
    if free < need + ROOM_TO_SPARE:
        raise CannotWrite(f"{part.parent} has {free / 1e9:.1f} GB free; the model needs {need / 1e9:.1f} GB.")
    part.mkdir()


def write_component(
    folder: Path, module: nn.Module, checkpoint: Checkpoint, origins: dict[str, Origin], dtype: torch.dtype
) -> None:
    """Write a component's config and weights, one shard in memory at a time.

    The checkpoint is opened anew for each shard, because what was read through a memory map stays resident until it is
    closed.
    """
    from huggingface_hub import split_torch_state_dict_into_shards

    module.save_config(folder)
    empty = {name: value.to(dtype) for name, value in module.state_dict().items()}
    pattern = "diffusion_pytorch_model{suffix}.safetensors"
    split = split_torch_state_dict_into_shards(empty, filename_pattern=pattern, max_shard_size=SHARD)
    for filename, names in split.filename_to_tensors.items():
        tensors = checkpoint.tensors()
        shard = {name: _converted(origins[name], tensors, empty[name], checkpoint) for name in names}
        save_file(shard, folder / filename, metadata={"format": "pt"})
        (folder / filename).chmod((folder / "config.json").stat().st_mode)  # safetensors leaves it to its maker alone
        del tensors, shard
    if split.is_sharded:
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def _converted(origin: Origin, tensors: dict, empty: torch.Tensor, checkpoint: Checkpoint) -> torch.Tensor:
    weight = origin.read(tensors, tuple(empty.shape))
    made = weight.to(empty.dtype).contiguous()
    if not made.isfinite().all():
        if weight.isfinite().all():
            raise BadCheckpoint(f"{origin.name} of {checkpoint.path.name} is too large for float16; take float32.")
        raise BadCheckpoint(f"{origin.name} of {checkpoint.path.name} holds what is no number.")
    return made


def _write_rest(
    part: Path, parts: dict[str, nn.Module], release: Release, dtype: str, origin: dict, tell: Callable[[str], None]
) -> None:
    """Index, scheduler, our vocoder where it stands in, where all came from, checksums, card."""
    from a2s.pipelines.official_size import official_pipeline

    networks = {name: module for name, module in parts.items() if name != "vocoder"}
    pipe = official_pipeline(networks, parts["vocoder"])
    pipe.scheduler.save_pretrained(part / "scheduler")
    pipe.save_config(part)
    if release.vocoder is None:
        tell("vocoder: no HiFi-GAN was given; the compact model's takes its place")
        shutil.copytree(_own_vocoder(), part / "vocoder")
    tell("checksums")
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
