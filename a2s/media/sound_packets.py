"""The sound of a dub as AAC packets, exactly as long as the picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import repeat

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet

SOUND_RATE, SOUND_BITS, SOUND_FRAME = 48_000, 192_000, 1024
"""AAC, stereo, 48 kHz, in Hz, bit/s and samples: every browser and editor reads it."""


def sound_packets(
    waveform: np.ndarray, sample_rate: int, seconds: float, stream: AudioStream, edit_lists: bool
) -> Iterator[Packet]:
    """Yield AAC packets of exactly `seconds`, the waveform in both channels.

    AAC comes in frames of 1024 samples. Every player honours an edit list at the start (AAC's priming samples need it),
    but not at the end. So the last frame ends with the picture, and the silence that completes the frames precedes
    time 0. A container without edit lists starts at 0 and gets the silence at the end.
    """
    total = round(seconds * SOUND_RATE)
    run_up = -total % SOUND_FRAME if edit_lists else 0
    for time, block in enumerate(sound_blocks(waveform, sample_rate, run_up, total)):
        frame = av.AudioFrame.from_ndarray(np.repeat(block[None], 2, axis=0), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
        frame.pts = time * SOUND_FRAME - run_up
        yield from stream.encode(frame)
    yield from stream.encode(None)


def sound_blocks(waveform: np.ndarray, sample_rate: int, run_up: int, total: int) -> Iterator[np.ndarray]:
    """Yield frames of 1024 samples at 48 kHz: `run_up` of silence, then `total`: the waveform, then silence."""
    waveform = np.clip(np.nan_to_num(np.asarray(waveform, np.float32)), -1, 1)

    def pieces() -> Iterator[np.ndarray]:
        yield np.zeros(run_up, np.float32)
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE)
        for first in range(0, len(waveform), sample_rate):  # second by second, to bound the memory
            second = waveform[None, first : first + sample_rate]
            frame = av.AudioFrame.from_ndarray(second, format="fltp", layout="mono")
            frame.sample_rate, frame.time_base = sample_rate, Fraction(1, sample_rate)
            yield from (piece.to_ndarray()[0] for piece in resampler.resample(frame))
        yield from (piece.to_ndarray()[0] for piece in (resampler.resample(None) if len(waveform) else ()))
        yield from repeat(np.zeros(SOUND_FRAME, np.float32))

    supply, held = pieces(), np.zeros(0, np.float32)
    for _ in range(-(-(run_up + total) // SOUND_FRAME)):
        while len(held) < SOUND_FRAME:
            held = np.concatenate([held, next(supply)])
        yield held[:SOUND_FRAME]
        held = held[SOUND_FRAME:]
