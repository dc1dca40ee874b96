"""Check that a model's files are complete and unchanged."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path

from a2s.errors import WeightsMissing
from a2s.io import sha256_of, write_json
from a2s.weights.catalogue import read_index, resolve_model

CHECKSUMS = "checksums.json"
MAX_HEADER = 100_000_000
"""Bytes of a safetensors header, above which the file is damaged."""


@dataclass(frozen=True)
class Verified:
    """A model folder that passed. compared: whether it has checksums; checksum: one sha256 of the whole model."""

    folder: Path
    files: int
    bytes: int
    checksum: str
    compared: bool


def verify(model: str | Path) -> Verified:
    """Check that a model is complete (`check_files`) and that each file matches its checksum.

    Raises WeightsMissing that names the first fault.
    """
    folder = resolve_model(model)
    files = check_files(folder)
    digests, compared = _digests(folder), (folder / CHECKSUMS).is_file()
    if compared:
        _compare(folder, digests)
    size = sum(path.stat().st_size for path in files)
    return Verified(folder, len(files), size, _combined(digests), compared)


def check_files(folder: Path) -> list[Path]:
    """Return the model's files: every component exists, every JSON and safetensors file is complete.

    Reads no weights, only headers. Raises WeightsMissing that names the first fault.
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
        if path.suffix == ".safetensors":
            _check_safetensors(path)
        else:
            _check_json(path)
    return files


def model_files(folder: Path) -> list[Path]:
    """Return configurations and weights in a fixed order. An ambient bank in the folder is not part of the model."""
    found = (path for path in Path(folder).rglob("*") if path.suffix in (".json", ".safetensors"))
    return sorted(p for p in found if p.name != CHECKSUMS and p.relative_to(folder).parts[0] != "ambient")


def fingerprint(folder: str | Path) -> str:
    """Return one sha256 for a whole model, over the names and digests of its files."""
    return _combined(_digests(Path(folder)))


def write_checksums(folder: str | Path) -> Path:
    """Write `checksums.json`, which `verify` compares with. Raises CannotWrite."""
    folder = resolve_model(Path(folder))
    target = folder / CHECKSUMS
    write_json(target, _digests(folder))
    return target


def _components(folder: Path) -> list[str]:
    """Subfolders that the index names: entries [library, class], unless both are null."""
    index = read_index(folder)
    return [name for name, entry in index.items() if isinstance(entry, list) and entry and entry[0] is not None]


def _check_json(path: Path) -> None:
    """A JSON object; if it maps weights to files, those exist."""
    try:
        about = json.loads(path.read_text("utf-8"))
        shards = set(about.get("weight_map", {}).values())
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise WeightsMissing(f"The file {path} is damaged.") from error
    for shard in sorted(map(str, shards)):
        if not path.with_name(Path(shard).name).is_file():
            raise WeightsMissing(f"The weights {path.with_name(Path(shard).name)} are missing.")


def _check_safetensors(path: Path) -> None:
    """Compare the file's size with its header: 8 bytes of length, JSON, then the tensors without gaps."""
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > MAX_HEADER:
                raise ValueError("header too long")
            header = json.loads(file.read(length))
        end = max((entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"), default=0)
        complete = path.stat().st_size == 8 + length + end
    except (OSError, ValueError, struct.error, AttributeError, KeyError, TypeError, IndexError, RecursionError):
        complete = False
    if not complete:
        raise WeightsMissing(f"The weights {path} are damaged or truncated.")


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
            raise WeightsMissing(f"The file {folder / name} does not match its checksum.")


def _digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in model_files(folder)}


def _combined(digests: dict[str, str]) -> str:
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
