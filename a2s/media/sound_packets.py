"""The sound of a dub as AAC packets, exactly as long as the picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet

from a2s.audio.resampling import of_length
from a2s.media.soundtrack import Soundtrack, mixed
from a2s.settings import DELIVERY, Limits

SOUND_FRAME = 1024
"""Samples of an AAC frame."""


def sound_packets(
    soundtrack: Soundtrack, seconds: float, stream: AudioStream, edit_lists: bool, limits: Limits
) -> Iterator[Packet]:
    """Yield AAC packets of exactly `seconds`.

    AAC comes in frames of 1024 samples. Every player honours an edit list at the start (AAC's priming samples need it),
    but not at the end. So the last frame ends with the picture, and the silence that completes the frames precedes
    time 0. A container without edit lists starts at 0 and gets the silence at the end.
    """
    total, rate, channels = DELIVERY.samples(seconds), DELIVERY.sample_rate, DELIVERY.channels
    run_up = -total % SOUND_FRAME if edit_lists else 0
    whole = -(-(run_up + total) // SOUND_FRAME) * SOUND_FRAME
    blocks = (block.mix for block in mixed(soundtrack, seconds, limits))
    pieces = chain([np.zeros((run_up, channels), np.float32)], blocks)
    for number, piece in enumerate(of_length(pieces, whole, channels, SOUND_FRAME)):
        planes = np.ascontiguousarray(np.clip(piece, -1, 1).T)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = number * SOUND_FRAME - run_up
        yield from stream.encode(frame)
    yield from stream.encode(None)
