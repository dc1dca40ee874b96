"""The models and the bank: loaded once per process and shared read-only by all visits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2s.dubbing.progress import STAGES, OnProgress, Progress, Watcher
from a2s.resources import asset_folder, checkpoint_roots
from a2s.settings import DubSettings, Limits
from a2s.ui import text
from a2s.ui.eta import DubEstimator, measure_dub_speed

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank, Match
    from a2s.cues import CueTrack
    from a2s.dubbing.take import Take
    from a2s.pipelines import AVLDMPipeline
    from a2s.ui.state import Visit
    from a2s.vision import Motion
    from a2s.vision.video import Video

log = logging.getLogger("a2s.ui")

EXAMPLES = asset_folder("examples")


@dataclass(frozen=True)
class ModelChoice:
    """A model that the page offers. missing: how to install it, empty if it is installed."""

    name: str
    label: str
    missing: str


@dataclass(frozen=True, eq=False)
class Analysis:
    """What one look at a video gives. cues: with classes; matches: the ambiences that fit best, best first."""

    motion: Motion
    cues: CueTrack
    matches: tuple[Match, ...]


class Engine:
    """model: name, folder or pipeline that the page offers first. bank: folder or AmbientBank, None for the built-in
    one. more: further models by the name that is shown. limits: of the whole page, None to read the environment.

    Beside `model`, the page offers the models that a2s knows and those in the checkpoint folder. A visitor can choose
    only among these names. Models are loaded on first use, or by `preload`.
    """

    def __init__(
        self,
        model: str | Path | AVLDMPipeline = "compact",
        bank: str | Path | AmbientBank | None = None,
        more: dict[str, Any] | None = None,  # Any: as `model`
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        known = _known_models() if isinstance(model, (str, Path)) else {}
        self.default = _name_of(model)
        self._models: dict[str, Any] = {self.default: model} | known | (more or {})
        self._bank = bank
        self._load_lock, self._measure_lock = threading.Lock(), threading.Lock()
        self._embedded: list[tuple[AmbientBank, AmbientBank]] = []  # (as given, with embeddings by another model)
        self._estimators: dict[str, DubEstimator] = {}

    def check_model(self) -> None:
        """Raise WeightsMissing now, not at the first dub, if the first model isn't installed."""
        from a2s.weights import resolve_model

        model = self._models[self.default]
        if isinstance(model, (str, Path)):
            resolve_model(model)

    def sampler_defaults(self, model: str | None = None) -> tuple[int, float]:
        """(steps, guidance_scale) that suit a model, without loading it."""
        from a2s.weights import sampler_defaults

        chosen = self._models[model or self.default]
        return (
            sampler_defaults(chosen)
            if isinstance(chosen, (str, Path))
            else (chosen.default_steps, chosen.default_guidance_scale)
        )

    def model_note(self, model: str) -> str:
        """Limitations of a model, as sentences; empty without any."""
        from a2s.weights import vocoder_note

        chosen = self._models[model]
        vocoder = vocoder_note(chosen) if isinstance(chosen, (str, Path)) else ""
        return " ".join(filter(None, ("" if self.uses_cues(model) else text.CUES_UNUSED, vocoder)))

    def uses_cues(self, model: str | None = None) -> bool:
        """Whether cues shape what a model generates, without loading it."""
        from a2s.weights import model_takes_cues

        chosen = self._models[model or self.default]
        return model_takes_cues(chosen) if isinstance(chosen, (str, Path)) else chosen.uses_cues

    def model_choices(self) -> tuple[ModelChoice, ...]:
        """Every model that the page offers, the default first."""
        return tuple(ModelChoice(name, name, _missing(model)) for name, model in self._models.items())

    def preload(self) -> None:
        """Begin loading the default model in the background, so that the first visitor waits less."""
        threading.Thread(target=self._preload, daemon=True, name="a2s-preload").start()

    def _preload(self) -> None:
        try:
            self.estimator()
        except Exception:
            log.warning("the model could not be preloaded; the first visitor gets the error", exc_info=True)

    def load(self, model: str | None = None) -> tuple[AVLDMPipeline, AmbientBank]:
        """(pipeline, bank), loaded once even if several threads ask. Raises BadSettings, WeightsMissing, BankError."""
        from a2s.dubbing.analysis import load_bank
        from a2s.errors import BadSettings
        from a2s.weights import load_model

        if model is not None and model not in self._models:
            raise BadSettings("This page offers no model of that name.")
        with self._load_lock:
            pipe = load_model(self._models[model or self.default])
            return pipe, self._embedded_for(load_bank(self._bank, pipe), pipe)

    def bank_of(self, visit: Visit, model: str | None = None) -> AmbientBank:
        """The visit's own bank or the built-in one, with embeddings by this model, by default the visit's."""
        pipe, bank = self.load(model or visit.model)
        if visit.bank is None:
            return bank
        with self._load_lock:
            return self._embedded_for(visit.bank, pipe)

    def _embedded_for(self, bank: AmbientBank, pipe: AVLDMPipeline) -> AmbientBank:
        """The bank with embeddings by this model, computed here if they came from another."""
        if bank.model_hash == pipe.model_hash:
            return bank
        for given, embedded in self._embedded:
            if given is bank and embedded.model_hash == pipe.model_hash:
                return embedded
        embedded = bank.embedded(pipe.embed_audio, pipe.model_hash)
        self._embedded = [*self._embedded[-3:], (bank, embedded)]  # a few only, so that memory stays bounded
        return embedded

    def estimator(self, model: str | None = None) -> DubEstimator | None:
        """How fast this machine is with a model.

        The default model is measured at the first call. The estimator of another is None until `measure_speed` or
        `record_duration` was called for it.
        """
        name = model or self.default
        return self.measure_speed(name) if name == self.default else self._estimators.get(name)

    def measure_speed(self, model: str) -> DubEstimator:
        """Load a model and measure a few of its sampler steps, once."""
        with self._measure_lock:
            if model not in self._estimators:
                self._estimators[model] = measure_dub_speed(self.load(model)[0])
            return self._estimators[model]

    def record_duration(self, model: str, settings: DubSettings, clip_seconds: float, took: float) -> None:
        """A take of a clip took `took` seconds with a model."""
        steps, guidance = self._sampler(model, settings)
        estimator = self.estimator(model)
        if estimator is not None:
            estimator.correct(estimator.estimate(clip_seconds, steps, guidance), took)
        else:
            self._estimators[model] = DubEstimator.from_dub(clip_seconds, steps, took)

    def estimate(self, model: str, settings: DubSettings, clip_seconds: float, takes: int = 1) -> float | None:
        """Seconds that takes with these settings will need; None while the model's speed isn't known."""
        estimator = self.estimator(model)
        return None if estimator is None else estimator.estimate(clip_seconds, *self._sampler(model, settings), takes)

    def _sampler(self, model: str, settings: DubSettings) -> tuple[int, float]:
        """(steps, guidance_scale) of the settings, or of the model where they are None."""
        steps, guidance = settings.steps, settings.guidance_scale
        if steps is not None and guidance is not None:
            return steps, guidance
        default_steps, default_guidance = self.sampler_defaults(model if model in self._models else None)
        return (
            default_steps if steps is None else steps,
            default_guidance if guidance is None else guidance,
        )

    def analyse(
        self,
        visit: Visit,
        k: int,
        on_progress: OnProgress,
        cancelled: Callable[[], bool],
        model: str | None = None,
    ) -> Analysis:
        """Read a visit's video once; k: how many ambiences. Raises A2SError, Cancelled."""
        from a2s.dubbing.analysis import analyze_motion, find_cues, retrieve
        from a2s.vision.video import Video

        before, share = STAGES["reading"], STAGES["analysing"]

        def scaled(stage: str, done: float, detail: str) -> None:
            on_progress(stage, (done - before) / share, detail)

        video = Video(visit.need_video(), limits=self.limits)
        motion = analyze_motion(video, Progress(Watcher(scaled, cancelled=cancelled)))
        pipe, _ = self.load(model)
        bank = self.bank_of(visit, model)
        matches = tuple(retrieve(motion, min(k, len(bank.clips)), pipe, bank))
        return Analysis(motion, find_cues(motion, pipe), matches)

    def dub(
        self,
        video: Path | Video,
        settings: DubSettings,
        *,
        bank: AmbientBank | None = None,
        model: str | None = None,
        **options: Any,  # Any: further arguments of `a2s.dub`
    ) -> Take:
        """`a2s.dub` with a model of this engine, and its bank if no other is given."""
        from a2s.dubbing.job import dub

        pipe, own = self.load(model)
        return dub(video, settings, pipe, bank or own, **options)


def _name_of(model: str | Path | AVLDMPipeline) -> str:
    """What a visitor reads for a model: its name or its folder's, never a path."""
    return Path(model).name if isinstance(model, (str, Path)) else "model"


def _known_models() -> dict[str, str | Path]:
    """The models that a2s knows by name, and all others in the checkpoint folder."""
    from a2s.weights import INDEX, MODELS

    found = {path.parent.name: path.parent for root in checkpoint_roots() for path in sorted(root.glob(f"*/{INDEX}"))}
    return {name: name for name in MODELS} | {name: path for name, path in found.items() if name not in MODELS}


def _missing(model: object) -> str:
    """How to install a model that is missing; empty if it is there."""
    from a2s.errors import WeightsMissing
    from a2s.weights import MODELS, resolve_model

    if not isinstance(model, (str, Path)):
        return ""
    try:
        resolve_model(model)
    except WeightsMissing:
        known = MODELS.get(str(model))
        return known.missing if known else "Its folder holds no model."
    return ""
