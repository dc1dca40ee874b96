"""The log, on stderr: lines for a person, or JSON for a machine; each under the id of the request that it belongs to.

A visitor's file names and words are never logged, and of what a visitor did wrong only the kind; a fault's trace is.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from a2s.errors import A2SError, Cancelled

log = logging.getLogger("a2s")
_current: ContextVar[str | None] = ContextVar("request", default=None)


class Request:
    """Something that was asked for, from now until it is over. event: what; id: eight hexadecimal digits."""

    def __init__(self, event: str):
        self.event, self.id = event, secrets.token_hex(4)
        self._began = time.perf_counter()

    @contextmanager
    def current(self) -> Iterator[None]:
        """What is logged in the block, and in threads that copy its context, belongs to this request."""
        token = _current.set(self.id)
        try:
            yield
        finally:
            _current.reset(token)

    def over(self, error: BaseException | None = None, level: int = logging.INFO, **facts) -> None:
        """Log how it ended. level: of an end that is nobody's fault; a fault of ours is an error, with its trace."""
        outcome, trace = _outcome(error), None
        if outcome == "refused" and type(error) is not A2SError:
            facts = {"kind": type(error).__name__} | facts
        if outcome == "fault":
            level, trace = logging.ERROR, error
        facts = {"outcome": outcome, "seconds": round(time.perf_counter() - self._began, 3)} | facts
        with self.current():
            log.log(level, self.event, exc_info=trace, extra={"facts": facts})


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "done"
    if isinstance(error, (Cancelled, GeneratorExit)):
        return "stopped"
    return "refused" if isinstance(error, A2SError) else "fault"


class _Line(logging.Formatter):
    """`12:30:01 INFO 1f2e3d4c dub: done, 1.31 s`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = dict(getattr(record, "facts", {}))
        seconds = facts.pop("seconds", None)
        told = [*map(str, facts.values()), *([f"{seconds:.2f} s"] if seconds is not None else [])]
        head = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {_current.get() or '-'} {record.getMessage()}"
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return head + (f": {', '.join(told)}" if told else "") + trace


class _Json(logging.Formatter):
    """One object a line: time (UTC), level, request (null outside of one), logger, event, and what else is known."""

    def format(self, record: logging.LogRecord) -> str:
        known = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "request": _current.get(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            known["trace"] = self.formatException(record.exc_info)
        return json.dumps(known)


class _Stderr(logging.Handler):
    """Writes to what is stderr at that time, as a StreamHandler does not."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


def to_stderr(as_json: bool = False, level: int = logging.INFO) -> None:
    """Have all logging of this process go to stderr: ours from `level` on, that of libraries where it warns."""
    handler = _Stderr()
    handler.setFormatter(_Json() if as_json else _Line())
    root = logging.getLogger()
    root.handlers[:] = [handler]  # those before it are not ours to close
    root.setLevel(logging.WARNING)
    logging.captureWarnings(as_json)  # they would be lines that are no JSON
    log.setLevel(level)


def is_json() -> bool:
    """Whether stderr is for machines, so that nothing else may be written there."""
    return any(isinstance(handler.formatter, _Json) for handler in logging.getLogger().handlers)
