"""Change the sample rate of a sound, whole or in pieces, by soxr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

QUALITY = "HQ"
"""20 bits of precision: the error lies 120 dB below full scale, a pass band of 0.91 of the lower Nyquist frequency."""


def at_rate(waveform: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    """(n,) float32 at `sample_rate` Hz as (m,) float32 at `wanted` Hz, m = ceil(n * wanted / sample_rate).

    At equal rates the sound is returned as it is.
    """
    if sample_rate == wanted:
        return waveform
    made = soxr.resample(np.asarray(waveform, np.float32), sample_rate, wanted, quality=QUALITY)
    length = -(-len(waveform) * wanted // sample_rate)
    return np.pad(made, (0, max(0, length - len(made))))[:length]


def resampled(pieces: Iterable[np.ndarray], rate: int, new_rate: int, channels: int) -> Iterator[np.ndarray]:
    """Yield (k, channels) float32 at `new_rate` Hz for pieces of the same width at `rate` Hz.

    Sample 0 stays at time 0, and the whole has the same length in seconds, up to one sample.
    """
    if rate == new_rate:
        yield from (np.asarray(piece, np.float32) for piece in pieces)
        return
    stream = soxr.ResampleStream(rate, new_rate, channels, dtype="float32", quality=QUALITY)
    for piece in pieces:
        yield _wide(stream.resample_chunk(np.ascontiguousarray(piece, np.float32)), channels)
    yield _wide(stream.resample_chunk(np.zeros((0, channels), np.float32), last=True), channels)


def of_length(pieces: Iterable[np.ndarray], samples: int, channels: int, block: int) -> Iterator[np.ndarray]:
    """Yield blocks (block, channels) float32 of the pieces, `samples` in all: cut, or completed with silence.

    The last block may be shorter.
    """
    supply, held, count = iter(pieces), [np.zeros((0, channels), np.float32)], 0
    while samples > 0:
        size = min(block, samples)
        while count < size:
            piece = next(supply, None)
            held.append(np.zeros((size - count, channels), np.float32) if piece is None else piece)
            count += len(held[-1])
        whole = np.concatenate(held)
        yield whole[:size]
        held, count, samples = [whole[size:]], count - size, samples - size


def sliced(waveform: np.ndarray, block: int, channels: int) -> Iterator[np.ndarray]:
    """Yield (n,) or (n, channels) in blocks (block, channels) float32. One channel goes to all of them equally."""
    for first in range(0, len(waveform), block):
        piece = np.asarray(waveform[first : first + block], np.float32)
        yield np.repeat(piece[:, None], channels, axis=1) if piece.ndim == 1 else piece


def _wide(piece: np.ndarray, channels: int) -> np.ndarray:
    return piece.reshape(-1, channels)
