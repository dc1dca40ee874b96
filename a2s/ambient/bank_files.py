"""The files of an ambient bank, read without trust.

metadata.json     the clips with their levels and checksums, and the model that made the embeddings
clips/ID.flac     mono, 16 bit, 3 to 10 s, all at the sample rate that the metadata state
index.faiss       exact inner product over normalised vectors, one for each clip, in their order; may be missing
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from a2s.ambient import flat_index
from a2s.errors import BankError
from a2s.io import display_name

METADATA, INDEX = "metadata.json", "index.faiss"
VERSION = 1
SAMPLE_RATES = (16_000, 32_000, 44_100, 48_000)
"""Of a bank, in Hz."""
MAX_BYTES = 8 * 1024 * 1024
"""Of one file."""
MAX_DIMENSION = 65_536
"""Of an embedding."""


def read_bank_file(path: Path, name: str, most: int = MAX_BYTES) -> bytes:
    """Read a file of a bank. Raises BankError if it is missing, a link, or larger than `most` bytes."""
    try:
        if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
            raise BankError(f"{name} of the ambient bank is missing.")
        if path.stat().st_size > most:
            raise BankError(f"{name} of the ambient bank is too large: at most {most} bytes are allowed.")
        return path.read_bytes()
    except OSError as fault:
        raise BankError(f"{name} of the ambient bank cannot be read: {fault.strerror}.") from fault


def read_metadata(folder: Path) -> dict[str, Any]:
    """Read `metadata.json`: version, sample_rate, model_hash, embeddings, clips. Raises BankError."""
    if not (folder / METADATA).exists():
        raise BankError(f"{display_name(folder)} is not an ambient bank: it has no {METADATA}.")
    try:
        about = json.loads(read_bank_file(folder / METADATA, METADATA).decode("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise BankError(f"{METADATA} of the ambient bank is not valid JSON.") from fault
    if not isinstance(about, dict) or about.get("version") != VERSION:
        raise BankError(f"{METADATA} of the ambient bank is not of version {VERSION}.")
    rate = about.get("sample_rate")
    if type(rate) is not int or rate not in SAMPLE_RATES:
        raise BankError(f"{METADATA} of the ambient bank must have one of the sample rates {SAMPLE_RATES} in Hz.")
    if not isinstance(about.get("clips"), list) or not about["clips"]:
        raise BankError(f"{METADATA} of the ambient bank lists no clips.")
    model_hash, embeddings = about.setdefault("model_hash", None), about.setdefault("embeddings", None)
    if not isinstance(model_hash, str | None) or not isinstance(embeddings, dict | None):
        raise BankError(f"{METADATA} of the ambient bank does not name the model that made its embeddings.")
    return about


def read_index(folder: Path, embeddings: dict[str, Any] | None, rows: int) -> flat_index.Index | None:
    """Read `index.faiss`; None for a bank without embeddings. embeddings: as in the metadata. Raises BankError."""
    if embeddings is None:
        return None
    dimension = embeddings.get("dimension")
    if type(dimension) is not int or not 1 <= dimension <= MAX_DIMENSION:
        raise BankError(f"{METADATA} of the ambient bank does not state the length of its embeddings.")
    data = read_bank_file(folder / INDEX, INDEX, 512 + 4 * rows * dimension)
    if sha256(data).hexdigest() != embeddings.get("sha256"):
        raise BankError(f"{INDEX} of the ambient bank is damaged: it does not match its checksum.")
    return flat_index.from_bytes(data, rows, dimension)
