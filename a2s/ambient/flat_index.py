"""Exact inner-product search over normalised vectors: a FAISS IndexFlatIP and its file."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from a2s.errors import BankError

Index = Any
"""A `faiss.IndexFlatIP`. faiss has no type hints, and its import takes a third of a second."""


def normalised(embeddings: np.ndarray, what: str) -> np.ndarray:
    """Return (..., E) float32 of unit length. Raises BankError, which names `what`, for zero or non-finite vectors."""
    vectors = np.asarray(embeddings, np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if vectors.ndim not in (1, 2) or not vectors.size or not np.isfinite(length).all() or (length < 1e-8).any():
        raise BankError(f"{what} has an embedding that is empty, zero or not finite.")
    return vectors / length


def to_bytes(vectors: np.ndarray) -> bytes:
    """Return (C, E) normalised float32 as the file of an IndexFlatIP."""
    import faiss  # keeps `import a2s` fast

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    return faiss.serialize_index(index).tobytes()


def from_bytes(data: bytes, rows: int, dimension: int) -> Index:
    """Return the index in a file. Raises BankError unless it has `rows` vectors of length `dimension`.

    FAISS does not check what it reads, so the header of a flat index (type, dimension, count, ..., payload) is compared
    first.
    """
    import faiss  # keeps `import a2s` fast

    payload = rows * dimension
    header = struct.Struct("<4siqqq?iQ")
    fields = header.unpack_from(data) if len(data) == header.size + 4 * payload else (None,)
    if (*fields[:3], *fields[-2:]) != (b"IxFI", dimension, rows, 0, payload):
        raise BankError(f"index.faiss of the ambient bank is not a flat inner-product index of {rows} x {dimension}.")
    normalised(np.frombuffer(data, np.float32, offset=header.size).reshape(rows, dimension), "index.faiss")
    return faiss.deserialize_index(np.frombuffer(data, np.uint8))


def index_of(vectors: np.ndarray) -> Index:
    """Return the index of (C, E) normalised float32."""
    return from_bytes(to_bytes(vectors), *vectors.shape)


def vectors_of(index: Index) -> np.ndarray:
    """Return the vectors of an index, (C, E) float32."""
    return index.reconstruct_n(0, index.ntotal)
