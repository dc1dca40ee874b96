"""What goes wrong becomes one sentence on the page; what is a bug is logged under an id as well."""

from __future__ import annotations

import functools
import html
import logging
import secrets
from collections.abc import Callable

import gradio as gr

from a2s.errors import A2SError

log = logging.getLogger("a2s.ui")


def guarded(handler: Callable) -> Callable:
    """Wrap a handler: an A2SError is shown as its sentence, anything else as the id that it has in the log."""

    @functools.wraps(handler)
    def safe(*args, **kwargs):
        try:
            return handler(*args, **kwargs)
        except gr.Error:
            raise
        except A2SError as error:
            raise gr.Error(html.escape(str(error)), title="That did not work", print_exception=False) from None
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s in %s", incident, handler.__name__)
            raise gr.Error(f"Something went wrong, id {incident}.", title="A fault", print_exception=False) from None

    return safe
