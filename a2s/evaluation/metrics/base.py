"""What a metric is, and what it is computed from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from a2s.evaluation import embeddings
from a2s.evaluation.embeddings import Embedding
from a2s.evaluation.embeddings.clap import Clap
from a2s.evaluation.judges.events import EventJudge
from a2s.evaluation.judges.place import PlaceJudge
from a2s.evaluation.judges.sync import SyncJudge
from a2s.evaluation.statistics import Figures
from a2s.evaluation.worlds import Clip, onsets_of
from a2s.models.digest import weights_hash


@dataclass(frozen=True, eq=False)
class ScoringModels:
    """The models that metrics use. embeddings: by name, "av-sim" among them. sync, place, clap: None if missing."""

    events: EventJudge
    embeddings: dict[str, Embedding]
    sync: SyncJudge | None = None
    place: PlaceJudge | None = None
    clap: Clap | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the models: another judge or embedding gives another text."""
        judges = [weights_hash(judge) for judge in (self.events, self.sync, self.place) if judge is not None]
        return "-".join([*judges, *self.embeddings, str(embeddings.VERSION)])


@dataclass(frozen=True, eq=False)
class MetricInputs:
    """The generated audio of the test clips, and what it is compared with.

    waveforms: (n, 48000) float32 in [-1, 1] at 16 kHz, one per clip. video_embeddings: (n, E), unit length, of the
    clips' pictures by the evaluated AV-Sim. reference: true audio of other windows, (m, D) by name of the embedding.
    """

    clips: Sequence[Clip]
    waveforms: np.ndarray
    video_embeddings: np.ndarray
    reference: dict[str, np.ndarray]
    models: ScoringModels
    _embedded: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def onsets(self) -> list[np.ndarray]:
        """Detected onsets (s) of each waveform."""
        return onsets_of(self.waveforms)

    def embedded(self, name: str) -> np.ndarray:
        """(n, D): the waveforms in one of `models.embeddings`."""
        if name not in self._embedded:
            self._embedded[name] = self.models.embeddings[name](self.waveforms)
        return self._embedded[name]


class Metric(Protocol):
    """A metric is a module with `VERSION`, `LIBRARIES` and `measure`. The first two are part of the cache key."""

    @property
    def VERSION(self) -> int:
        """Raised by one whenever the same inputs may give other figures."""

    @property
    def LIBRARIES(self) -> Sequence[str]:
        """Distributions whose release can change the figures."""

    @property
    def measure(self) -> Callable[[MetricInputs], Figures | None]:
        """The figures of one experiment; None where a needed model is missing."""
