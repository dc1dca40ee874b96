"""FAISS indexes over the embeddings of a job: sharded files, exact or with inverted lists.

Up to `EXACT_VECTORS` an exact search takes a few milliseconds, so inverted lists would only lose recall. Above, the
vectors are assigned to 4 sqrt(n) lists (Johnson et al., "Billion-scale similarity search with GPUs", 2019), trained
once and shared by all files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from a2s.errors import BankError
from a2s.io import atomic_file, atomic_folder, write_json

EXACT_VECTORS = 200_000
VECTORS_PER_FILE = 1_000_000
TRAINING_PER_LIST = 64
PROBES = 32
"""Lists that a search visits."""

MODALITIES = ("picture", "sound")
MANIFEST = "index.json"


@dataclass(frozen=True)
class IndexPlan:
    """exact_vectors: up to so many, search is exact. per_file: vectors of one file."""

    exact_vectors: int = EXACT_VECTORS
    per_file: int = VECTORS_PER_FILE


@dataclass(frozen=True)
class Neighbour:
    """key: of a clip. score: cosine."""

    key: str
    score: float


def build_index(out: Path, files: Sequence[Path], model_hash: str, plan: IndexPlan = IndexPlan()) -> int:
    """Build the indexes of the vector files, in their order, into the folder `out`, atomically. Returns their vectors.

    One file of vectors and one index file are in memory at a time.
    """
    total = sum(_count(file) for file in files)
    with atomic_folder(out) as part:
        dimension = 0
        for modality in MODALITIES:
            template = _template(files, modality, total, plan)
            for number, (keys, vectors) in enumerate(_chunks(files, modality, plan.per_file)):
                dimension = vectors.shape[1]
                _write_index(part / f"{modality}-{number:05d}.faiss", template, vectors)
                (part / f"keys-{number:05d}.json").write_text(json.dumps(keys), encoding="utf-8")
        values = {
            "vectors": total,
            "dimension": dimension,
            "model_hash": model_hash,
            "kind": "inverted lists" if total > plan.exact_vectors else "exact",
            "files": -(-total // plan.per_file),
        }
        write_json(part / MANIFEST, values)
    return total


class ShardedIndex:
    """The indexes of one modality in a folder that `build_index` wrote. Raises BankError."""

    def __init__(self, folder: Path, modality: str = "sound") -> None:
        import faiss  # keeps the import of this module fast

        try:
            self.about: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            numbers = range(self.about["files"])
            paths = [folder / f"{modality}-{number:05d}.faiss" for number in numbers]
            self.indexes = [faiss.read_index(str(path), faiss.IO_FLAG_MMAP) for path in paths]
            self.keys = [json.loads((folder / f"keys-{number:05d}.json").read_text("utf-8")) for number in numbers]
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise BankError(f"{folder} holds no index of {modality} embeddings: {error}.") from None
        for index in self.indexes:
            if hasattr(index, "nprobe"):
                index.nprobe = PROBES

    def search(self, vector: np.ndarray, k: int = 5) -> list[Neighbour]:
        """The k clips with the highest cosine, best first. vector: (E,) float32 of unit length."""
        found: list[Neighbour] = []
        query = np.ascontiguousarray(vector, np.float32)[None]
        for index, keys in zip(self.indexes, self.keys, strict=True):
            scores, rows = index.search(query, k)
            found += [Neighbour(keys[row], float(score)) for score, row in zip(scores[0], rows[0]) if row >= 0]
        return sorted(found, key=lambda each: (-each.score, each.key))[:k]


def _count(file: Path) -> int:
    with np.load(file, allow_pickle=False) as data:
        return len(data["keys"])


def _chunks(files: Sequence[Path], modality: str, size: int) -> Iterator[tuple[list[str], np.ndarray]]:
    """(keys, vectors) of at most `size` clips; every chunk but the last has that many."""
    keys: list[str] = []
    pieces: list[np.ndarray] = []
    for file in files:
        with np.load(file, allow_pickle=False) as data:
            names, vectors = data["keys"].tolist(), data[modality]
        while len(keys) + len(names) >= size:
            room = size - len(keys)
            yield keys + names[:room], np.concatenate([*pieces, vectors[:room]])
            names, vectors, keys, pieces = names[room:], vectors[room:], [], []
        keys += names
        pieces.append(vectors)
    if keys:
        yield keys, np.concatenate(pieces)


def _template(files: Sequence[Path], modality: str, total: int, plan: IndexPlan) -> bytes | None:
    """An empty index with trained lists, serialised; None for an exact search."""
    if total <= plan.exact_vectors:
        return None
    import faiss

    lists = max(8, round(4 * total**0.5))
    wanted = min(total, TRAINING_PER_LIST * lists)
    every = max(1, total // wanted)
    sample, position = [], 0
    for file in files:
        with np.load(file, allow_pickle=False) as data:
            vectors = data[modality]
        sample.append(vectors[-position % every :: every])
        position += len(vectors)
    training = np.concatenate(sample)
    dimension = training.shape[1]
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1
    index.train(np.ascontiguousarray(training, np.float32))
    return faiss.serialize_index(index).tobytes()


def _write_index(path: Path, template: bytes | None, vectors: np.ndarray) -> None:
    import faiss

    index: Any = faiss.IndexFlatIP(vectors.shape[1])
    if template is not None:
        index = faiss.deserialize_index(np.frombuffer(template, np.uint8))
    index.add(np.ascontiguousarray(vectors, np.float32))
    with atomic_file(path) as part:
        faiss.write_index(index, str(part))
