"""gradio fetches no address on behalf of a visitor.

Reason: where a file is expected, gradio accepts a URL and downloads it, and `/file=URL` streams one to the browser. A
visitor could use the server as a proxy or reach its network. gradio has no switch for this.
"""

from __future__ import annotations

from typing import NoReturn

import gradio as gr
from gradio import processing_utils, routes
from starlette.responses import PlainTextResponse, Response

from a2s.ui import text


def block_outgoing_requests() -> None:
    """Replace gradio's three download functions for this process. Raises AttributeError if one no longer exists."""
    for module, name, replacement in (
        (processing_utils, "async_ssrf_protected_get", _raise),
        (processing_utils, "async_ssrf_protected_download", _raise),
        (routes, "secure_url_stream_response", _forbid),
    ):
        getattr(module, name)
        setattr(module, name, replacement)


async def _raise(*_: object, **__: object) -> NoReturn:
    raise gr.Error(text.NO_URL, title=text.ERROR_TITLE, print_exception=False)


async def _forbid(*_: object) -> Response:
    return PlainTextResponse(text.NO_URL, 403)
