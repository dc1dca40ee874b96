"""The log on stderr: text lines for people, or JSON lines for machines. Each line has the id of its request.

File names and words of visitors are never logged. Of an error that a visitor caused, only the kind is logged. A
bug is logged with its traceback.
"""

from __future__ import annotations

import logging
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from a2s.errors import A2SError, Cancelled

log = logging.getLogger("a2s")
_current: ContextVar[str | None] = ContextVar("request", default=None)


class Request:
    """A request from its start to its end. event: its kind, for example "dub"; id: eight hexadecimal digits."""

    def __init__(self, event: str) -> None:
        self.event, self.id = event, secrets.token_hex(4)
        self._began = time.perf_counter()

    @contextmanager
    def current(self) -> Iterator[None]:
        """Give this request's id to log lines of the block and of threads that copy its context."""
        token = _current.set(self.id)
        try:
            yield
        finally:
            _current.reset(token)

    def finish(self, error: BaseException | None = None, level: int = logging.INFO, **facts: object) -> None:
        """Log the end of the request.

        error: the exception that ended it. level: the log level, unless the error is a bug: that is logged as an error
        with its traceback. facts: further fields of the line.
        """
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


class _TextFormatter(logging.Formatter):
    """`12:30:01 INFO 1f2e3d4c dub: done, 1.31 s`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = dict(getattr(record, "facts", {}))
        seconds = facts.pop("seconds", None)
        values = [*map(str, facts.values()), *([f"{seconds:.2f} s"] if seconds is not None else [])]
        head = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {_current.get() or '-'} {record.getMessage()}"
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return head + (f": {', '.join(values)}" if values else "") + trace


class _JsonLineFormatter(JsonFormatter):
    """One object per line: time (UTC), level, request (null outside of one), logger, event, facts, trace of a bug."""

    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger", "message": "event", "exc_info": "trace"}
        super().__init__(["levelname", "name", "message"], rename_fields=names, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        facts = log_data.pop("facts", {})
        return log_data | {"level": log_data["level"].lower(), "request": _current.get()} | facts


class _StderrHandler(logging.Handler):
    """Writes to the current `sys.stderr`, which a StreamHandler keeps from its creation."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


def to_stderr(as_json: bool = False, level: int = logging.INFO) -> None:
    """Send all logging of this process to stderr: a2s from `level` on, libraries from warnings on."""
    handler = _StderrHandler()
    handler.setFormatter(_JsonLineFormatter() if as_json else _TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]  # the previous handlers belong to others, so they are not closed
    root.setLevel(logging.WARNING)
    logging.captureWarnings(as_json)  # warnings would not be JSON
    log.setLevel(level)


def is_json() -> bool:
    """Whether stderr is read by a machine. Nothing but log lines may be written there then."""
    return any(isinstance(handler.formatter, JsonFormatter) for handler in logging.getLogger().handlers)
