"""A visitor of the page as a program. It sends a browser's requests, and can leave in the middle of a dub."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx

TIMEOUT = 600.0
"""Seconds without an answer after which a request fails."""


class Refused(Exception):
    """The page refuses a request. The message is the page's."""


class Visitor:
    """One session of the page. The page counts it as present until `leave` or the end of the `with` block."""

    def __init__(self, address: str) -> None:
        self.session = secrets.token_hex(6)
        self._open = ExitStack()
        client = httpx.Client(base_url=address, timeout=httpx.Timeout(TIMEOUT), trust_env=False)
        self._http = self._open.enter_context(client)
        self._endpoints = {each["api_name"]: each["id"] for each in self._get("/config").json()["dependencies"]}
        self._open.enter_context(self._http.stream("GET", f"/gradio_api/heartbeat/{self.session}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def _get(self, path: str) -> httpx.Response:
        return self._http.get(path).raise_for_status()

    def upload(self, file: Path) -> dict[str, Any]:
        """Send a file. Returns its handle for `request`."""
        with open(file, "rb") as stream:
            answer = self._http.post("/gradio_api/upload", files={"files": (file.name, stream)}).raise_for_status()
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}

    def request(self, endpoint: str, *data: object) -> None:
        """Put a request into the queue. Raises Refused."""
        body = {"data": data, "fn_index": self._endpoints[endpoint], "session_hash": self.session}
        answer = self._http.post("/gradio_api/queue/join", json=body)
        if answer.status_code != 200:
            raise Refused(answer.json().get("detail", ""))

    def events(self) -> Iterator[tuple[str, float, dict[str, Any]]]:
        """The events of the last request up to its end: (kind, time of `perf_counter`, message). Raises Refused."""
        with self._http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                kind = message.get("msg", "")
                yield kind, time.perf_counter(), message
                if kind == "process_completed":
                    if not message["success"] or "data" not in message["output"]:
                        raise Refused(str(message["output"].get("error", message["output"])))
                    return

    def status(self, file: str) -> int:
        """The HTTP status of a request for a file of the server by its path."""
        return self._http.get(f"/gradio_api/file={file}").status_code

    def leave(self) -> None:
        """Close all connections without notice, as a closed browser does."""
        self._open.close()
