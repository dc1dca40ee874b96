"""What goes wrong becomes one sentence on the page; what is a bug is logged under an id as well."""

from __future__ import annotations

import functools
import html
import inspect
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gradio as gr

from a2s.errors import A2SError

log = logging.getLogger("a2s.ui")


def guarded(handler: Callable) -> Callable:
    """Wrap a handler, also one that yields: an A2SError is shown as its sentence, a fault as its id in the log."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def safe_steps(*args, **kwargs):
            with _told(handler.__name__):
                yield from handler(*args, **kwargs)

        return safe_steps

    @functools.wraps(handler)
    def safe(*args, **kwargs):
        with _told(handler.__name__):
            return handler(*args, **kwargs)

    return safe


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (gr.Error, GeneratorExit):
        raise
    except A2SError as error:
        raise gr.Error(html.escape(str(error)), title="That did not work", print_exception=False) from None
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("incident %s in %s", incident, name)
        raise gr.Error(f"Something went wrong, id {incident}.", title="A fault", print_exception=False) from None
