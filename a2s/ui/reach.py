"""What gradio does by itself for whoever asks, kept within bounds: it calls no address."""

from __future__ import annotations

import gradio as gr
from gradio import processing_utils, routes
from starlette.responses import PlainTextResponse, Response

from a2s.ui import text


def call_nobody() -> None:
    """Left to itself, gradio fetches the address that a visitor puts where a path to an upload belongs, or behind
    `/file=`. From here on this process refuses to. Raises AttributeError for a gradio that fetches in another way."""
    for module, name, instead in (
        (processing_utils, "async_ssrf_protected_get", _refuse),
        (processing_utils, "async_ssrf_protected_download", _refuse),
        (routes, "secure_url_stream_response", _refusal),
    ):
        getattr(module, name)
        setattr(module, name, instead)


async def _refuse(*_, **__) -> None:
    raise gr.Error(text.NO_ADDRESS, title=text.DID_NOT_WORK, print_exception=False)


async def _refusal(*_) -> Response:
    return PlainTextResponse(text.NO_ADDRESS, 403)
