"""How far a dub is: told to whoever waits, asked whether to go on, timed for the recipe."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import accumulate

from a2s.errors import Cancelled

OnProgress = Callable[[str, float, str], None]
"""(stage, done 0..1 of the whole, detail)"""

STAGES = {"reading": 0.03, "seeing": 0.22, "retrieving": 0.03, "generating": 0.56, "sounding": 0.11, "finishing": 0.05}
"""Stages in order, and the part of the whole that each is taken to be."""

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
