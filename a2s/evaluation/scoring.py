"""Scores the audio of experiments by all metrics, with a cache and one thread per core."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from a2s.errors import WeightsMissing
from a2s.evaluation.cache import ResultCache
from a2s.evaluation.embeddings import NAMES, Embedding, load_embedding
from a2s.evaluation.experiments import Experiment
from a2s.evaluation.generate import SoundGenerator, read_audio_file
from a2s.evaluation.judges.events import EventJudge
from a2s.evaluation.judges.place import PlaceJudge
from a2s.evaluation.judges.sync import SyncJudge
from a2s.evaluation.judges.train import load_judge
from a2s.evaluation.metrics import METRICS
from a2s.evaluation.metrics.base import Metric, MetricInputs, ScoringModels
from a2s.evaluation.statistics import Figures
from a2s.evaluation.worlds import Clip, HeldOutWorlds, windows_of
from a2s.settings import AUDIO


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores experiments.

    judges: folder with `classes` and, if they are there, `sync` and `place`. cache: of the figures of each metric.
    on_message: receives the name of each experiment that is scored, and which models are missing.
    """

    generator: SoundGenerator
    judges: Path
    cache: ResultCache
    workers: int | None = None
    on_message: Callable[[str], object] = lambda message: None

    def score_all(self, experiments: Sequence[Experiment], files: dict[str, Path]) -> dict[str, Figures]:
        """Title and figures of each experiment by name. files: of `generate_all`. Raises WeightsMissing."""
        # Compute what the threads share before they start.
        _ = self.generator.video_embeddings, self.reference, self.models
        with ThreadPoolExecutor(self.workers or os.cpu_count()) as threads:
            figures = threads.map(lambda each: self.score(files[each.name]), experiments)
            return {each.name: {"title": each.title} | f for each, f in zip(experiments, figures, strict=True)}

    def score(self, file: Path) -> Figures:
        """All figures of one file of audio, by metric. Metrics whose model is missing give None."""
        inputs = _LazyInputs(file, self)
        figures: Figures = {}
        for name, metric in METRICS.items():
            measure = partial(_measure, metric, inputs)
            figures[name] = self.cache.get(f"{file.stem}/{name}", metric, measure, self.models.fingerprint)["figures"]
        return figures

    @cached_property
    def models(self) -> ScoringModels:
        """Judges and embeddings. The event judge must be there; other models may be missing, which is reported."""
        return load_scoring_models(self.generator, self.judges, self.on_message)

    @cached_property
    def reference(self) -> dict[str, np.ndarray]:
        """The embedded reference audio, (m, D) by name of the embedding."""
        waves = reference_audio(self.generator.worlds, self.generator.clips, seed=self.generator.plan.seed)
        return {name: embed(waves) for name, embed in self.models.embeddings.items()}


@dataclass
class _LazyInputs:
    """The inputs of all metrics of one file, read when the first metric needs them."""

    file: Path
    scorer: Scorer
    inputs: MetricInputs | None = None

    def get(self) -> MetricInputs:
        if self.inputs is None:
            scorer, generator = self.scorer, self.scorer.generator
            scorer.on_message(f"  {self.file.stem}")
            waves = read_audio_file(self.file).waveforms
            self.inputs = MetricInputs(
                generator.clips, waves, generator.video_embeddings, scorer.reference, scorer.models
            )
        return self.inputs


def _measure(metric: Metric, inputs: _LazyInputs) -> Figures:
    return {"figures": metric.measure(inputs.get())}


def load_scoring_models(
    generator: SoundGenerator, judges: Path, on_message: Callable[[str], object] = lambda message: None
) -> ScoringModels:
    """Read the judges and embeddings. on_message: receives which are missing. Raises WeightsMissing."""
    events = load_judge(EventJudge, judges / "classes")
    sync = load_judge(SyncJudge, judges / "sync") if (judges / "sync").is_dir() else None
    place = load_judge(PlaceJudge, judges / "place") if (judges / "place").is_dir() else None
    embeddings: dict[str, Embedding] = {}
    clap = None
    for name in NAMES:
        try:
            embeddings[name] = load_embedding(name, generator.pipe, events)
        except WeightsMissing as missing:
            on_message(str(missing))
    if "clap" in embeddings:
        from a2s.evaluation.embeddings.clap import Clap  # transformers is imported only where its weights are

        clap = Clap.load()
    return ScoringModels(events, embeddings, sync, place, clap)


def reference_audio(worlds: HeldOutWorlds, clips: Sequence[Clip], limit: int = 400, seed: int = 0) -> np.ndarray:
    """(n, 48000) float32: true audio of the same worlds, in windows that do not overlap a clip.

    The Frechet distance of the ground truth to this reference is the floor of the table.
    """
    taken = {(clip.video, clip.start) for clip in clips}
    windows = [
        (video, start)
        for video, start in windows_of(worlds.videos)
        if all(v != video or abs(s - start) >= AUDIO.window_seconds for v, s in taken)
    ]
    chosen = np.random.default_rng([seed, 13]).permutation(len(windows))[:limit]
    return np.stack([worlds.videos.clip(*windows[i]).sum(0).clip(-1, 1) for i in chosen])
