"""Three seconds out of a long recording: where it is quietest, and where it is most itself.

The paper conditions a dub on 3 s of ambience (section 3.4); a recording of minutes holds passages that are none.
"""

from __future__ import annotations

import numpy as np

from a2s.settings import AUDIO

SECONDS = AUDIO.window_seconds
BANDS = ((0, 250), (250, 500), (500, 1000), (1000, 2000), (2000, 4000), (4000, 8000))
"""Hz; octave bands whose levels say what a passage sounds like."""

STEP = 0.1
"""Seconds between two places where a cut may begin."""

_FLOOR = 1e-12


def quietest(waveform: np.ndarray, sample_rate: int = AUDIO.sample_rate) -> slice:
    """Where (n,) float has its 3 s of least power, as a slice; everything where it is shorter."""
    starts, power = _powers(waveform, sample_rate)
    return _cut(starts[np.argmin(power.sum(1))], len(waveform), sample_rate)


def typical(waveform: np.ndarray, sample_rate: int = AUDIO.sample_rate) -> slice:
    """Where (n,) float is most like itself, as a slice of 3 s: octave levels nearest to their medians, in dB."""
    starts, power = _powers(waveform, sample_rate)
    level = 10 * np.log10(power + _FLOOR)
    away = np.abs(level - np.median(level, axis=0)).sum(1)
    return _cut(starts[np.argmin(away)], len(waveform), sample_rate)


def cuts(waveform: np.ndarray, sample_rate: int = AUDIO.sample_rate) -> dict[str, slice]:
    """{"quietest", "typical"} of a recording; "typical" alone where the two share more than half, or it is short."""
    calm, usual = quietest(waveform, sample_rate), typical(waveform, sample_rate)
    if abs(calm.start - usual.start) < SECONDS * sample_rate / 2:
        return {"typical": usual}
    return {"quietest": calm, "typical": usual}


def _powers(waveform: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """(starts in samples (S,), mean power in each octave band of the 3 s that begin there (S, 6))."""
    hop = round(STEP * sample_rate)
    wave = np.asarray(waveform, np.float32)
    blocks = wave[: max(1, len(wave) // hop) * hop]
    blocks = np.pad(blocks, (0, max(0, hop - len(blocks)))).reshape(-1, hop)
    spectrum = np.abs(np.fft.rfft(blocks, axis=1)) ** 2 / hop**2
    hertz = np.fft.rfftfreq(hop, 1 / sample_rate)
    bands = np.stack([spectrum[:, (hertz >= low) & (hertz < high)].sum(1) for low, high in BANDS], 1)
    length = min(len(bands), round(SECONDS / STEP))
    total = np.concatenate([np.zeros((1, len(BANDS))), np.cumsum(bands, axis=0, dtype=np.float64)])
    power = (total[length:] - total[:-length]) / length
    return np.arange(len(power)) * hop, np.maximum(power, 0)


def _cut(start: int, samples: int, sample_rate: int) -> slice:
    return slice(int(start), int(min(samples, start + round(SECONDS * sample_rate))))
