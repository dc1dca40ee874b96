"""Models by name or folder. A model is a diffusers folder: `model_index.json`, a subfolder a component, safetensors."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from a2s.errors import BadSettings, CannotWrite, WeightsMissing
from a2s.io import sha256_of
from a2s.resources import checkpoint_folder
from a2s.settings import GUIDANCE_SCALE, STEPS

INDEX = "model_index.json"
CHECKSUMS = "checksums.json"
DTYPES = ("float32", "float16")
ORIGIN = "origin.json"
"""Of an imported model: what it was made of, and whose vocoder it has."""


@dataclass(frozen=True)
class Model:
    """A model that a2s knows by name.

    missing: what a creator does when its folder isn't there. repository: on the Hugging Face Hub, from where its files
    are fetched; None for one that comes along.
    """

    name: str
    about: str
    missing: str
    repository: str | None = None

    @property
    def folder(self) -> Path:
        return checkpoint_folder(self.name)


MODELS = {
    model.name: model
    for model in (
        Model(
            "compact",
            "our own small model, runs on a laptop processor",
            "It comes with the project; fetch the folder checkpoints/compact again.",
        ),
        Model(
            "official",
            "the Action2Sound weights",
            "`python -m a2s weights fetch official` brings it (5 GB, needs the internet), `weights import` makes it of"
            " the authors' files; --model compact is here without either.",
            "amibaid/action2sound",
        ),
    )
}


@dataclass(frozen=True)
class Verified:
    """A model folder that was found whole. compared: whether it had checksums to be held against."""

    folder: Path
    files: int
    bytes: int
    checksum: str
    compared: bool


def resolve_model(model: str | Path = "compact") -> Path:
    """The folder of a model given by name or as a folder. Raises WeightsMissing that says what to do."""
    known = MODELS.get(str(model))
    folder = known.folder if known else Path(model)
    if (folder / INDEX).is_file():
        return folder
    if known:
        raise WeightsMissing(f"The model {known.name} is not at {folder}. {known.missing}")
    if folder.is_dir():
        raise WeightsMissing(f"The folder {folder} holds no model: {INDEX} is not in it.")
    raise WeightsMissing(f"There is no model {str(model)!r}: give {' or '.join(MODELS)}, or a folder that holds one.")


@lru_cache(maxsize=4)  # the two that are known and two beside them: a page that offers them must not load by turns
def _load(folder: Path):
    from diffusers.utils import logging

    from a2s.pipelines import AVLDMPipeline
    from a2s.pipelines.devices import place

    logging.disable_progress_bar()  # it would draw over our own
    check_files(folder)
    try:
        pipe = AVLDMPipeline.from_pretrained(folder)
        pipe.set_progress_bar_config(disable=True)
        return place(pipe)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsMissing(
            f"The model at {folder} does not load; `weights verify` says which file ({reason})."
        ) from error


def load_model(model="compact"):
    """An AVLDMPipeline, loaded once per folder and shared read-only; a pipeline object is passed through."""
    if model is None or isinstance(model, (str, Path)):
        return _load(resolve_model(model or "compact").resolve())
    return model


def model_folder(pipe) -> Path | None:
    """Where a pipeline was loaded from; None for one that was made in memory."""
    return pipe.folder if pipe is not None else None


def sampler_of(model: str | Path) -> tuple[int, float]:
    """(steps, guidance_scale) that suit a model, as its index says. Raises WeightsMissing."""
    folder = resolve_model(model)
    try:
        index = json.loads((folder / INDEX).read_text())
        return int(index.get("steps", STEPS)), float(index.get("guidance_scale", GUIDANCE_SCALE))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise WeightsMissing(f"The file {folder / INDEX} is damaged.") from error


def uses_cues_of(model: str | Path) -> bool:
    """Whether cues shape a model's sound, as its conditioner's configuration says. Raises WeightsMissing."""
    path = resolve_model(model) / "conditioner" / "config.json"
    try:
        about = json.loads(path.read_text())
        return about.get("_class_name") != "OfficialConditioner" and bool(about.get("cues", True))
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsMissing(f"The file {path} is damaged.") from error


def model_files(folder: Path) -> list[Path]:
    """What makes the model: configurations and weights, in a fixed order. A bank made with it is none of it."""
    found = (path for path in Path(folder).rglob("*") if path.suffix in (".json", ".safetensors"))
    return sorted(p for p in found if p.name != CHECKSUMS and p.relative_to(folder).parts[0] != "ambient")


def fingerprint(folder: str | Path) -> str:
    """One sha256 for a whole model: over the names and digests of its files."""
    return _together(_digests(Path(folder)))


def write_checksums(folder: str | Path) -> Path:
    """Write `checksums.json`, which `verify` holds the files against. Raises CannotWrite."""
    folder = resolve_model(Path(folder))
    target = folder / CHECKSUMS
    part = target.with_name(CHECKSUMS + ".part")
    try:
        part.write_text(json.dumps(_digests(folder), indent=1) + "\n")
        os.replace(part, target)
    except OSError as error:
        raise CannotWrite(f"The checksums cannot be written to {target}.") from error
    return target


def check_import(out: Path, dtype: str) -> None:
    """Before any work: a model may be stored as `dtype`, and `out` is not there or empty. BadSettings, CannotWrite."""
    if dtype not in DTYPES:
        raise BadSettings(f"--dtype must be {' or '.join(DTYPES)}, not {dtype!r}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CannotWrite(f"{out} is there already; remove it or choose another folder.")


def write_origin(folder: Path, facts: dict) -> Path:
    """Write what `origin_of` returns."""
    path = folder / ORIGIN
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path


def origin_of(model: str | Path) -> dict:
    """What an imported model was made of; empty for one that was trained here.

    model: what it is. vocoder: "authors", or "compact" where ours stands in. dtype. repository, commit, licence: None
    where unknown. sources: file, bytes and sha256 of each. Raises WeightsMissing.
    """
    path = resolve_model(model) / ORIGIN
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsMissing(f"The file {path} is damaged.") from error


def vocoder_note(model: str | Path) -> str:
    """A sentence for creators where another model's vocoder stands in; empty where there is nothing to say."""
    if origin_of(model).get("vocoder") != "compact":
        return ""
    return "Its authors' vocoder was not among their files: the compact model's takes its place."


