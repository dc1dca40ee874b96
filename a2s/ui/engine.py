"""The model and the bank, loaded once per process and shared read-only by every visit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from a2s.progress import STAGES, OnProgress, Progress
from a2s.settings import AUDIO, DubSettings

log = logging.getLogger("a2s.ui")

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"


class Engine:
    """`model` and `bank` as `a2s.dub` takes them: names, folders or objects. Loaded on first use, or by `warm`."""

    def __init__(self, model="compact", bank=None) -> None:
        self._model, self._bank = model, bank
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise WeightsMissing now rather than at the first dub, when the model is not where it should be."""
        from a2s.weights.registry import resolve_model

        if isinstance(self._model, (str, Path)):
            resolve_model(self._model)

    def warm(self) -> None:
        """Begin loading in the background, so that the first visitor waits less."""
        threading.Thread(target=self._warm, daemon=True, name="a2s-warm").start()

    def _warm(self) -> None:
        try:
            self.parts()
        except Exception:
            log.warning("the model could not be loaded ahead of time; the first visitor will be told", exc_info=True)

    def parts(self) -> tuple:
        """(pipeline, bank), loaded once however many threads ask."""
        from a2s.scene import load_bank
        from a2s.weights.registry import load_model

        with self._lock:
            return load_model(self._model), load_bank(self._bank)

    def analyse(self, video: Path, k: int, on_progress: OnProgress, cancelled: Callable[[], bool]) -> tuple:
        """Watch a video once: (motion, cue track with classes, the k best ambiences as a tuple of Match)."""
        from a2s.scene import find_cues, retrieve, see

        before, share = STAGES["reading"], STAGES["seeing"]
        told = Progress(lambda stage, done, detail: on_progress(stage, (done - before) / share, detail), cancelled)
        motion = see(video, progress=told)
        pipe, bank = self.parts()
        k = min(k, len(bank.clips))
        return motion, find_cues(motion, pipe), tuple(retrieve(motion, k, pipe, bank))

    def dub(self, video: Path, settings: DubSettings, **more):
        """`a2s.dub` with this engine's model and bank; `more` is handed through."""
        from a2s.dub import dub

        return dub(video, settings, *self.parts(), **more)

    def preview(self, clip_id: str, folder: Path) -> Path:
        """A bank clip as a FLAC that the page may serve, written once. ValueError for an id that is not the bank's."""
        from a2s.media import write_audio

        _, bank = self.parts()
        number = [clip.id for clip in bank.clips].index(clip_id)
        path = folder / f"ambience-{number}.flac"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_audio(path, np.asarray(bank.waveform(clip_id)), AUDIO.sample_rate)
        return path
