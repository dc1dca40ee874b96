"""What gradio does by itself for whoever asks, kept within bounds: it calls no address, and its disk does not fill."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from anyio.to_thread import run_sync
from gradio import processing_utils, routes
from gradio.route_utils import API_PREFIX
from gradio.utils import get_upload_folder
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from a2s.errors import TooLarge
from a2s.ui import text
from a2s.ui.state import has_room

STORING = (f"{API_PREFIX}/upload", f"{API_PREFIX}/mcp")
"""Where gradio writes down what comes, for anyone; it bounds each file, not how many there are."""

CLOSED = f"{API_PREFIX}/process_recording"
"""Films gradio's own toolbar, which the page doesn't show; it would store what comes where nobody looks."""

MAX_WORDS = 16 * 2**20
"""Bytes of any other request: settings, cues, answers of a listening test. gradio reads them whole into memory."""

LOOK_EVERY = 16 * 2**20
"""Bytes of an upload after which the room is looked at again: others come at the same time."""


def block_outgoing_requests() -> None:
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


class Admission:
    """ASGI: lets an upload in for as long as there is room for it beside all that is stored; else says so, with 507.

    Other requests are bounded each by itself, with 413.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        if scope["path"] == CLOSED:
            return await PlainTextResponse(text.NOT_HERE, 404)(scope, receive, send)
        stored = scope["path"].startswith(STORING)
        unseen, length = 0, Headers(scope=scope).get("content-length", "")

        async def looked_at() -> Message:
            nonlocal unseen
            message = await receive()
            unseen += len(message.get("body", b""))
            if stored and unseen > LOOK_EVERY:
                unseen = 0
                await _need_room()
            elif unseen > MAX_WORDS:
                raise TooLarge(text.TOO_MANY_WORDS)
            return message

        try:
            announced = int(length) if length.isdecimal() else 0
            if stored:
                await _need_room(announced)
            elif announced > MAX_WORDS:
                raise TooLarge(text.TOO_MANY_WORDS)
            await self.app(scope, looked_at, send)
        except TooLarge as error:
            await PlainTextResponse(str(error), 507 if stored else 413)(scope, receive, send)


async def _need_room(coming: int = 0) -> None:
    if not await run_sync(has_room, Path(get_upload_folder()), coming):
        raise TooLarge(text.NO_ROOM)
