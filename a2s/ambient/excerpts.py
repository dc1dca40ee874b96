"""Find 3 s of ambience in a long recording: its quietest and its most typical passage.

The paper conditions on 3 s of ambience (section 3.4). A recording of minutes also has passages that are not ambience.
"""

from __future__ import annotations

import numpy as np

from a2s.settings import AUDIO

SECONDS = AUDIO.window_seconds
BANDS = ((0, 250), (250, 500), (500, 1000), (1000, 2000), (2000, 4000), (4000, 8000))
"""Hz. The levels in these octave bands describe the sound of a passage."""

STEP = 0.1
"""Seconds between two possible starts."""

_FLOOR = 1e-12


def quietest(waveform: np.ndarray, sample_rate: int) -> slice:
    """Return the 3 s of least power in (n,) float as a slice; all of a shorter recording."""
    starts, power = _powers(waveform, sample_rate)
    return _cut(starts[np.argmin(power.sum(1))], len(waveform), sample_rate)


def typical(waveform: np.ndarray, sample_rate: int) -> slice:
    """Return the most typical 3 s of (n,) float as a slice: its octave levels in dB are nearest to their medians."""
    starts, power = _powers(waveform, sample_rate)
    level = 10 * np.log10(power + _FLOOR)
    distance = np.abs(level - np.median(level, axis=0)).sum(1)
    return _cut(starts[np.argmin(distance)], len(waveform), sample_rate)


def cuts(waveform: np.ndarray, sample_rate: int) -> dict[str, slice]:
    """Return {"quietest": slice, "typical": slice}; "typical" alone if the two overlap by more than half."""
    quiet, usual = quietest(waveform, sample_rate), typical(waveform, sample_rate)
    if abs(quiet.start - usual.start) < SECONDS * sample_rate / 2:
        return {"typical": usual}
    return {"quietest": quiet, "typical": usual}


def _powers(waveform: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts in samples (S,), and the mean power in each octave band of the 3 s from there (S, 6)."""
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
