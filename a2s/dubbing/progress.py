"""Progress of a dub: reported to a caller, who may cancel it, and timed for the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from a2s.errors import Cancelled

if TYPE_CHECKING:
    import numpy as np

OnProgress = Callable[[str, float, str], object]
"""(stage, part of the whole dub that is done, 0 to 1, detail)"""

STAGES = {
    "reading": 0.03,
    "analysing": 0.22,
    "retrieving": 0.03,
    "generating": 0.56,
    "vocoding": 0.11,
    "mastering": 0.05,
}
"""Stages of `dub` in order, and the share of its work that each is assumed to take."""

WRITING = "writing"
"""The stage of `deliver`, after those of `dub`."""

FIRST_ESTIMATE = 2.0
"""Seconds after which the time left is estimated."""

PREVIEW_SECONDS = 0.4
"""Least number of seconds between two previews: no flicker on a page, and cheap beside a sampler step."""

_BEFORE = dict(zip(STAGES, accumulate(STAGES.values(), initial=0.0), strict=False))


@dataclass(frozen=True, eq=False)
class Preview:
    """The window that is being sampled, as the solver predicts it.

    start: seconds. mel: (128, F) float32 in [0, 1] of the first take, from `start` to the end of the window or of the
    video. step of `steps` and window of `windows` are counted from 1.
    """

    start: float
    mel: np.ndarray
    step: int
    steps: int
    window: int
    windows: int


OnPreview = Callable[[Preview], object]


@dataclass(frozen=True)
class Watcher:
    """The functions that a dub calls while it runs. They change no sample.

    on_progress(stage, done 0 to 1, detail): called often; `done` never falls. cancelled(): called as often, and at
    every sampler step; once it returns True, the dub raises Cancelled. on_preview(Preview): called at most every
    `preview_seconds`, for the first take. Any of them may raise to stop the dub. writing: the part of the whole,
    0 to 1, that is left for `deliver`, which gets the same watcher.
    """

    on_progress: OnProgress | None = None
    on_preview: OnPreview | None = None
    preview_seconds: float = PREVIEW_SECONDS
    cancelled: Callable[[], bool] | None = None
    writing: float = 0.0


class Progress:
    """Steps through STAGES, or through WRITING. The reported part never falls; every report may raise Cancelled."""

    def __init__(self, watcher: Watcher | None = None):
        self.watcher = watcher or Watcher()
        self._stage, self._began, self._done = "", 0.0, 0.0
        self.seconds: dict[str, float] = {}

    def enter(self, stage: str, detail: str = "") -> None:
        """Begin a stage and end the one before."""
        self._close()
        self._stage, self._began = stage, time.perf_counter()
        self.report(0.0, detail)

    def report(self, part: float, detail: str = "") -> None:
        """part: of the stage, 0 to 1. Raises Cancelled where the caller has cancelled."""
        if self.watcher.cancelled is not None and self.watcher.cancelled():
            raise Cancelled("The dub was cancelled.")
        before, share = self._span()
        self._done = max(self._done, min(1.0, before + share * min(max(part, 0.0), 1.0)))
        if self.watcher.on_progress is not None:
            self.watcher.on_progress(self._stage, self._done, detail)

    def part(self, index: int, count: int) -> Callable[..., None]:
        """A function that reports one of `count` equal parts of a stage as if it were the whole: (part, detail="")."""
        return lambda done, detail="": self.report((index + done) / count, detail)

    def finish(self, detail: str = "") -> None:
        """End the last stage."""
        self._close()
        self._done = 1.0 if self._stage == WRITING else 1 - self.watcher.writing
        if self.watcher.on_progress is not None:
            self.watcher.on_progress(self._stage, self._done, detail)

    def estimated(self, index: int, count: int) -> Callable[[float], None]:
        """`part`, with the time that the rest of the stage will take as the detail."""

        def report(done: float) -> None:
            part, took = (index + done) / count, time.perf_counter() - self._began
            self.report(part, f"{_spoken(took * (1 - part) / part)} left" if part and took > FIRST_ESTIMATE else "")

        return report

    def _span(self) -> tuple[float, float]:
        """What is done before the stage, and its share, both as parts of the whole."""
        rest = 1 - self.watcher.writing
        if self._stage == WRITING:
            return rest, self.watcher.writing
        return rest * _BEFORE[self._stage], rest * STAGES[self._stage]

    def _close(self) -> None:
        if self._stage:
            self.seconds[self._stage] = round(time.perf_counter() - self._began, 3)


def _spoken(seconds: float) -> str:
    """A time as 40 s, 12 min or 1 h 5 min."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Previews:
    """Passes previews on, at most one every `preview_seconds`; none is computed without a receiver."""

    def __init__(self, watcher: Watcher):
        self._send, self._seconds, self._next = watcher.on_preview, watcher.preview_seconds, 0.0

    def offer(self, make: Callable[[], Preview]) -> None:
        """Call `make` and pass on its result, if a preview is due."""
        if self._send is not None and time.perf_counter() >= self._next:
            self._send(make())
            self._next = time.perf_counter() + self._seconds
