"""How far a dub is: told to whoever waits, asked whether to go on, timed for the recipe."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from a2s.errors import Cancelled

if TYPE_CHECKING:
    import numpy as np

OnProgress = Callable[[str, float, str], None]
"""(stage, done 0..1 of the whole, detail)"""

STAGES = {"reading": 0.03, "seeing": 0.22, "retrieving": 0.03, "generating": 0.56, "sounding": 0.11, "finishing": 0.05}
"""Stages in order, and the part of the whole that each is taken to be."""

PREVIEW_SECONDS = 0.4
"""Seconds from one preview to the next, at least: what a page can show without flicker, and cheap beside a step."""

_BEFORE = dict(zip(STAGES, accumulate(STAGES.values(), initial=0.0), strict=False))


class Progress:
    """Walks through STAGES. `done` never falls; every report may raise Cancelled."""

    def __init__(self, on_progress: OnProgress | None = None, cancelled: Callable[[], bool] | None = None):
        self._tell, self._cancelled = on_progress, cancelled
        self._stage, self._began, self._done = "", 0.0, 0.0
        self.seconds: dict[str, float] = {}

    def enter(self, stage: str, detail: str = "") -> None:
        """Begin a stage; the one before ends."""
        self._close()
        self._stage, self._began = stage, time.perf_counter()
        self.report(0.0, detail)

    def report(self, part: float, detail: str = "") -> None:
        """part: 0..1 of the stage. Raises Cancelled when the creator has asked to stop."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The dub was cancelled.")
        before = sum(
            share for name, share in STAGES.items() if list(STAGES).index(name) < list(STAGES).index(self._stage)
        )
        self._done = max(self._done, min(1.0, before + STAGES[self._stage] * min(max(part, 0.0), 1.0)))
        if self._tell is not None:
            self._tell(self._stage, self._done, detail)

    def finish(self, detail: str = "") -> None:
        """The last stage is over: done is 1."""
        self._close()
        self._done = 1.0
        if self._tell is not None:
            self._tell(self._stage, 1.0, detail)

    def _close(self) -> None:
        if self._stage:
            self.seconds[self._stage] = round(time.perf_counter() - self._began, 3)


@dataclass(frozen=True, eq=False)
class Preview:
    """The window in work, as far as the solver can tell by now.

    start: seconds. mel: (128, F) float32 in [0, 1] of the first take, from `start` to the window's or the film's end.
    step of `steps` and window of `windows` are counted from 1.
    """

    start: float
    mel: np.ndarray
    step: int
    steps: int
    window: int
    windows: int


OnPreview = Callable[[Preview], None]


class Previews:
    """Hands previews on, and has none made more often than every `seconds`, or where nobody looks."""

    def __init__(self, tell: OnPreview | None, seconds: float = PREVIEW_SECONDS):
        self._tell, self._seconds, self._next = tell, seconds, 0.0

    def offer(self, make: Callable[[], Preview]) -> None:
        """Call `make` and tell what it gives, if it is time."""
        if self._tell is not None and time.perf_counter() >= self._next:
            self._tell(make())
            self._next = time.perf_counter() + self._seconds
