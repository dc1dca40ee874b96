"""Exact inner-product search over normalised vectors: a FAISS IndexFlatIP and its file form."""

from __future__ import annotations

import struct

import numpy as np

from a2s.errors import BankError


def normalised(embeddings: np.ndarray, what: str) -> np.ndarray:
    """(..., E) float32 of length 1. Raises BankError where a vector is zero or not made of numbers."""
    vectors = np.asarray(embeddings, np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if vectors.ndim not in (1, 2) or not vectors.size or not np.isfinite(length).all() or (length < 1e-8).any():
        raise BankError(f"{what} has an embedding that is empty or not made of finite numbers.")
    return vectors / length


def to_bytes(vectors: np.ndarray) -> bytes:
    """(C, E) normalised float32 as the file of an IndexFlatIP."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    return faiss.serialize_index(index).tobytes()


def from_bytes(data: bytes, rows: int, dimension: int):
    """The index of `rows` vectors. Raises BankError unless the file is exactly that.

    FAISS trusts what it reads, so the fixed layout of a flat index (type, dimension, count, ..., payload) is compared
    before.
    """
    import faiss

    payload = rows * dimension
    header = struct.Struct("<4siqqq?iQ")
    fields = header.unpack_from(data) if len(data) == header.size + 4 * payload else (None,)
    if (*fields[:3], *fields[-2:]) != (b"IxFI", dimension, rows, 0, payload):
        raise BankError(f"index.faiss of the ambient bank is no flat inner-product index of {rows} x {dimension}.")
    normalised(np.frombuffer(data, np.float32, offset=header.size).reshape(rows, dimension), "index.faiss")
    return faiss.deserialize_index(np.frombuffer(data, np.uint8))


def vectors_of(index) -> np.ndarray:
    """(C, E) float32, the vectors of a flat index."""
    return index.reconstruct_n(0, index.ntotal)
