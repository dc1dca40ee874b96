"""The models and the bank, loaded once per process and shared read-only by every visit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.dubbing.progress import STAGES, OnProgress, Progress, Watcher
from a2s.resources import asset_folder, checkpoint_roots
from a2s.settings import DubSettings
from a2s.ui import text
from a2s.ui.eta import DubEstimator, measure_dub_speed

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.ui.state import Visit

log = logging.getLogger("a2s.ui")

EXAMPLES = asset_folder("examples")


@dataclass(frozen=True)
class Choice:
    """A model that the page offers. missing: what to do when it isn't installed, empty when it is."""

    name: str
    label: str
    missing: str


class Engine:
    """`model` and `bank` as `a2s.dub` takes them: names, folders or objects. Loaded on first use, or by `warm`.

    `model` is the page's first choice; beside it are the models that a2s knows, those that lie beside the shipped one,
    and `more`, by the name that is shown. No visitor names a folder: what can be chosen is settled at the start.
    """

    def __init__(self, model="compact", bank=None, more: dict[str, object] | None = None) -> None:
        known = _known_models() if isinstance(model, (str, Path)) else {}
        self._models = {_name_of(model): model} | known | (more or {})
        self.default = _name_of(model)
        self._bank = bank
        self._lock, self._pacing = threading.Lock(), threading.Lock()
        self._embedded: list[tuple[AmbientBank, AmbientBank]] = []  # (as given, with embeddings by another model)
        self._paces: dict[str, DubEstimator] = {}

    def check(self) -> None:
        """Raise WeightsMissing now rather than at the first dub, when the model is not where it should be."""
        from a2s.weights import resolve_model

        model = self._models[self.default]
        if isinstance(model, (str, Path)):
            resolve_model(model)

    def sampler(self, model: str | None = None) -> tuple[int, float]:
        """(steps, guidance_scale) that suit a model, without loading it."""
        from a2s.weights import sampler_defaults

        chosen = self._models[model or self.default]
        return (
            sampler_defaults(chosen)
            if isinstance(chosen, (str, Path))
            else (chosen.default_steps, chosen.default_guidance_scale)
        )

    def about(self, model: str) -> str:
        """What a visitor should know of a model; empty where there is nothing."""
        from a2s.weights import vocoder_note

        chosen = self._models[model]
        vocoder = vocoder_note(chosen) if isinstance(chosen, (str, Path)) else ""
        return " ".join(filter(None, ("" if self.uses_cues(model) else text.DEAF, vocoder)))

    def uses_cues(self, model: str | None = None) -> bool:
        """Whether cues shape what a model makes, without loading it."""
        from a2s.weights import model_takes_cues

        chosen = self._models[model or self.default]
        return model_takes_cues(chosen) if isinstance(chosen, (str, Path)) else chosen.uses_cues

    def choices(self) -> tuple[Choice, ...]:
        """Every model that the page offers, the default first."""
        return tuple(Choice(name, name, _missing(model)) for name, model in self._models.items())

    def warm(self) -> None:
        """Begin loading in the background, so that the first visitor waits less."""
        threading.Thread(target=self._warm, daemon=True, name="a2s-warm").start()

    def _warm(self) -> None:
        try:
            self.pace()
        except Exception:
            log.warning("the model could not be loaded ahead of time; the first visitor will be told", exc_info=True)

    def parts(self, model: str | None = None) -> tuple:
        """(pipeline, bank), loaded once however many threads ask. Raises BadSettings, WeightsMissing, BankError."""
        from a2s.dubbing.analysis import load_bank
        from a2s.errors import BadSettings
        from a2s.weights import load_model

        if model is not None and model not in self._models:
            raise BadSettings("There is no such model on this page.")
        with self._lock:
            pipe = load_model(self._models[model or self.default])
            return pipe, self._fitting(load_bank(self._bank, pipe), pipe)

    def bank_of(self, visit: Visit, model: str | None = None) -> AmbientBank:
        """The bank of a visit: its own, or the one that comes along; searchable with this model, else the visit's."""
        pipe, bank = self.parts(model or visit.model)
        if visit.bank is None:
            return bank
        with self._lock:
            return self._fitting(visit.bank, pipe)

    def _fitting(self, bank: AmbientBank, pipe) -> AmbientBank:
        """The bank with embeddings by this model, made on the spot where they came from another."""
        if bank.model_hash == pipe.model_hash:
            return bank
        for given, embedded in self._embedded:
            if given is bank and embedded.model_hash == pipe.model_hash:
                return embedded
        embedded = bank.embedded(pipe.embed_audio, pipe.model_hash)
        self._embedded = [*self._embedded[-3:], (bank, embedded)]  # a few are kept, not one a visit for ever
        return embedded

    def pace(self, model: str | None = None) -> DubEstimator | None:
        """How fast this machine is with a model.

        That of the page's first choice is measured at the first call, by whoever asks; that of another is None until it
        was measured, or a dub was made, see `learn`.
        """
        name = model or self.default
        return self.measure(name) if name == self.default else self._paces.get(name)

    def measure(self, model: str) -> DubEstimator:
        """Load a model and see how fast this machine is with it, once; a few sampler steps long."""
        with self._pacing:
            if model not in self._paces:
                self._paces[model] = measure_dub_speed(self.parts(model)[0])
            return self._paces[model]

    def learn(self, model: str, settings: DubSettings, seconds: float, took: float) -> None:
        """A take of `seconds` took `took` seconds with a model."""
        pace = self.pace(model)
        if pace is not None:
            pace.learn(pace.estimate(seconds, settings.steps, settings.guidance_scale), took)
        else:
            self._paces[model] = DubEstimator.of(seconds, settings.steps, took)

    def analyse(
        self, visit: Visit, k: int, on_progress: OnProgress, cancelled: Callable[[], bool], model=None
    ) -> tuple:
        """Watch a visit's video once: (motion, cue track with classes, the k best ambiences as a tuple of Match, the
        cuts after which the place seems to be another)."""
        from a2s.dubbing.analysis import analyze_motion, find_cues, retrieve
        from a2s.ui.dub.scene_changes import find_scene_changes

        before, share = STAGES["reading"], STAGES["analysing"]
        told = Progress(
            Watcher(
                lambda stage, done, detail: on_progress(stage, (done - before) / share, detail), cancelled=cancelled
            )
        )
        motion = analyze_motion(visit.need_picture(), progress=told)
        pipe, _ = self.parts(model)
        bank = self.bank_of(visit, model)
        matches = tuple(retrieve(motion, min(k, len(bank.clips)), pipe, bank))
        return motion, find_cues(motion, pipe), matches, find_scene_changes(motion, pipe)

    def dub(self, video: Path, settings: DubSettings, *, bank=None, model: str | None = None, **more):
        """`a2s.dub` with a model of this engine, and its bank unless another is given; `more` is passed on."""
        from a2s.dubbing.job import dub

        pipe, own = self.parts(model)
        return dub(video, settings, pipe, bank or own, **more)


def _name_of(model) -> str:
    """What a visitor reads for a model: its name, or its folder's; never a path."""
    return Path(model).name if isinstance(model, (str, Path)) else "model"


def _known_models() -> dict[str, str | Path]:
    """The models that a2s knows by name, and whatever else lies beside them."""
    from a2s.weights import INDEX, MODELS

    beside = {path.parent.name: path.parent for root in checkpoint_roots() for path in sorted(root.glob(f"*/{INDEX}"))}
    return {name: name for name in MODELS} | {name: path for name, path in beside.items() if name not in MODELS}


def _missing(model) -> str:
    """Why a model can't be used now; empty when it can."""
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
