"""Limits on what gradio stores and reads for a request.

Reason: gradio bounds the size of each uploaded file, but neither their number nor the size of other requests, and it
serves an endpoint for screen recordings that the page doesn't offer. A visitor could fill the disk or the memory.
"""

from __future__ import annotations

from pathlib import Path

from anyio.to_thread import run_sync
from gradio.route_utils import API_PREFIX
from gradio.utils import get_upload_folder
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from a2s.errors import TooLarge
from a2s.settings import Limits
from a2s.ui import text
from a2s.ui.state.storage import has_room

UPLOAD_PATHS = (f"{API_PREFIX}/upload", f"{API_PREFIX}/mcp")
"""Paths whose requests gradio writes to disk."""

CLOSED_PATH = f"{API_PREFIX}/process_recording"
"""Stores a screen recording of gradio's own toolbar, which the page doesn't show."""

MAX_BODY_BYTES = 16 * 2**20
"""Of a request that is no upload: settings, cues, listening answers. gradio reads it into memory whole."""

CHECK_EVERY_BYTES = 16 * 2**20
"""Of an upload, between two checks of the room that is left: other uploads arrive at the same time."""


class Admission:
    """ASGI middleware: uploads are refused with 507 when the storage limit is reached, large requests with 413."""

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        check_every_bytes: int = CHECK_EVERY_BYTES,
    ) -> None:
        self.app, self.limits = app, limits or Limits()
        self.max_body_bytes, self.check_every_bytes = max_body_bytes, check_every_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        if scope["path"] == CLOSED_PATH:
            return await PlainTextResponse(text.NOT_FOUND, 404)(scope, receive, send)
        is_upload = scope["path"].startswith(UPLOAD_PATHS)
        unchecked, announced = 0, Headers(scope=scope).get("content-length", "")

        async def counted_receive() -> Message:
            nonlocal unchecked
            message = await receive()
            unchecked += len(message.get("body", b""))
            if is_upload and unchecked > self.check_every_bytes:
                unchecked = 0
                await self._check_room()
            elif unchecked > self.max_body_bytes:
                raise TooLarge(text.REQUEST_TOO_LARGE)
            return message

        try:
            length = int(announced) if announced.isdecimal() else 0
            if is_upload:
                await self._check_room(length)
            elif length > self.max_body_bytes:
                raise TooLarge(text.REQUEST_TOO_LARGE)
            await self.app(scope, counted_receive, send)
        except TooLarge as error:
            await PlainTextResponse(str(error), 507 if is_upload else 413)(scope, receive, send)

    async def _check_room(self, incoming: int = 0) -> None:
        root = Path(get_upload_folder())
        if not await run_sync(has_room, root, incoming, self.limits.max_stored_bytes):
            raise TooLarge(text.NO_ROOM)
