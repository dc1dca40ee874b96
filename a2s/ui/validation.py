"""What goes wrong becomes one sentence on the page; what is a bug is in the log, under the id that the page shows."""

from __future__ import annotations

import functools
import html
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gradio as gr

from a2s.errors import A2SError
from a2s.log import Request
from a2s.ui.text import DID_NOT_WORK


def report_errors(handler: Callable, logged: bool = False) -> Callable:
    """Wrap a handler, also one that yields: an A2SError is shown as its sentence, a fault as the request's id.

    logged: every request is worth a line in the log, not only one that met a fault.
    """
    level = logging.INFO if logged else logging.DEBUG
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def safe_steps(*args, **kwargs):
            request = Request(handler.__name__)
            with _told(request, level):
                yield from _each_within(request, handler(*args, **kwargs))

        return safe_steps

    @functools.wraps(handler)
    def safe(*args, **kwargs):
        request = Request(handler.__name__)
        with _told(request, level), request.current():
            return handler(*args, **kwargs)

    return safe


def _each_within(request: Request, steps: Iterator) -> Iterator:
    """The steps, each made within the request: gradio may ask for every one of them from another thread."""
    try:
        while True:
            with request.current():
                try:
                    step = next(steps)
                except StopIteration:
                    return
            yield step
    finally:
        with request.current():
            steps.close()


@contextmanager
def _told(request: Request, level: int) -> Iterator[None]:
    try:
        yield
    except gr.Error:
        raise
    except GeneratorExit as gone:
        request.finish(gone, level)
        raise
    except A2SError as error:
        request.finish(error, level)
        raise gr.Error(html.escape(str(error)), title=DID_NOT_WORK, print_exception=False) from None
    except Exception as error:
        request.finish(error)
        raise gr.Error(f"Something went wrong, id {request.id}.", title="A fault", print_exception=False) from None
    else:
        request.finish(level=level)
