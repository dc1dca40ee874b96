"""A visitor of the page as a program: the same requests as a browser's, so that it can also go away in the middle."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx

PATIENCE = 600.0
"""Seconds without a word after which the page is given up."""


class Refused(Exception):
    """The page does not do what it was asked; the message is what it says."""


class Visitor:
    """One session. It is known to be there for as long as it is not closed."""

    def __init__(self, address: str) -> None:
        self.session = secrets.token_hex(6)
        self._open = ExitStack()
        options = {"base_url": address, "timeout": httpx.Timeout(PATIENCE), "trust_env": False}
        self._http = self._open.enter_context(httpx.Client(**options))
        self._names = {each["api_name"]: each["id"] for each in self._get("/config").json()["dependencies"]}
        self._open.enter_context(self._http.stream("GET", f"/gradio_api/heartbeat/{self.session}"))

    def _get(self, path: str) -> httpx.Response:
        return self._http.get(path).raise_for_status()

    def upload(self, file: Path) -> dict:
        """Send a file; returns what stands for it in `ask`."""
        with open(file, "rb") as stream:
            answer = self._http.post("/gradio_api/upload", files={"files": (file.name, stream)}).raise_for_status()
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}

    def ask(self, endpoint: str, *data) -> None:
        """Join the line. Raises Refused."""
        body = {"data": data, "fn_index": self._names[endpoint], "session_hash": self.session}
        answer = self._http.post("/gradio_api/queue/join", json=body)
        if answer.status_code != 200:
            raise Refused(answer.json().get("detail", ""))

    def answers(self) -> Iterator[tuple[str, float, dict]]:
        """What the page says of what was asked for, up to its end: (kind, moment, message). Raises Refused."""
        with self._http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                kind = message.get("msg", "")
                yield kind, time.perf_counter(), message
                if kind == "process_completed":
                    if not message["success"]:
                        raise Refused(str(message["output"].get("error")))
                    return

    def status(self, file: str) -> int:
        """HTTP status of a file of the server that is asked for by its path."""
        return self._http.get(f"/gradio_api/file={file}").status_code

    def leave(self) -> None:
        """Go without a word, as a browser that is closed."""
        self._open.close()
