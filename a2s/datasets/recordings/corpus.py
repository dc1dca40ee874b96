"""A folder of rendered scenes without pictures, in which recorded objects sound: what a codec is trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.ambience import KINDS, make_ambience
from a2s.datasets.foley_world.plan import make_plan
from a2s.datasets.foley_world.sound import action_stem
from a2s.datasets.recordings.labels import Recording, read_labels
from a2s.datasets.recordings.modal import read_tables
from a2s.datasets.recordings.scenes import scene
from a2s.datasets.recordings.sound_library import SoundLibrary, load_sound_library
from a2s.datasets.recordings.split import SPLITS
from a2s.datasets.recordings.world import Cast, render
from a2s.errors import BadSettings
from a2s.io import atomic_file

SECONDS = 12.0
"""Length of a scene."""

RATE = 48_000
"""Hz."""

_RECORDED, _CAST = 0.62, 0.85
"""Shares of scenes, cumulated: of recordings alone, then of a plan with recorded objects; the rest is synthetic."""

_KINDS = ("event", "texture", "ambience")


@dataclass(frozen=True)
class Sources:
    """Folders. recordings: one folder per source of the table of labels; ambiences: clips of ESC-10; tables:
    `tdw/add_ons/py_impact` of the package `tdw`.
    """

    recordings: Path
    ambiences: Path
    tables: Path


def load_cast(sources: Sources, split: str, rows: Iterable[Recording] | None = None) -> Cast:
    """The recordings of one split at 48 kHz. rows: of the table of labels; by default all. Raises BadSettings."""
    if split not in SPLITS:
        raise BadSettings(f"The recordings have no split {split!r}; choose from {', '.join(SPLITS)}.")
    chosen = [r for r in rows or read_labels() if r.split == split and r.kind in _KINDS]
    library = load_sound_library(chosen, RATE, (sources.recordings, sources.ambiences))
    audible = {name: [t for t in takes if np.abs(t).max() > 0.5] for name, takes in library.objects.items()}
    library.objects = {name: takes for name, takes in audible.items() if takes}
    library.classes = {name: known for name, known in library.classes.items() if name in library.objects}
    if not library.objects or not library.ambiences:
        raise BadSettings(f"The split {split!r} needs recordings of at least one object and one ambience.")
    return Cast(library, read_tables(sources.tables))


def render_corpus(out: Path, cast: Cast, scenes: int, seed: int) -> int:
    """Write `scenes` files (576000,) int16 at 48 kHz; those that exist are kept. Returns how many are new."""
    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"{index:05d}.npy" for index in range(scenes)]
    missing = [(index, file) for index, file in enumerate(files) if not file.is_file()]
    for index, file in missing:
        sound = np.round(draw_scene(cast, seed, index) * 32767).astype(np.int16)
        with atomic_file(file) as part, open(part, "wb") as opened:
            np.save(opened, sound)
    return len(missing)


def draw_scene(cast: Cast, seed: int, index: int) -> np.ndarray:
    """(576000,) float32 in [-0.98, 0.98]. The same seed and index give the same scene."""
    rng = np.random.default_rng([seed, index])
    kind = rng.random()
    if kind < _RECORDED:
        sound = _recorded(cast.library, rng)
    else:
        plan = make_plan(seed * 100_000 + index, SECONDS)
        if kind < _CAST:
            stems = render(plan, cast)
            sound = stems.action + stems.ambience
        else:
            place = make_ambience(plan.ambience, SECONDS, rng, RATE)
            sound = action_stem(plan, RATE) + place * np.float32(db_to_amplitude(plan.ambient_db))
    return (sound / max(1.0, np.abs(sound).max() / 0.98)).astype(np.float32)


def _recorded(library: SoundLibrary, rng: np.random.Generator) -> np.ndarray:
    synthetic = make_ambience(KINDS[rng.integers(len(KINDS))], SECONDS, rng, RATE) if rng.random() < 0.3 else None
    return scene(library, SECONDS, rng, synthetic)