def verify(model: str | Path) -> Verified:
    """Check that the model is whole, as `check_files` does, and every file what its checksum says.

    Raises WeightsMissing that names the first fault.
    """
    folder = resolve_model(model)
    files = check_files(folder)
    digests, compared = _digests(folder), (folder / CHECKSUMS).is_file()
    if compared:
        _compare(folder, digests)
    return Verified(folder, len(files), sum(path.stat().st_size for path in files), _together(digests), compared)


def check_files(folder: Path) -> list[Path]:
    """The model's files: every component there, every JSON and safetensors file whole. Reads no weights.

    Raises WeightsMissing that names the first fault.
    """
    for component in _components(folder):
        if not (folder / component).is_dir():
            raise WeightsMissing(f"The model at {folder} is incomplete: {component} is missing.")
        if (folder / component / "config.json").is_file() and not any((folder / component).glob("*.safetensors")):
            raise WeightsMissing(f"The model at {folder} is incomplete: the weights of {component} are missing.")
    files = model_files(folder)
    weights = [path for path in files if path.suffix == ".safetensors"]
    if not weights:
        raise WeightsMissing(f"The model at {folder} has no weights.")
    for path in files:
        _check_safetensors(path) if path in weights else _check_json(path)
    return files


def _check_json(path: Path) -> None:
    """A JSON object, and where it says which files hold the weights, those are there."""
    try:
        about = json.loads(path.read_text("utf-8"))
        shards = set(about.get("weight_map", {}).values())
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise WeightsMissing(f"The file {path} is damaged.") from error
    for shard in sorted(map(str, shards)):
        if not path.with_name(Path(shard).name).is_file():
            raise WeightsMissing(f"The weights {path.with_name(Path(shard).name)} are missing.")


def _components(folder: Path) -> list[str]:
    """Subfolders that the index names: entries [library, class], unless both are null."""
    try:
        index = json.loads((folder / INDEX).read_text())
        return [name for name, entry in index.items() if isinstance(entry, list) and entry[0] is not None]
    except (OSError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise WeightsMissing(f"The file {folder / INDEX} is damaged.") from error


def _check_safetensors(path: Path) -> None:
    """Hold the file's size against its header: 8 bytes of length, JSON, then the tensors without gaps."""
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > 100_000_000:
                raise ValueError("header too long")
            header = json.loads(file.read(length))
        end = max((entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"), default=0)
        whole = path.stat().st_size == 8 + length + end
    except (OSError, ValueError, struct.error, AttributeError, KeyError, TypeError, IndexError, RecursionError):
        whole = False
    if not whole:
        raise WeightsMissing(f"The weights {path} are damaged or cut short.")


def _compare(folder: Path, digests: dict[str, str]) -> None:
    try:
        expected = json.loads((folder / CHECKSUMS).read_text())
        names = sorted(set(expected) | set(digests))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsMissing(f"The file {folder / CHECKSUMS} is damaged.") from error
    for name in names:
        if name not in digests:
            raise WeightsMissing(f"The model at {folder} is incomplete: {name} is missing.")
        if digests[name] != expected.get(name):
            raise WeightsMissing(f"The file {folder / name} is not what its checksum says.")


def _digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in model_files(folder)}


def _together(digests: dict[str, str]) -> str:
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
