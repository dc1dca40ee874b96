"""Errors of handlers: an A2SError becomes one sentence on the page, a bug becomes an id that is also in the log."""

from __future__ import annotations

import functools
import html
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from a2s.errors import A2SError
from a2s.log import Request
from a2s.ui.text import ERROR_TITLE

Handler = Callable[..., Any]  # Any: a handler returns what its outputs take


def report_errors(handler: Handler, logged: bool = False) -> Handler:
    """Wrap a handler, also a generator, so that its errors are shown on the page.

    logged: write a line to the log for every call, not only for one that met a bug.
    """
    level = logging.INFO if logged else logging.DEBUG
    name = getattr(handler, "__name__", "handler")
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            request = Request(name)
            with _reported(request, level):
                yield from _within(request, handler(*args, **kwargs))

        return generator

    @functools.wraps(handler)
    def function(*args: Any, **kwargs: Any) -> Any:
        request = Request(name)
        with _reported(request, level), request.current():
            return handler(*args, **kwargs)

    return function


def _within(request: Request, steps: Any) -> Iterator[Any]:  # Any: a generator of what the outputs take
    """The steps of a generator, each within the request: gradio may ask for each of them from another thread."""
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
def _reported(request: Request, level: int) -> Iterator[None]:
    try:
        yield
    except gr.Error:
        raise
    except GeneratorExit as closed:
        request.finish(closed, level)
        raise
    except A2SError as error:
        request.finish(error, level)
        raise gr.Error(html.escape(str(error)), title=ERROR_TITLE, print_exception=False) from None
    except Exception as error:
        request.finish(error)
        message = f"Something went wrong. The log has the details under the id {request.id}."
        raise gr.Error(message, title="Internal error", print_exception=False) from None
    else:
        request.finish(level=level)
