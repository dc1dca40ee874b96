"""A sound library: recordings in memory at one rate. Takes of objects begin at the attack; ambiences are whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from a2s.datasets.recordings.labels import Recording

LEAD_SECONDS = 0.006
"""Time before the attack that a take keeps, so that the rise is whole."""


@dataclass
class SoundLibrary:
    """objects: name -> its takes; ambiences: name -> one long sound. All (n,) float32 mono, takes at peak 1.

    classes: object -> (action, material), '' where unknown.
    """

    rate: int
    objects: dict[str, list[np.ndarray]] = field(default_factory=dict)
    ambiences: dict[str, np.ndarray] = field(default_factory=dict)
    classes: dict[str, tuple[str, str]] = field(default_factory=dict)


def load_sound_library(
    rows: Iterable[Recording], rate: int, folders: tuple[Path, Path | None], longest: float = 4.0
) -> SoundLibrary:
    """Read these recordings; the caller chooses splits and kinds.

    folders: of the recordings and of ESC-10; longest: s of a take.
    """
    takes, library = defaultdict(list), SoundLibrary(rate)
    for row in rows:
        sound = read_mono(row.path(*folders), rate)
        if row.kind == "ambience":
            library.ambiences[f"{row.source}/{row.file}"] = sound
        else:
            takes[row.group].append(cut_to_attack(sound, rate, row.attack, longest))
            library.classes[row.group] = (row.action, row.material)
    library.objects = dict(takes)
    return library


def read_mono(path: Path, rate: int) -> np.ndarray:
    """(n,) float32 at `rate` Hz, channels averaged."""
    sound, own = soundfile.read(path, dtype="float32", always_2d=True)
    mono = sound.mean(1)
    return mono if own == rate else resample_poly(mono, rate, own).astype(np.float32)


def cut_to_attack(sound: np.ndarray, rate: int, attack: float, longest: float = 4.0) -> np.ndarray:
    """From just before the attack (s), at peak 1, its end faded over 25 ms."""
    first = max(0, int((attack - LEAD_SECONDS) * rate))
    cut = np.array(sound[first : first + int(longest * rate)], np.float32)
    tail = min(int(0.025 * rate), len(cut))
    cut[len(cut) - tail :] *= np.linspace(1, 0, tail, dtype=np.float32)
    return cut / (np.abs(cut).max() + 1e-6)
