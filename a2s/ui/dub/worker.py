"""Work in a thread of its own, so that the page can say how far it is and stop it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from a2s.errors import Cancelled

PAUSE = 0.15
"""Seconds between two looks at the work: what a page shows more often, nobody reads."""


@dataclass(frozen=True)
class Report:
    """stage: of a2s.dubbing.progress.STAGES; done: 0..1 of the whole; detail: for a person."""

    stage: str
    done: float
    detail: str


class Worker:
    """Runs `work(tell)` in a thread. `tell(event)` may be called as often as it likes; of each kind the newest is kept.

    Use it as a context, so that leaving early, also because a browser went away, stops the work. Iterating yields the
    events until the work is over; `result` is what it returned, or raises what it raised.
    """

    def __init__(self, work: Callable[[Callable[[object], None]], object]) -> None:
        self._work, self._outcome, self._error = work, None, None
        self._news: dict[type, object] = {}
        self._lock, self._changed, self._left = threading.Lock(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Worker:
        run = contextvars.copy_context().run  # what is logged belongs to the request that began it
        self._thread = threading.Thread(target=run, args=(self._run,), daemon=True, name="a2s-work")
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._left.set()
        self._thread.join()

    def __iter__(self) -> Iterator[object]:
        while self._thread.is_alive() or self._news:
            self._changed.wait(PAUSE)
            with self._lock:
                news, self._news = self._news, {}
                self._changed.clear()
            yield from news.values()
            if news:
                self._thread.join(PAUSE)

    @property
    def result(self):
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._outcome

    def _tell(self, event: object) -> None:
        if self._left.is_set():
            raise Cancelled("Nobody waits for it any more.")
        with self._lock:
            self._news[type(event)] = event
            self._changed.set()

    def _run(self) -> None:
        try:
            self._outcome = self._work(self._tell)
        except BaseException as error:  # raised again where the result is asked for
            self._error = error
        finally:
            self._changed.set()
