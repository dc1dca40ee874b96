"""Work in a thread of its own, so that the page can show its progress and stop it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from a2s.errors import Cancelled

POLL_SECONDS = 0.15
"""Between two checks for events. A page that changes more often can't be read."""


@dataclass(frozen=True)
class ProgressReport:
    """stage: of a2s.dubbing.progress.STAGES, or a text for the page; done: 0..1 of the whole; detail: for a person."""

    stage: str
    done: float
    detail: str


@dataclass(frozen=True)
class PreviewImage:
    """url: data address of a picture of the window that is being generated."""

    url: str


Event = ProgressReport | PreviewImage
Emit = Callable[[Event], None]
R = TypeVar("R")


class Worker(Generic[R]):
    """Runs `work(emit)` in a thread. `emit(event)` may be called as often as it likes: the newest of each kind is kept.

    Use it as a context: leaving it, also because the browser disconnected, stops the work. Iterating yields the events
    until the work ends. `result` is what `work` returned, or raises what it raised.
    """

    def __init__(self, work: Callable[[Emit], R]) -> None:
        self._work = work
        self._results: list[R] = []
        self._error: BaseException | None = None
        self._events: dict[type, Event] = {}
        self._lock, self._changed, self._left = threading.Lock(), threading.Event(), threading.Event()
        run = contextvars.copy_context().run  # log lines of the thread belong to the request that began it
        self._thread = threading.Thread(target=run, args=(self._run,), daemon=True, name="a2s-work")

    def __enter__(self) -> Worker[R]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def __iter__(self) -> Generator[Event, None, None]:
        while self._thread.is_alive() or self._events:
            self._changed.wait(POLL_SECONDS)
            with self._lock:
                events, self._events = self._events, {}
                self._changed.clear()
            yield from events.values()
            if events:
                self._thread.join(POLL_SECONDS)

    @property
    def result(self) -> R:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _emit(self, event: Event) -> None:
        if self._left.is_set():
            raise Cancelled("The browser no longer waits for this.")
        with self._lock:
            self._events[type(event)] = event
            self._changed.set()

    def _run(self) -> None:
        try:
            self._results.append(self._work(self._emit))
        except BaseException as error:  # raised again by `result`
            self._error = error
        finally:
            self._changed.set()
